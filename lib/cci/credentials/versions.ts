import type { Refused } from '../classify-response.ts';
import { createTokens, type Tokens } from './iam.ts';
import type { ReadVersion } from './secret-reader.ts';

/** A version of the secret. */
export interface Version extends ReadVersion {
  tokens: Tokens | undefined;
  /** CCI has accepted it, and has not refused it since. */
  proven: boolean;
  /** How often CCI has called it wrong since it accepted it: such a one is tried again only where nothing else is left. */
  wrong: number;
  /** CCI has accepted it at some time. */
  known: boolean;
  /** Settles when the request that is proving it has done so, or has not: until it is proven one request at a time tries it. */
  proving: Promise<void> | undefined;
  /** Wall clock; 0 where it was never refused. */
  pausedUntil: number;
  /** When CCI last said that its key is locked; 0 where it never did. */
  lockedAt: number;
}

const minute = 60_000;
const pauseRefused = minute;
// CCI unlocks a key five minutes after its last failure.
const pauseLocked = 5 * minute;
/**
 * A key that is locked, and that nobody is known to have used with success, is probably locked since it is wrong. Each of many processes
 * that learned no more than that would try it after five minutes, and lock it again: a correction of the same key would find it locked.
 */
const pauseLockedYoung = 15 * minute;
const youngest = 60 * minute;

/** A version that was just read: CCI has said nothing of it yet. */
export function versionOf(read: ReadVersion): Version {
  const { secret } = read;
  const tokens = secret.form === 'password' ? createTokens(secret.login) : undefined;
  return { ...read, tokens, proven: false, proving: undefined, pausedUntil: 0, lockedAt: 0, wrong: 0, known: false };
}

/**
 * Which of these may be sent: those alone that were not called wrong, where there are any. One that was never accepted waits while its
 * key is locked under another version.
 */
export function candidatesOf(choices: (Version | undefined)[], versions: readonly Version[]): Version[] {
  const isLocked = (version: Version) => versions.some((other) => keyOf(other) === keyOf(version) && isAsLocked(other.lockedAt, version));
  const usable = [...new Set(choices)].filter(isUsable).filter((version) => version.known || !isLocked(version));
  const right = usable.filter(({ wrong }) => wrong === 0);
  return right.length > 0 ? right : usable;
}

/**
 * Whether a version is to be left alone, whose key was locked at that time: a correction that was made since only until the lock is over.
 * A clock that was set back makes an age unknown, not zero.
 */
function isAsLocked(lockedAt: number, version: Version): boolean {
  return Math.abs(Date.now() - lockedAt) < (version.createdAt > lockedAt ? pauseLocked : pauseOfLocked(version));
}

/** The name by which CCI or IAM counts the failures of a version. */
function keyOf({ secret }: Version): string {
  if (secret.form === 'accessKey') return secret.key.accessKey;
  return secret.form === 'token' ? secret.token : `${secret.login.domain}/${secret.login.user}`;
}

/** Milliseconds for which a version is left alone after a refusal. */
export function pauseOf(version: Version, { locked, wrong }: Refused): number {
  if (locked) return wrong ? pauseLocked : pauseOfLocked(version);
  // One that was never right is tried less and less often: six failures in a row would lock its key.
  return version.known ? pauseRefused : Math.min(pauseLocked, pauseRefused * 2 ** Math.max(0, version.wrong - 1));
}

function pauseOfLocked({ known, createdAt }: Version): number {
  return known || Date.now() - createdAt > youngest ? pauseLocked : pauseLockedYoung;
}

/** Not paused; a pause that is longer than any can be is one of a clock that was set back. */
export function isUsable(version: Version | undefined): version is Version {
  const left = version ? version.pausedUntil - Date.now() : 1;
  return left <= 0 || left > pauseLockedYoung;
}
/** Usable, and accepted by CCI. */
export function isWorking(version: Version | undefined): version is Version {
  return isUsable(version) && version.proven;
}
