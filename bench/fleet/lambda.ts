import type { Handler } from './gateway.ts';
import type { Simulation } from './simulation.ts';

/** What the invocations of some time came to. */
export interface Usage {
  invocations: number;
  throttled: number;
  coldStarts: number;
  /** The most at once. */
  peak: number;
  gigabyteSeconds: number;
}
/** An AWS account: all its functions share the concurrency. */
export class Account {
  readonly concurrency: number;
  busy = 0;
  usage: Usage = { invocations: 0, throttled: 0, coldStarts: 0, peak: 0, gigabyteSeconds: 0 };

  constructor(concurrency = 1000) {
    this.concurrency = concurrency;
  }

  /** Counts from now on anew, and returns what will be counted. */
  count(): Usage {
    this.usage = { invocations: 0, throttled: 0, coldStarts: 0, peak: this.busy, gigabyteSeconds: 0 };
    return this.usage;
  }
}

export interface FunctionOptions {
  /** A new process. */
  start: () => Handler;
  /** Milliseconds. */
  timeout: number;
  /** MB. */
  memory: number;
  concurrency?: number | undefined;
  /** Which of the idle processes is taken; Lambda does not say. */
  pick?: 'latest' | 'random';
  /** How long a process lives at most, on average; default: as long as it is used. */
  life?: number;
}
interface Process {
  handler: Handler;
  isCold: boolean;
  usedAt: number;
  diesAt: number;
}
/** What becomes of an invocation: a result, nobody to take it, or no end of it in time. */
export type Invoked = { result: Awaited<ReturnType<Handler>> } | 'throttled' | 'timed out';

const coldStart = 350;
const idleLimit = 6 * 60_000;

/** A Lambda function in virtual time: processes that take one event at a time, start cold, and end when nobody needs them. */
export class LambdaFunction {
  readonly #simulation: Simulation;
  readonly #account: Account;
  readonly #options: FunctionOptions;
  #idle: Process[] = [];
  #busy = 0;
  #generation = 0;

  constructor(simulation: Simulation, account: Account, options: FunctionOptions) {
    this.#simulation = simulation;
    this.#account = account;
    this.#options = options;
  }

  /** Adds so many processes that have not taken anything yet, and returns them. */
  warm(count: number): Handler[] {
    const started = Array.from({ length: count }, () => ({ ...this.#start(), isCold: false }));
    this.#idle.push(...started);
    return started.map(({ handler }) => handler);
  }

  /** Ends every process; those that are busy end with what they do. */
  replace(): void {
    this.#generation += 1;
    this.#idle = [];
  }

  async invoke(event: object): Promise<Invoked> {
    const { clock, random } = this.#simulation;
    const { concurrency = Number.POSITIVE_INFINITY, timeout, memory } = this.#options;
    const { usage } = this.#account;
    if (this.#busy >= concurrency || this.#account.busy >= this.#account.concurrency) {
      usage.throttled += 1;
      return 'throttled';
    }
    this.#busy += 1;
    this.#account.busy += 1;
    usage.invocations += 1;
    usage.peak = Math.max(usage.peak, this.#account.busy);
    const [began, generation] = [clock.now, this.#generation];
    const process = this.#take() ?? this.#start();
    if (process.isCold) usage.coldStarts += 1;
    if (process.isCold) await clock.wait(random.logNormal(coldStart));
    process.isCold = false;
    const until = clock.now + timeout;
    const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => until - clock.now };
    const invoked = await this.#within(timeout, process.handler(event, context));
    usage.gigabyteSeconds += ((clock.now - began) / 1000) * (memory / 1024);
    this.#busy -= 1;
    this.#account.busy -= 1;
    process.usedAt = clock.now;
    if (generation === this.#generation && invoked !== 'timed out') this.#idle.push(process);
    return invoked;
  }

  #within(timeout: number, work: Promise<object>): Promise<Invoked> {
    const { promise, resolve, reject } = Promise.withResolvers<Invoked>();
    const timer = this.#simulation.clock.after(timeout, () => resolve('timed out'));
    work
      .finally(() => {
        timer.act = undefined;
      })
      .then((result) => resolve({ result }), reject);
    return promise;
  }

  #start(): Process {
    const { clock, random } = this.#simulation;
    const { start, life } = this.#options;
    const diesAt = life === undefined ? Number.POSITIVE_INFINITY : clock.now + random.exponential(life);
    return { handler: start(), isCold: true, usedAt: clock.now, diesAt };
  }

  #take(): Process | undefined {
    const { clock, random } = this.#simulation;
    // One that has died is followed by another; one that nobody needs is not. The longest unused is the first.
    if (this.#options.life !== undefined) this.#idle = this.#idle.map((process) => (clock.now < process.diesAt ? process : this.#start()));
    if (this.#idle[0] && clock.now - this.#idle[0].usedAt >= idleLimit)
      this.#idle = this.#idle.filter(({ usedAt }) => clock.now - usedAt < idleLimit);
    if (this.#options.pick !== 'random') return this.#idle.pop();
    return this.#idle.splice(random.below(this.#idle.length), 1)[0];
  }
}
