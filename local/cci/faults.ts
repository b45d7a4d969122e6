/** What the simulator does instead of answering well: faults that are asked for one by one, and chaos, which is chance. */
import * as v from 'valibot';

const wrong = (what: string) => `must be ${what}`;
const count = v.pipe(
  v.number(wrong('a number')),
  v.check((value) => value === Infinity || (Number.isInteger(value) && value >= 1), wrong('a whole number from 1')),
);
const upTo = (most: number, what: string) => v.pipe(v.number(wrong('a number')), v.minValue(0, wrong(what)), v.maxValue(most, wrong(what)));
const milliseconds = upTo(600_000, 'milliseconds, at most 600000');
const probability = upTo(1, 'a probability from 0 to 1');
const oneOf = <const T extends readonly string[]>(names: T) => v.picklist(names, wrong(`one of ${names.join(', ')}`));
const text = v.pipe(v.string(wrong('a string')), v.minLength(1, 'may not be empty'));

const acts = ['drop', 'cut-off', 'hang', 'html', 'empty', 'garbage', 'redirect'] as const;
const dialects = ['kubernetes', 'apig', 'plain', 'iam', 'iam-code'] as const;

const FaultForm = v.pipe(
  v.strictObject({
    /** Which requests it befalls; default: any method. */
    method: v.optional(v.pipe(v.string(wrong('a string')), v.regex(/^[A-Z]+$/, wrong('in capitals')))),
    /** A part of the path, without the query; default: any path. */
    path: v.optional(text),
    /** How many requests it befalls; default 1. */
    times: v.optional(count),
    /** Milliseconds before anything else happens. Alone it makes a good answer slow. */
    delay: v.optional(milliseconds),
    /**
     * `before` (the default): the request does not get as far as the signature check, and a write is not carried out.
     * `after`: it is authenticated and carried out, and only its answer is spoilt.
     */
    when: v.optional(oneOf(['before', 'after'])),
    /**
     * `drop`: the connection is reset. `cut-off`: it ends within the answer that would have come (a write that is not carried out is
     * answered as a dry run). `hang`: no answer. `html`, `empty`, `garbage` (no JSON, no UTF-8): such a body under `status`, default 200.
     * `redirect`: `status`, default 302, to /redirected on the same server.
     */
    act: v.optional(oneOf(acts)),
    /** An error answer, unless there is an act. */
    status: v.optional(
      v.pipe(v.number(wrong('a number')), v.integer(wrong('whole')), v.minValue(200, wrong('from 200')), v.maxValue(599, wrong('to 599'))),
    ),
    /** The form of the error answer; default kubernetes. IAM has two: its error object, and error_code with error_msg. */
    dialect: v.optional(oneOf(dialects)),
    /** Seconds, sent as Retry-After. */
    retryAfter: v.optional(upTo(86_400, 'seconds, at most 86400')),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { act, status, delay, dialect, when, retryAfter } = dataset.value;
    if (act === undefined && status === undefined && delay === undefined)
      addIssue({ message: 'a fault needs an act, a status or a delay' });
    if (dialect && (act || status === undefined)) addIssue({ message: 'dialect belongs to a status without an act' });
    if (when && !act && status === undefined) addIssue({ message: 'when belongs to an act or a status' });
    if (status !== undefined && (act === 'drop' || act === 'hang' || act === 'cut-off')) addIssue({ message: `${act} has no status` });
    if (retryAfter !== undefined && status === undefined) addIssue({ message: 'retryAfter belongs to a status' });
  }),
);

const ChaosForm = v.pipe(
  v.strictObject({
    /** The connection is reset, and a write is not carried out. */
    dropBefore: v.optional(probability),
    /** The connection is reset after a write was carried out. */
    dropAfter: v.optional(probability),
    /** 503 as the API server says it, not carried out. */
    unavailable: v.optional(probability),
    /** 429 as the API gateway says it with Retry-After: 1, not carried out. */
    throttled: v.optional(probability),
    /** Every request waits at most so many milliseconds. */
    delay: v.optional(milliseconds),
    /** The same seed makes the same faults in the same order. */
    seed: v.optional(v.pipe(v.number(wrong('a number')), v.integer(wrong('whole')))),
  }),
  v.check(
    ({ dropBefore = 0, dropAfter = 0, unavailable = 0, throttled = 0 }) =>
      dropBefore + dropAfter + unavailable + throttled < 1 + Number.EPSILON * 4,
    'dropBefore, dropAfter, unavailable and throttled must be 1 or less together',
  ),
);

