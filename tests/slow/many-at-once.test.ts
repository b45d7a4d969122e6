import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { environment, secretName } from '../scenarios/gateway.ts';
import { type Account, ask, countsOf, doneAndMarked, mistakesOf, readJob, type Way, writer } from '../scenarios/requests/many-callers.ts';

const key = { accessKey: credential('many-ak'), secretKey: credential('many-sk') };
const job = ['tfjobs', 'kube-test', 'tfjob-test'] as const;
const none = { lost: [], doubled: [], lies: [], torn: [] };
const seed = Number(process.env.MANY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const chaos = { dropBefore: 0.05, dropAfter: 0.05, unavailable: 0.05, throttled: 0.05, seed };

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator(key);
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
  // As it is deployed: with live jobs kept between requests.
  Object.assign(process.env, environment(simulator.url, secrets.url), { LIVE_CACHE: 'on' });
  return () => Promise.all([simulator.close(), secrets.close()]);
});
beforeEach(async () => {
  simulator.chaos(undefined);
  const documented = await documentedJob();
  documented.metadata.annotations = { [writer]: 'nobody' };
  simulator.put(documented);
});

/** Lets callers ask, at most so many at once. `versions` is the job's history from the version before the first of them on. */
async function together(count: number, inFlight: number, wayOf: (caller: number) => Way, base?: Awaited<ReturnType<typeof readJob>>) {
  const begin = simulator.history(...job).length - 1;
  const accounts: Account[] = [];
  const callers = Array.from({ length: count }, (_, caller) => caller).values();
  const work = async () => {
    for (const caller of callers) accounts.push(await ask(caller, wayOf(caller), base));
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { accounts, versions: simulator.history(...job).slice(begin) };
}
const inTurn =
  (...ways: Way[]) =>
  (caller: number) =>
    ways[caller % ways.length] as Way;
/** How many faults have befallen the simulator's requests. */
const faultsOf = () => Object.values(simulator.misbehaved).reduce((sum, times) => sum + times, 0);
/** Who asked in this way and was told that nothing, or nobody knows what, was done. */
const failedBy = (accounts: readonly Account[], way: Way) => accounts.filter((one) => one.way === way && one.result?.status !== 200);
const answers = (accounts: readonly Account[]) => accounts.map(({ result }) => result?.status);

describe('1,000 callers that change one job at once', () => {
  // A busy machine takes long; what ended late would go on beside the next test.
  const title = 'lose nothing, do nothing twice and are told the truth, with 5 % dropped before, 5 % after the write, 5 % 503 and 5 % 429';
  it(title, { timeout: 300_000 }, async () => {
    const storm: Way[] = [
      'merge patch',
      'PUT without a resourceVersion',
      'merge patch',
      'JSON patch',
      'merge patch with a resourceVersion',
      'merge patch',
      'PUT without a resourceVersion',
      'merge patch, read first',
      'JSON patch with a test',
      'PUT with a resourceVersion',
    ];
    simulator.chaos(chaos);
    const began = performance.now();
    const { accounts, versions } = await together(1000, 50, inTurn(...storm));
    const mistakes = mistakesOf(accounts, versions);

    const counted = Object.entries(mistakes).map(([what, found]) => `${found.length} ${what}`);
    const faults = Object.entries(simulator.misbehaved).map(([what, times]) => `${times} × ${what}`);
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s, seed ${seed}`;
    process.stdout.write(
      `\n${countsOf(accounts)}\n${versions.length - 1} versions; ${counted.join(', ')}; ${faults.join(', ')}; ${took}\n`,
    );

    expect(mistakes).toEqual(none);
    expect(Object.keys(simulator.misbehaved).sort()).toEqual(['429 before', '503 before', 'drop after', 'drop before']);
    // Nothing but a fault can keep a merge patch that insists on nothing from being done; every other way may lose each of its races.
    const failed = failedBy(accounts, 'merge patch').length;
    expect(failed).toBeLessThanOrEqual(faultsOf());
    expect(versions.length - 1).toBeGreaterThanOrEqual(400 - failed);

    // In the same job each way is done as soon as nobody else asks, so that none has lost by what it is.
    simulator.chaos(undefined);
    const ways = [...new Set(storm)];
    expect(ways).toHaveLength(7);
    const after = await together(ways.length, 1, (caller) => ways[caller] as Way);
    expect(mistakesOf(after.accounts, after.versions)).toEqual(none);
    expect(after.accounts.map(({ way, result }) => [way, result?.status])).toEqual(ways.map((way) => [way, 200]));
  });
});

describe('callers that change one job at once without a resourceVersion', () => {
  it.each<[string, object | undefined]>([
    ['', undefined],
    [', with faults', chaos],
  ])('by patches all succeed or are told, and none is overwritten%s', async (_title, faults) => {
    simulator.chaos(faults);
    const before = faultsOf();
    const { accounts, versions } = await together(120, 40, inTurn('JSON patch', 'merge patch', 'merge patch, read first'));
    expect(mistakesOf(accounts, versions)).toEqual(none);
    const { done, marked } = doneAndMarked(accounts, versions.at(-1));
    expect(marked).toEqual(done);
    // One trip, whatever the version: only a fault keeps it from being done.
    expect(failedBy(accounts, 'merge patch').length).toBeLessThanOrEqual(faultsOf() - before);
    if (!faults) expect(answers(accounts).filter((status) => status !== 200 && status !== 409)).toEqual([]);
  });

  it('by PUTs of what they have read all succeed or are told, and each one’s change is in a version', async () => {
    const { accounts, versions } = await together(60, 30, inTurn('PUT without a resourceVersion'), await readJob());
    expect(mistakesOf(accounts, versions)).toEqual(none);
    expect(answers(accounts).filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(versions.length - 1).toBe(answers(accounts).filter((status) => status === 200).length);
    // A replace removes what it does not name: the last one's mark is the only one that stays.
    expect(doneAndMarked(accounts, versions.at(-1)).marked).toHaveLength(1);
  });
});

describe('callers that change one job at once with the same resourceVersion', () => {
  const ways: Way[] = ['PUT with a resourceVersion', 'merge patch with a resourceVersion'];

  it.each(ways)('by a %s: exactly one wins', async (way) => {
    const { accounts, versions } = await together(50, 25, inTurn(way), await readJob());
    expect(mistakesOf(accounts, versions)).toEqual(none);
    expect(versions).toHaveLength(2);
    expect(answers(accounts).sort()).toEqual([200, ...Array(49).fill(409)]);
  });

  it('in both ways, with faults: exactly one wins, and nobody else is told so', async () => {
    const base = await readJob();
    simulator.chaos(chaos);
    const { accounts, versions } = await together(100, 50, inTurn(...ways), base);
    expect(mistakesOf(accounts, versions)).toEqual(none);
    expect(versions).toHaveLength(2);
    const winner = Number(JSON.parse(versions[1] as string).metadata.annotations[writer]);
    expect([200, 500, 504]).toContain(accounts.find(({ caller }) => caller === winner)?.result?.status);
    const others = accounts.filter(({ caller }) => caller !== winner);
    expect(answers(others).filter((status) => ![409, 429, 503, 504].includes(status ?? 0))).toEqual([]);
    expect(answers(others)).toContain(409);
  });
});
