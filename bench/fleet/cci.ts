/** CCI in virtual time: its jobs with optimistic locking, its rate, its lock on access keys, and its bad days. */
import { readFileSync } from 'node:fs';
import type { Exchange, Outgoing } from '../../lib/cci/transport.ts';
import { mergePatch } from '../../local/cci/merge-patch.ts';
import { type Simulation, TokenBucket } from './simulation.ts';

/** How CCI is; times are medians in milliseconds. */
export interface CciOptions {
  get: number;
  put: number;
  /** Of the logarithms of those times. */
  spread: number;
  /** The part of such a time after which a request is carried out; the rest is the way of the answer. */
  carriedOutAt: number;
  /** Until a new connection stands. */
  connect: number;
  /** Until a refusal (429, 503, 401) is answered. */
  refuse: number;
  /** Calls per second, with as many at once; Huawei publishes none. */
  rate: number;
}
export type Answered = Extract<Exchange, { answered: true }>;

const usual: CciOptions = { get: 30, put: 40, spread: 0.35, carriedOutAt: 0.5, connect: 60, refuse: 5, rate: Number.POSITIVE_INFINITY };
// CCI's rule: more than five failures in a row lock a key for five minutes.
const mostFailures = 5;
const lockTime = 300_000;
const version = /"resourceVersion":"(\d*)"/;

const broken = '{"kind":"Status","status":"Failure","message":"it is broken","code":500}';
const documented = JSON.parse(readFileSync(new URL('../../events/replace-tfjob.json', import.meta.url), 'utf8'));
delete documented.metadata.resourceVersion;
delete documented.spec.ttlSecondsAfterFinished;
const template = JSON.stringify(documented);
export const namespace: string = documented.metadata.namespace;

/** The documented job under another name, as a caller sends it. */
export function jobText(name: string, ttl?: number): string {
  const named = template.replaceAll(documented.metadata.name, name).replace(documented.metadata.uid, `uid-of-${name}`);
  return ttl === undefined ? named : named.replace('"spec":{', `"spec":{"ttlSecondsAfterFinished":${ttl},`);
}

export class Cci {
  readonly options: CciOptions;
  mode: 'up' | '503' | 'hang' = 'up';
  /** What a token of a secret is at CCI: of which access key, and whether it is right. */
  readonly tokens = new Map<string, { key: string; right: boolean }>([['good', { key: 'AK', right: true }]]);
  /** A write that sets this TTL is answered 500, whatever is done. */
  poison: number | undefined;
  readonly counts = { calls: 0, gets: 0, writes: 0, conflicts: 0, throttled: 0, connections: 0, failedAuthentications: 0, locks: 0 };
  readonly #simulation: Simulation;
  readonly #jobs = new Map<string, string>();
  readonly #keys = new Map<string, { failures: number; lockedUntil: number }>();
  readonly #bucket: TokenBucket;
  #version = 1000;

  constructor(simulation: Simulation, options: Partial<CciOptions> = {}) {
    this.options = { ...usual, ...options };
    this.#simulation = simulation;
    this.#bucket = new TokenBucket(simulation.clock, this.options.rate, this.options.rate);
  }

  /** The job's JSON; one that nobody has asked for yet is made. */
  text(name: string): string {
    return this.#jobs.get(name) ?? this.#store(name, jobText(name).replace('"metadata":{', '"metadata":{"resourceVersion":"",'));
  }

  /** Answers a request that has arrived; undefined where no answer ever comes. */
  async serve({ method, path, headers, body }: Outgoing): Promise<Answered | undefined> {
    const { clock, random } = this.#simulation;
    this.counts.calls += 1;
    if (this.mode === 'hang') return undefined;
    const name = decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '');
    const refused = this.#refusal(headers);
    if (refused) {
      await clock.wait(this.options.refuse);
      return refused;
    }
    const time = random.logNormal(method === 'GET' ? this.options.get : this.options.put, this.options.spread);
    await clock.wait(time * this.options.carriedOutAt);
    const given = method === 'GET' ? this.#read(name) : this.#write(name, method, body ?? '');
    await clock.wait(time * (1 - this.options.carriedOutAt));
    return given;
  }

  #refusal(headers: Record<string, string>): Answered | undefined {
    if (this.mode === '503') return answer(503, '');
    if (this.options.rate < Number.POSITIVE_INFINITY && !this.#bucket.take()) {
      this.counts.throttled += 1;
      return answer(429, '', { 'retry-after': '1' });
    }
    const mistake = this.#authenticate((headers.authorization ?? '').replace('Bearer ', ''));
    if (mistake) this.counts.failedAuthentications += 1;
    if (mistake) return answer(401, JSON.stringify({ error_msg: mistake, error_code: 'APIG.0301' }));
    return undefined;
  }

  /** What is wrong with a token, or undefined. */
  #authenticate(token: string): string | undefined {
    const { now } = this.#simulation.clock;
    const known = this.tokens.get(token);
    if (!known) return 'there is no such key';
    const key = this.#keys.get(known.key) ?? { failures: 0, lockedUntil: 0 };
    this.#keys.set(known.key, key);
    if (key.lockedUntil > now) return 'AK access failed to reach the limit,forbidden';
    key.failures = known.right ? 0 : key.failures + 1;
    if (known.right) return undefined;
    if (key.failures > mostFailures) {
      Object.assign(key, { failures: 0, lockedUntil: now + lockTime });
      this.counts.locks += 1;
    }
    return 'the signature does not match';
  }

  #read(name: string): Answered {
    this.counts.gets += 1;
    return answer(200, this.text(name));
  }

  #write(name: string, method: string, body: string): Answered {
    this.counts.writes += 1;
    if (this.poison !== undefined && body.includes(`"ttlSecondsAfterFinished":${this.poison}`)) return answer(500, broken);
    const live = this.text(name);
    const current = version.exec(live)?.[1];
    const insists = version.exec(body)?.[1];
    if (insists && insists !== current) {
      this.counts.conflicts += 1;
      return answer(409, '{"kind":"Status","status":"Failure","reason":"Conflict","message":"the object has been modified","code":409}');
    }
    const next = method === 'PATCH' ? JSON.stringify(mergePatch(JSON.parse(live), JSON.parse(body))) : body;
    // What changes nothing makes no new version.
    return answer(200, next.replace(version, `"resourceVersion":"${current}"`) === live ? live : this.#store(name, next));
  }

  #store(name: string, text: string): string {
    this.#version += 1;
    const stored = text.replace(version, `"resourceVersion":"${this.#version}"`);
    this.#jobs.set(name, stored);
    return stored;
  }
}

function answer(status: number, body: string, headers: Record<string, string> = {}): Answered {
  return { answered: true, status, headers, body: Buffer.from(body) };
}