/** What the simulator does instead of answering well. */
export type Fault = v.InferOutput<typeof FaultForm>;
/** Faults by chance: probabilities from 0 to 1, of which at most one befalls a request. */
export type Chaos = v.InferOutput<typeof ChaosForm>;

/** Reads a fault. Throws a TypeError that names every mistake. */
export const readFault = (value: unknown): Fault => read(FaultForm, value);
/** Reads what chaos is asked for. Throws as readFault does. */
export const readChaos = (value: unknown): Chaos => read(ChaosForm, value);

/** Reads a value by a form. Throws a TypeError that names every mistake. */
export function read<S extends v.GenericSchema>(form: S, value: unknown): v.InferOutput<S> {
  // An array is an object to valibot.
  const { success, output, issues } = v.safeParse(form, Array.isArray(value) ? undefined : value);
  if (success) return output;
  throw new TypeError(issues.map(mistakeOf).join('; '));
}

function mistakeOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  if (issue.type === 'strict_object') {
    if (!path) return 'it must be a JSON object';
    return issue.expected === 'never' ? `${path} is not known` : `${path} is missing`;
  }
  return path ? `${path} ${issue.message}` : issue.message;
}

/** The faults that wait for their requests, and chaos for all others. */
export class Faults {
  /** How often each thing happened, by a short name: `drop before`, `503 before`, `delay` … */
  readonly done: Record<string, number> = {};
  #waiting: (Fault & { times: number })[] = [];
  #chaos: Chaos | undefined;
  #random: () => number = Math.random;

  /** The faults still to come, and the chaos in force. */
  get state(): { faults: Fault[]; chaos: Chaos | undefined } {
    return { faults: [...this.#waiting], chaos: this.#chaos };
  }

  /** Lets a fault wait for the next requests that it fits; the first that fits is taken. Throws a TypeError for what is none. */
  inject(fault: Fault): void {
    const { times = 1, ...rest } = readFault(fault);
    this.#waiting.push({ ...rest, times });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Sets what may befall a request that no fault waits for; undefined ends it. Throws a TypeError for what is no chaos. */
  chaos(chaos: Chaos | undefined): void {
    this.#chaos = chaos && readChaos(chaos);
    this.#random = chaos?.seed === undefined ? Math.random : seeded(chaos.seed);
  }

  /** The fault of a request that arrives, or undefined. */
  take(method: string, path: string): Fault | undefined {
    const fits = (fault: Fault) => (fault.method ?? method) === method && path.includes(fault.path ?? '');
    const waiting = this.#waiting.find(fits);
    if (waiting && --waiting.times < 1) this.#waiting = this.#waiting.filter((fault) => fault !== waiting);
    const fault = waiting ?? this.#chance();
    if (fault) {
      const name = fault.act ?? fault.status;
      const what = name === undefined ? 'delay' : `${name} ${fault.when ?? 'before'}`;
      this.done[what] = (this.done[what] ?? 0) + 1;
    }
    return fault;
  }

  #chance(): Fault | undefined {
    if (!this.#chaos) return undefined;
    const { dropBefore = 0, dropAfter = 0, unavailable = 0, throttled = 0, delay = 0 } = this.#chaos;
    const outcomes: [number, Fault][] = [
      [dropBefore, { act: 'drop' }],
      [dropAfter, { act: 'drop', when: 'after' }],
      [unavailable, { status: 503 }],
      [throttled, { status: 429, dialect: 'apig', retryAfter: 1 }],
    ];
    // Both are drawn for every request, so that one probability does not shift what another makes of a seed.
    let left = this.#random();
    const pause = Math.floor(this.#random() * (delay + 1));
    const outcome = outcomes.find(([share]) => {
      left -= share;
      return left < 0;
    })?.[1];
    return outcome || pause > 0 ? { ...outcome, ...(pause > 0 && { delay: pause }) } : undefined;
  }
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
