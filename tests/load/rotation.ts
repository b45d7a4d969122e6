/**
 * The key is rotated, rightly and wrongly, while several processes serve requests. The clocks are put forward so that a secret ages in no
 * time. Prints what happened; runs alone, after a build.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AccessKey, sign } from '../../lib/cci/credentials/signer.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../local/cci/simulator.ts';
import { killAll, whenStopped } from '../conformance/processes.ts';
import { checked, say, summary } from '../conformance/report.ts';
import { credential } from '../credentials.ts';
import { searchFiles } from '../search.ts';
import { putForward } from './clock.ts';
import { type Instance, startInstance } from './instance.ts';
import type { HttpCall } from './invoke.ts';

const part = 'rotation under load';
const secretId = 'load/rotation';
const processes = 4;
const inFlight = 8;
const minute = 60_000;
const jobsPerProcess = 16;
const keyOf = (name: string): AccessKey => ({ accessKey: credential(`${name}-ak`), secretKey: credential(`${name}-sk`) });
const [oldKey, newKey, nextKey, lockedKey, youngKey] = (['old', 'new', 'next', 'locked', 'young'] as const).map(keyOf) as [
  AccessKey,
  AccessKey,
  AccessKey,
  AccessKey,
  AccessKey,
];
const mistyped = (key: AccessKey): AccessKey => ({ ...key, secretKey: credential('mistyped-sk') });

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-rotation-'));
whenStopped(() => rm(folder, { recursive: true, force: true }));
const template = await documentedJob();
const jobs = Array.from({ length: processes * jobsPerProcess }, (_, index) => ({
  ...template,
  metadata: { ...template.metadata, name: `job-${index}` },
}));
const simulator = await startSimulator({ ...oldKey, jobs, mostVersions: 1 });
for (const key of [newKey, nextKey]) simulator.addKey(key);
const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: randomUUID(), value: JSON.stringify(oldKey) } } });

const started: Instance[] = [];
let ahead = 0;
const newInstance = (of = secretId): Instance => {
  const surroundings = { cci: simulator.url, secretId: of, secretsManager: secrets.url };
  const instance = startInstance(surroundings, join(folder, `instance-${started.length}.log`), ahead);
  started.push(instance);
  return instance;
};
const newInstances = (of?: string) => Array.from({ length: processes }, () => newInstance(of));
/** All clocks at once; nothing may be under way. */
async function later(milliseconds: number): Promise<void> {
  ahead += milliseconds;
  putForward(milliseconds);
  await Promise.all(started.map((instance) => instance.putForward(milliseconds)));
}

/** A request of a process's own jobs: reads, replaces and patches in turn. */
function callOf(process: number, index: number): HttpCall {
  const name = `job-${process * jobsPerProcess + (index % jobsPerProcess)}`;
  const path = `/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/${name}`;
  const annotations = { 'example.com/request': `${index}-${randomUUID()}` };
  if (index % 5 < 2) return { method: 'GET', path };
  if (index % 5 === 2) return patch(path, annotations);
  const { resourceVersion: _, ...metadata } = template.metadata;
  return { method: 'PUT', path, body: { ...template, metadata: { ...metadata, name, annotations } } };
}
const patch = (path: string, annotations: object): HttpCall => ({
  method: 'PATCH',
  path,
  contentType: 'application/merge-patch+json',
  body: { metadata: { annotations } },
});
const patchOf = (process: number, index: number): HttpCall => {
  const { path } = callOf(process, index);
  return patch(path, { 'example.com/request': randomUUID() });
};

/** How many requests each answer was given to. */
type Tally = Record<string, number>;
async function load(instances: readonly Instance[], perProcess: number, call = callOf): Promise<Tally> {
  const tally: Tally = {};
  await Promise.all(
    instances.map(async (instance, process) => {
      const calls = Array.from({ length: perProcess }, (_, index) => call(process, index));
      for (const { status, error } of await instance.invoke(calls, inFlight)) {
        const answer = String(status ?? error);
        tally[answer] = (tally[answer] ?? 0) + 1;
      }
    }),
  );
  return tally;
}
function add(to: Tally, tally: Tally): void {
  for (const [answer, count] of Object.entries(tally)) to[answer] = (to[answer] ?? 0) + count;
}
const failedAt = ({ accessKey }: AccessKey): number => simulator.failedAuthentications[accessKey] ?? 0;
/** Each process's failed authentications so far, by its own log. */
const refusals = (instances: readonly Instance[]): Promise<number[]> =>
  Promise.all(instances.map(async ({ log }) => (await readFile(log, 'utf8')).split('"answer":401').length - 1));

