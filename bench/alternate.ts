import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpuOf } from './cpu.ts';
import type { Round, Work } from './worker.ts';

/** Something that is measured beside others. */
export interface Subject {
  name: string;
  /** Does so many operations and says what each cost. */
  run(times: number): Promise<Round>;
  stop(): void;
  /** A process whose CPU is measured beside: a proxy, a server. */
  beside?: number | undefined;
  /** Operations a round, and before the first one, where not as many as all others do. */
  times?: number | undefined;
  warmUp?: number | undefined;
}

/** A process of the bench's own, whose work can also be done under a profiler of V8's; the result is the profiler's. */
export interface Worker extends Subject {
  profile(times: number, what: 'cpu' | 'heap'): Promise<{ profile: unknown }>;
}

/** Waits for the next message of a child; rejects with what it says is wrong, or where it ends first. */
export async function next<Message>(child: ChildProcess): Promise<Message> {
  const stop = new AbortController();
  const ended = once(child, 'exit', stop).then(([code, signal]) => {
    throw new Error(`a process of the bench ended early (${signal ?? code})`);
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', stop), ended])) as [Message & { error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message;
  } finally {
    stop.abort();
    ended.catch(() => undefined);
  }
}

/** A fresh process that does some work. `file` is the built worker. */
export function startWorker(
  file: string,
  work: Work,
  options: {
    name: string;
    env?: NodeJS.ProcessEnv;
    execArgv?: string[];
    beside?: number | undefined;
    times?: number;
    warmUp?: number;
    quiet?: boolean;
  },
): Worker {
  const { name, env = {}, execArgv = [], beside, times, warmUp, quiet } = options;
  // The handler logs a line a request to standard output; the figures come by message.
  const child = fork(file, {
    stdio: ['ignore', 'ignore', quiet ? 'ignore' : 'inherit', 'ipc'],
    execArgv: ['--expose-gc', ...execArgv],
    env: { PATH: process.env.PATH, ...env },
  });
  child.send({ work });
  return {
    name,
    beside,
    times,
    warmUp,
    run: (count) => {
      child.send({ times: count });
      return next<Round>(child);
    },
    profile: (count, what) => {
      child.send({ times: count, profile: what });
      return next<{ profile: unknown }>(child);
    },
    stop: () => void (child.connected && child.disconnect()),
  };
}

/** Lets all subjects do their rounds in turn, each round in another order, after `warmUp` operations each. Ends them. */
export async function alternate(
  subjects: Subject[],
  { rounds, times, warmUp }: { rounds: number; times: number; warmUp: number },
): Promise<Map<string, Round[]>> {
  const all = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]));
  try {
    for (const subject of subjects) await subject.run(subject.warmUp ?? warmUp);
    for (let i = 0; i < rounds; i++) {
      for (let j = 0; j < subjects.length; j++) {
        // From another one on, and every other time backwards.
        const subject = subjects[(i + (i % 2 ? subjects.length - j : j)) % subjects.length] as Subject;
        const count = subject.times ?? times;
        const before = subject.beside === undefined ? 0 : await cpuOf(subject.beside);
        const round = await subject.run(count);
        const beside = subject.beside === undefined ? undefined : ((await cpuOf(subject.beside)) - before) / count;
        all.get(subject.name)?.push({ ...round, ...(beside !== undefined && { beside }) });
      }
    }
    return all;
  } finally {
    for (const { stop } of subjects) stop();
  }
}

/** The same in several generations of fresh processes, one after the other; all rounds together. */
export async function generations(
  count: number,
  start: () => Promise<Subject[]>,
  plan: Parameters<typeof alternate>[1],
): Promise<(name: string, measure: keyof Round) => number[]> {
  const together = new Map<string, Round[]>();
  for (let i = 0; i < count; i++) {
    for (const [name, rounds] of await alternate(await start(), plan)) together.set(name, [...(together.get(name) ?? []), ...rounds]);
  }
  return (name, measure) => (together.get(name) ?? []).map((round) => round[measure] ?? Number.NaN);
}
