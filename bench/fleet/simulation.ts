import { Clock, install } from './clock.ts';
import { createRandom, type Random } from './random.ts';

/** What everything in a run shares. */
export interface Simulation {
  clock: Clock;
  random: Random;
}

/** Runs a scenario in virtual time and returns what it returns. The same seed gives the same result. One at a time in a process. */
export async function simulate<T>(seed: number, scenario: (simulation: Simulation) => Promise<T>): Promise<T> {
  const simulation = { clock: new Clock(), random: createRandom(seed) };
  const uninstall = install(simulation.clock, simulation.random);
  try {
    return await simulation.clock.run(scenario(simulation));
  } finally {
    uninstall();
  }
}

/** Tokens that come at a rate, up to a burst: how API Gateway and CCI throttle. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Clock, rate: number, burst: number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = clock.now;
  }

  take(): boolean {
    const { now } = this.#clock;
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