function expect(is: unknown, toBe: unknown, what: string): void {
  const [left, right] = [JSON.stringify(is), JSON.stringify(toBe)];
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}
const lines: string[] = [];
const tell = (what: string, tally: Tally, failures: number | string) =>
  lines.push(
    `${what.padEnd(76)} ${Object.entries(tally)
      .map(([answer, count]) => `${count} × ${answer}`)
      .join(', ')
      .padEnd(14)} ${String(failures).padStart(6)}`,
  );

/** What Secrets Manager does with a staged secret: the four steps, until one fails. */
async function rotate(rotation: Instance): Promise<string> {
  const version = secrets.stage(secretId, undefined);
  for (const Step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    const event = { Step, SecretId: secretId, ClientRequestToken: version };
    const [result] = await rotation.invoke([{ bundle: 'rotate-credentials', event }]);
    if (result?.error) return `${Step} failed`;
  }
  return 'rotated';
}
const currentId = () => Object.entries(secrets.stages(secretId)).find(([, stages]) => stages.includes('AWSCURRENT'))?.[0];

async function properly(instances: Instance[], rotation: Instance): Promise<void> {
  await checked(part, '10,000 requests while the key is rotated properly: none fails, and CCI sees no failed authentication', async () => {
    const tally: Tally = {};
    add(tally, await load(instances, 500));
    secrets.stage(secretId, JSON.stringify(newKey), 'NEXT');
    const [rotated, during] = await Promise.all([rotate(rotation), load(instances, 500)]);
    add(tally, during);
    expect(rotated, 'rotated', 'the rotation');
    await later(6 * minute);
    add(tally, await load(instances, 500));
    await later(10 * minute);
    // Fifteen minutes after the rotation nobody uses the old key any more, not even a process that was frozen meanwhile.
    simulator.removeKey(oldKey.accessKey);
    add(tally, await load(instances, 1000));
    tell(`rotated properly, the old key gone after 15 minutes, ${processes} processes`, tally, failedAt(oldKey) + failedAt(newKey));
    expect(tally, { 200: 10_000 }, 'answers');
    expect(simulator.failedAuthentications, {}, 'failed authentications');
  });
}

async function wrongly(instances: Instance[], rotation: Instance): Promise<void> {
  await checked(part, 'a wrong pending key: no request fails, CCI sees one failed authentication, the prover’s', async () => {
    const wrong = mistyped(nextKey);
    const before = currentId();
    secrets.stage(secretId, JSON.stringify(wrong), 'NEXT');
    const [rotated, tally] = await Promise.all([rotate(rotation), load(instances, 250)]);
    expect(rotated, 'testSecret failed', 'the rotation');
    await later(6 * minute);
    add(tally, await load(instances, 250));
    tell('a wrong pending key', tally, failedAt(wrong));
    expect([tally, failedAt(wrong), await refusals(instances)], [{ 200: 2000 }, 1, instances.map(() => 0)], 'answers and failures');
    expect(currentId(), before, 'the current version');
  });
}

async function forced(instances: Instance[]): Promise<void> {
  const bad = mistyped(nextKey);
  // Every Lambda is a process of its own: patches alone go to one.
  await load(instances, inFlight, patchOf);
  secrets.set(secretId, JSON.stringify(bad));
  await checked(
    part,
    'a bad key forced to be current: no request fails where the old one is held, and each process tries it once',
    async () => {
      await later(6 * minute);
      for (let minutes = 0; minutes < 4; minutes++) {
        const [before, known] = [await refusals(instances), failedAt(bad)];
        const tally = await load(instances, 100, patchOf);
        add(tally, await load(instances, 100, patchOf));
        const each = (await refusals(instances)).map((count, index) => count - (before[index] as number));
        tell(`a bad key forced to be current, minute ${minutes + 1}: processes with the old one`, tally, `${failedAt(bad) - known}`);
        expect(tally, { 200: 800 }, 'answers');
        expect(
          [each, each.reduce((sum, count) => sum + count, 0)],
          [instances.map(() => (minutes === 0 ? 1 : 0)), failedAt(bad) - known],
          `tries ${each}`,
        );
        await later(minute + 1000);
      }
    },
  );
  await checked(
    part,
    'processes that begin with the bad key try it once each, and no request fails where the one before is good',
    async () => {
      simulator.addKey(nextKey);
      const fresh = newInstances();
      const known = failedAt(bad);
      const tally = await load(fresh, 100, patchOf);
      await later(2 * minute);
      add(tally, await load(fresh, 100, patchOf));
      tell('a bad key forced to be current: processes that begin with it', tally, failedAt(bad) - known);
      expect([tally, await refusals(fresh)], [{ 200: 800 }, fresh.map(() => 1)], 'answers and tries');
    },
  );
  await checked(
    part,
    'where the one before is bad too, they fail, try each once, and go on with a good one as soon as there is one',
    async () => {
      secrets.set(secretId, JSON.stringify(keyOf('unknown')));
      const fresh = newInstances();
      const tally = await load(fresh, 100, patchOf);
      add(tally, await load(fresh, 100, patchOf));
      tell(
        'two bad keys in a row: processes that begin with them',
        tally,
        (await refusals(fresh)).reduce((sum, count) => sum + count, 0),
      );
      expect([tally, await refusals(fresh)], [{ 500: 800 }, fresh.map(() => 2)], 'answers and tries');
      secrets.set(secretId, JSON.stringify(newKey));
      await later(6000);
      expect(await load(fresh, 50, patchOf), { 200: 200 }, 'answers with a good one');
    },
  );
}

