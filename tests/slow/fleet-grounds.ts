/** One scenario on two grounds: the built handlers before the simulated CCI over the network, and the simulation of the fleet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { jobText } from '../../bench/fleet/cci.ts';
import { createFleet } from '../../bench/fleet/fleet.ts';
import { type Gateway, loadGateway } from '../../bench/fleet/gateway.ts';
import { mean } from '../../bench/fleet/parts/part.ts';
import { simulate } from '../../bench/fleet/simulation.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { environment, secretName } from '../scenarios/gateway.ts';

/** A process of the function that replaces jobs. */
export type Handler = (event: object, context: object) => Promise<{ statusCode: number }>;
/** What a scenario is played on. Times in milliseconds. */
export interface Ground {
  /** So many processes, which have not begun yet. */
  processes: Handler[];
  calls(): number;
  failedAuthentications(): number;
  /** CCI is away from now on. */
  away(mode: '503' | 'hang'): void;
  /** A new version of the secret becomes current. */
  setKey(is: 'right' | 'wrong'): void;
  wait(ms: number): Promise<void>;
  random(): number;
}
export type Scenario<T> = (ground: Ground) => Promise<T>;

export const jobs = ['hot', ...Array.from({ length: 20 }, (_, i) => `job-${i}`)];
/** What the simulated CCI waits. */
export const delays = { GET: 30, PUT: 40 };
const refuse = 5;
/** What an exchange over loopback adds to what the simulated CCI waits. */
const overhead = 2;

/** A ground over the network. */
interface RealGround {
  ground: Ground;
  close(): Promise<unknown>;
  /** What a pause and a refused call took beyond the pause while CCI was away: the machine may be busy with other things. */
  refusedIn(): number;
}

let instances = 0;
/** A process that starts when the first event comes to it, as Lambda's do: it reads the secret then. */
function startedByFirst(start: () => Promise<Handler>): Handler {
  let started: Promise<Handler> | undefined;
  return async (event, context) => {
    started ??= start();
    return (await started)(event, context);
  };
}

/** The ground of what is built. */
export async function realGround(processes: number): Promise<RealGround> {
  const key = { accessKey: credential('fleet-ak'), secretKey: credential('fleet-sk') };
  const wrong = { ...key, secretKey: credential('fleet-wrong') };
  const simulator = await startSimulator({ ...key, jobs: jobs.map((name) => jobText(name)) });
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
  Object.assign(process.env, environment(simulator.url, secrets.url), { LIVE_CACHE: 'on' });
  const start = async (): Promise<Handler> => {
    const file = new URL(`../../dist/replace-job/index.mjs?fleet=${++instances}`, import.meta.url);
    return ((await import(file.href)) as { handler: Handler }).handler;
  };
  for (const [method, delay] of Object.entries(delays)) simulator.inject({ method, delay, times: Infinity });
  const refused: number[] = [];
  let isOver = false;
  let probing: Promise<void> | undefined;
  const probe = async () => {
    const pause = 100;
    while (!isOver) {
      const began = performance.now();
      await sleep(pause);
      await (await fetch(`${simulator.url}/probe`)).text();
      refused.push(performance.now() - began - pause);
    }
  };
  const close = async () => {
    isOver = true;
    await probing;
    await Promise.all([simulator.close(), secrets.close()]);
  };
  const ground: Ground = {
    processes: Array.from({ length: processes }, () => startedByFirst(start)),
    calls: () => simulator.requests.filter(({ path }) => path.startsWith('/apis/')).length,
    failedAuthentications: () => Object.values(simulator.failedAuthentications).reduce((sum, count) => sum + count, 0),
    away(mode) {
      simulator.clearFaults();
      simulator.inject(mode === '503' ? { status: 503, delay: refuse, times: Infinity } : { act: 'hang', times: Infinity });
      if (mode === '503') probing = probe();
    },
    setKey: (is) => void secrets.set(secretName, JSON.stringify(is === 'right' ? key : wrong)),
    wait: (ms) => sleep(ms),
    random: Math.random,
  };
  return { ground, close, refusedIn: () => (refused.length === 0 ? refuse + overhead : mean(refused)) };
}

let gateway: Promise<Gateway> | undefined;
/** Plays a scenario in the simulation; `refusedIn`: how long a refused call takes. */
export async function simulated<T>(seed: number, processes: number, scenario: Scenario<T>, refusedIn = refuse + overhead): Promise<T> {
  gateway ??= loadGateway(process.cwd());
  const loaded = await gateway;
  return simulate(seed, (simulation) => {
    const cci = {
      get: delays.GET + overhead,
      put: delays.PUT + overhead,
      refuse: refusedIn,
      spread: 0.02,
      carriedOutAt: 1,
      connect: 1,
    };
    const fleet = createFleet(simulation, loaded, { cci });
    fleet.cci.tokens.set('wrong', { key: 'AK', right: false });
    let versions = 1;
    return scenario({
      processes: Array.from({ length: processes }, () => startedByFirst(async () => fleet.start('replace-job'))),
      calls: () => fleet.cci.counts.calls,
      failedAuthentications: () => fleet.cci.counts.failedAuthentications,
      away(mode) {
        fleet.cci.mode = mode;
      },
      setKey: (is) => fleet.secrets.add(`v${++versions}`, is === 'right' ? 'good' : 'wrong'),
      wait: (ms) => simulation.clock.wait(ms),
      random: () => simulation.random.next(),
    });
  });
}
