/**
 * Virtual time for the gateway's own code: a run of hours takes seconds, and comes out the same each time. By hand: @sinonjs/fake-timers
 * knows whole milliseconds only, so that what comes a thousand times a second would come too early, and takes three times as long.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Random } from './random.ts';

/** Something that is to happen; without `act` it was taken back. */
export interface Timer {
  at: number;
  order: number;
  act: (() => void) | undefined;
}

const start = Date.UTC(2026, 0, 1);
const realImmediate = globalThis.setImmediate;
/** Until all that follows of itself has happened: every promise that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => realImmediate(() => resolve()));

/** A clock that stands still while anything happens, and goes on to the next timer then. Milliseconds. */
export class Clock {
  now = start;
  #order = 0;
  readonly #heap: Timer[] = [];

  /** Milliseconds since the run began. */
  get elapsed(): number {
    return this.now - start;
  }

  after(ms: number, act: () => void): Timer {
    const timer = { at: this.now + Math.max(0, ms), order: this.#order++, act };
    push(this.#heap, timer);
    return timer;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time go by until the work is done. Throws what it throws, and where it waits for what never comes. */
  async run<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    await settled();
    while (!over) {
      const timer = pop(this.#heap);
      if (!timer) throw new Error('the simulation waits for what never comes');
      if (!timer.act) continue;
      this.now = timer.at;
      timer.act();
      await settled();
    }
    return work;
  }
}

type Act = (...given: unknown[]) => void;
const timers = createRequire(import.meta.url)('node:timers/promises') as { setTimeout: unknown };

/** Puts a clock and a source of chance in the place of this process's own. What it returns puts those back. */
export function install(clock: Clock, random: Random): () => void {
  const { Date: RealDate, setTimeout, clearTimeout } = globalThis;
  const [now, chance, timeout, sleep] = [performance.now, Math.random, AbortSignal.timeout, timers.setTimeout];
  const handleOf = (timer: Timer) => Object.assign(timer, { ref: () => timer, unref: () => timer });
  Object.assign(globalThis, {
    Date: new Proxy(RealDate, {
      construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [clock.now] : given, made),
      get: (target, name) => (name === 'now' ? () => clock.now : Reflect.get(target, name)),
    }),
    setTimeout: (act: Act, ms = 0, ...given: unknown[]) => handleOf(clock.after(ms, () => act(...given))),
    clearTimeout: (timer?: Timer) => {
      if (timer) timer.act = undefined;
    },
  });
  performance.now = () => clock.elapsed;
  Math.random = () => random.next();
  timers.setTimeout = (ms: number, value?: unknown) => clock.wait(ms).then(() => value);
  syncBuiltinESMExports();
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    clock.after(ms, () => controller.abort(new DOMException('timed out', 'TimeoutError')));
    return controller.signal;
  };
  return () => {
    Object.assign(globalThis, { Date: RealDate, setTimeout, clearTimeout });
    performance.now = now;
    Math.random = chance;
    AbortSignal.timeout = timeout;
    timers.setTimeout = sleep;
    syncBuiltinESMExports();
  };
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Timer[], timer: Timer): void {
  let place = heap.length;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent] as Timer;
    if (!isBefore(timer, above)) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = timer;
}

function pop(heap: Timer[]): Timer | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
    const below = heap[child];
    if (!below || !isBefore(below, last)) break;
    heap[place] = below;
    place = child;
  }
  heap[place] = last;
  return first;
}