/** Locks a key by failures from elsewhere, while it is the only version of a secret and so long in use. */
async function lock(key: AccessKey, secret: string, age: number): Promise<Instance[]> {
  secrets.set(secret, JSON.stringify(key));
  await later(age);
  simulator.addKey(key);
  for (let tries = 0; tries < 6; tries++) await authenticate(mistyped(key));
  return newInstances(secret);
}

async function locked(): Promise<void> {
  await checked(part, 'a locked key: one try in each process, then none for five minutes', async () => {
    const instances = await lock(lockedKey, 'load/locked', 61 * minute);
    const known = failedAt(lockedKey);
    const tally = await load(instances, 50, patchOf);
    for (const wait of [10_000, minute, 2 * minute, 100_000]) {
      await later(wait);
      add(tally, await load(instances, 50, patchOf));
    }
    tell('a locked key, in the five minutes of its lock', tally, failedAt(lockedKey) - known);
    expect([tally, await refusals(instances)], [{ 500: 1000 }, instances.map(() => 1)], 'answers and tries');
    await later(20_000);
    const after = await load(instances, 50, patchOf);
    tell('a locked key, after them', after, failedAt(lockedKey) - known - processes);
    expect(after, { 200: 200 }, 'answers after the lock');
  });
  await checked(
    part,
    'a locked key that is as new as the process: one try in each, none for fifteen minutes, and no second lock',
    async () => {
      const instances = await lock(youngKey, 'load/young', 0);
      const tally = await load(instances, 50, patchOf);
      for (const wait of [5.5 * minute, 5 * minute, 4 * minute]) {
        await later(wait);
        add(tally, await load(instances, 50, patchOf));
      }
      expect([tally, await refusals(instances)], [{ 500: 800 }, instances.map(() => 1)], 'answers and tries');
      secrets.set('load/young', JSON.stringify(newKey));
      await later(6000);
      const after = await load(instances, 50, patchOf);
      tell('a locked key that is new, in a quarter of an hour and corrected after it', tally, processes);
      expect(after, { 200: 200 }, 'answers with a good one');
    },
  );
}

/** One request to CCI from elsewhere, signed with this key. */
async function authenticate(key: AccessKey): Promise<void> {
  const url = new URL('/apis/kubeflow.org/v1/tfjobs', simulator.url);
  const { host, ...headers } = sign({ method: 'GET', host: url.host, path: url.pathname }, key, new Date());
  const { status } = await fetch(url, { headers });
  if (host !== url.host || status !== 401) throw new Error(`a wrong signature was answered ${status}`);
}

try {
  say(part);
  const [instances, rotation] = [newInstances(), newInstance()];
  await properly(instances, rotation);
  await wrongly(instances, rotation);
  await forced(instances);
  await locked();
  await checked(part, 'no log holds a credential', async () => {
    const { bytes, found } = await searchFiles(started.map(({ log }) => log));
    expect([bytes > 0, found], [true, []], 'logs, and what was found in them');
  });
  process.stdout.write(`\n${''.padEnd(76)} answers        failed authentications at CCI\n${lines.join('\n')}\n`);
  process.exitCode = summary('rotation');
} finally {
  await Promise.all(started.map((instance) => instance.stop()));
  await Promise.all([simulator.close(), secrets.close()]);
  killAll();
  await rm(folder, { recursive: true, force: true });
}
