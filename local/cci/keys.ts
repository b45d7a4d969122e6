import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { read } from './faults.ts';
import { accessKeyOf, type SigningKey, signatureMistake } from './signature.ts';

const mostFailures = 5;
const lockMs = 5 * 60_000;

const visible = v.pipe(
  v.string('must be a string'),
  v.regex(/^[\x21-\x2b\x2d-\x7e]{1,4096}$/, 'must be printable ASCII without spaces and commas'),
);
const KeyForm = v.strictObject({
  accessKey: visible,
  secretKey: visible,
  securityToken: v.optional(visible),
  projectId: v.optional(visible),
});

/** Reads an access key. Throws a TypeError that names every mistake, and no value. */
export const readKey = (value: unknown): SigningKey => read(KeyForm, value);
/** Reads which access key is meant, likewise. */
export const readKeyName = (value: unknown): string => read(v.strictObject({ accessKey: visible }), value).accessKey;

interface Known {
  key: SigningKey;
  /** Failed authentications since the last good one. */
  inARow: number;
  /** Wall clock, milliseconds. */
  lockedUntil: number;
}

/**
 * The access keys of the API gateway in front of CCI. One that fails more than five times in a row is locked for five minutes, even
 * for good signatures; a success begins a new count.
 */
export class Keys {
  /** Failed authentications per access key that was named, known or not. */
  readonly failed: Record<string, number> = Object.create(null);
  readonly #known = new Map<string, Known>();

  add(key: SigningKey): void {
    this.#known.set(key.accessKey, { key, inARow: 0, lockedUntil: 0 });
  }

  /** Whether there was such a key. */
  remove(accessKey: string): boolean {
    return this.#known.delete(accessKey);
  }

  /** What may be shown of the keys. */
  get state(): object[] {
    return [...this.#known.values()].map(({ key, inARow, lockedUntil }) => ({
      accessKey: key.accessKey,
      temporary: key.securityToken !== undefined,
      failedInARow: inARow,
      ...(lockedUntil > Date.now() && { lockedUntil: new Date(lockedUntil).toISOString() }),
    }));
  }

  /** Why a request is answered 401 (its error_msg), or undefined where it is authenticated. */
  refusal(request: IncomingMessage, body: Buffer): string | undefined {
    const now = Date.now();
    const access = accessKeyOf(request);
    const known = access === undefined ? undefined : this.#known.get(access);
    const locked = known !== undefined && known.lockedUntil > now;
    const mistake = locked ? `AK access failed to reach the limit,forbidden: ${access}` : signatureMistake(request, body, known?.key, now);
    if (access !== undefined && mistake) this.failed[access] = (this.failed[access] ?? 0) + 1;
    if (known && !locked) count(known, mistake !== undefined, now);
    return mistake;
  }
}

function count(known: Known, failed: boolean, now: number): void {
  known.inARow = failed ? known.inARow + 1 : 0;
  if (known.inARow <= mostFailures) return;
  known.inARow = 0;
  known.lockedUntil = now + lockMs;
}
