import type { GetSecretValueRequest, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { noteOf, type RequestContext, within } from '../../runtime/request-context.ts';
import { internalError, StatusError } from '../../status.ts';
import { type Outcome, type Refused, refusal } from '../classify-response.ts';
import { createTokens, type Tokens } from './iam.ts';
import { isMalformed } from './secret.ts';
import { createSecretReader, type ReadVersion } from './secret-reader.ts';
import type { AccessKey } from './signer.ts';

/** What a request is authenticated with, and what of it may not be shown. */
export type Credential = { secrets: string[] } & (
  | { form: 'accessKey'; key: AccessKey }
  | { form: 'bearer'; token: string }
  | { form: 'iam'; token: string }
);
type Send = (credential: Credential) => Promise<Outcome>;

/** The credentials of the gateway, kept between requests. */
export interface Credentials {
  /**
   * Sends with the credential to use now and, if CCI refuses it, at most once more with another. Throws 500 if none can be read or all
   * were refused a moment ago, 503 if IAM cannot be reached, 504 if the deadline passes before there is one to send with.
   */
  use(context: RequestContext, send: Send): Promise<Outcome>;
}

/** A version of the secret. */
interface Version extends ReadVersion {
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
/** A version to send with, and what is to be called when that is done. */
interface Choice {
  version: Version;
  done: () => void;
}

const minute = 60_000;
const mostVersions = 10;
const pauseRefused = minute;
// CCI unlocks a key five minutes after its last failure.
const pauseLocked = 5 * minute;
/**
 * A key that is locked, and that nobody is known to have used with success, is probably locked since it is wrong. Each of many processes
 * that learned no more than that would try it after five minutes, and lock it again: a correction of the same key would find it locked.
 */
const pauseLockedYoung = 15 * minute;
const youngest = 60 * minute;
/** A token of IAM that is younger was not revoked: it is the user that is refused. */
const freshToken = minute;

/**
 * Credentials from one secret in Secrets Manager. CCI locks a key after more than five failures in a row, so a version that it refuses is left
 * alone for a while (wall clock: a Lambda's timers stand still while it is frozen), and one that it has not yet accepted is proven by
 * one request, while others go on with the version before; a process that has none reads AWSPREVIOUS, once for each current version.
 */
export function createCredentials(secretId: GetSecretValueRequest, client: Pick<SecretsManagerClient, 'send'>): Credentials {
  let newest: Version | undefined;
  /** The last that CCI accepted. */
  let accepted: Version | undefined;
  /** The one before the newest, and of which newest that was asked. */
  let previous: Version | undefined;
  let previousOf: string | undefined;
  /** Those of late: one to which the secret is turned back is as refused as it was. */
  let versions: Version[] = [];
  const remember = (read: ReadVersion): Version => {
    const version = [accepted, ...versions].find((other) => other?.id === read.id) ?? versionOf(read);
    // One that was left behind may have been revoked since.
    if (version !== newest && version !== accepted) version.proven = false;
    versions = [version, ...versions.filter((other) => other !== version)].slice(0, mostVersions);
    return version;
  };
  const reader = createSecretReader(secretId, client, (read) => {
    newest = remember(read);
  });

  /** Reads the version before the newest, where there is no other to go on with. Without one nothing changes. */
  const fallBack = async (context: RequestContext): Promise<void> => {
    const of = newest?.id;
    if ((of !== undefined && previousOf === of) || [newest, accepted].some(isUsable)) return;
    try {
      const read = await reader.readPrevious(context);
      previousOf = of;
      previous = read && remember(read);
    } catch (error) {
      context.warn('the version before the current one could not be read', noteOf(error));
    }
  };

  const freshen = async (context: RequestContext): Promise<void> => {
    if (!newest) {
      if (isWorking(accepted)) return reader.lookAgain(context);
      return reader.read(context).catch(async (error: unknown) => {
        if (isMalformed(error)) await fallBack(context);
        if (!isUsable(previous)) throw error;
      });
    }
    const before = newest;
    if (!isUsable(newest)) return isWorking(accepted) ? undefined : reader.lookAgain(context);
    if (before.pausedUntil === 0) return reader.keepFresh(context);
    await reader.refresh(context);
    if (isUsable(before)) before.pausedUntil = 0;
  };

  /** The version to send with: one that works, or one that nobody is proving. */
  const choose = async (context: RequestContext): Promise<Choice> => {
    await freshen(context);
    const current = newest;
    if (isWorking(current)) return { version: current, done: nothingToDo };
    for (;;) {
      const candidates = candidatesOf([newest, accepted, previous], versions);
      const version = candidates.find(({ proven, proving }) => proven || !proving);
      if (version) return version.proven ? { version, done: nothingToDo } : claim(version);
      const awaited = candidates[0]?.proving ?? (reader.reading && reader.refresh(context));
      if (!awaited) throw internalError({ reason: 'credentials: refused a moment ago; not tried again for now' });
      await within(context, awaited);
    }
  };

  /** Notes that a version was refused; false where that was known. */
  const refuse = (version: Version, credential: Credential | undefined, refused: Refused, context: RequestContext): boolean => {
    const age = credential?.form === 'iam' ? version.tokens?.drop(credential.token) : 0;
    if (age === undefined) return false;
    version.proven = false;
    // A user's token may have been revoked before its end: the next is a fresh one.
    if (age >= freshToken) return true;
    if (refused.wrong) version.wrong += 1;
    else if (refused.locked) version.lockedAt = Date.now();
    const until = Date.now() + pauseOf(version, refused);
    const news: boolean = isUsable(version);
    version.pausedUntil = news ? until : Math.max(until, version.pausedUntil);
    if (news) context.counts.refusedVersions += 1;
    return news;
  };

  const sendWith = async ({ version, done }: Choice, context: RequestContext, send: Send): Promise<Outcome> => {
    try {
      const credential = await credentialOf(version, context).catch((error: unknown) => {
        if (!(error instanceof StatusError && version !== accepted && isWorking(accepted))) throw error;
        // Without a token a version is as good as refused where another works.
        return refusal({ ...error.note, locked: false }, { locked: false, wrong: false });
      });
      const outcome = 'verdict' in credential ? credential : await send(credential);
      // Late answers to an older version change nothing.
      if (outcome.accepted && isUsable(version) && !version.proven) {
        Object.assign(version, { proven: true, known: true, wrong: 0 });
        accepted = version;
      }
      const by = 'verdict' in credential ? undefined : credential;
      // Read before others may go on: they find the newer version.
      if (outcome.refused && refuse(version, by, outcome.refused, context)) {
        // What was wrong before is not tried beside what is wrong now: that would double the failures.
        if (version === previous) previous = undefined;
        await reader.refresh(context);
        await fallBack(context);
      }
      return outcome;
    } finally {
      done();
    }
  };

  return {
    async use(context, send) {
      const outcome = await sendWith(await choose(context), context, send);
      if (!outcome.refused) return outcome;
      const other = await choose(context).catch((error: unknown) => {
        if (!(error instanceof StatusError)) throw error;
        return undefined;
      });
      if (!other) return outcome;
      context.warn('the credentials were refused; others are tried', outcome.verdict?.note ?? {});
      return sendWith(other, context, send);
    },
  };
}

function versionOf(read: ReadVersion): Version {
  const { secret } = read;
  const tokens = secret.form === 'password' ? createTokens(secret.login) : undefined;
  return { ...read, tokens, proven: false, proving: undefined, pausedUntil: 0, lockedAt: 0, wrong: 0, known: false };
}

/**
 * Which of these may be sent: those alone that were not called wrong, where there are any. One that was never accepted waits while its
 * key is locked under another version.
 */
function candidatesOf(choices: (Version | undefined)[], versions: readonly Version[]): Version[] {
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

function pauseOf(version: Version, { locked, wrong }: Refused): number {
  if (locked) return wrong ? pauseLocked : pauseOfLocked(version);
  // One that was never right is tried less and less often: six failures in a row would lock its key.
  return version.known ? pauseRefused : Math.min(pauseLocked, pauseRefused * 2 ** Math.max(0, version.wrong - 1));
}

function pauseOfLocked({ known, createdAt }: Version): number {
  return known || Date.now() - createdAt > youngest ? pauseLocked : pauseLockedYoung;
}

const nothingToDo = (): void => undefined;

/** Nobody else tries a version until this is done. */
function claim(version: Version): Choice {
  const { promise, resolve } = Promise.withResolvers<void>();
  version.proving = promise;
  const done = () => {
    version.proving = undefined;
    resolve();
  };
  return { version, done };
}

/** What a version is sent as, or IAM's refusal of a user. */
async function credentialOf({ secret, tokens }: Version, context: RequestContext): Promise<Credential | Outcome> {
  if (secret.form === 'accessKey') return { form: 'accessKey', key: secret.key, secrets: secret.secrets };
  if (secret.form === 'token') return { form: 'bearer', token: secret.token, secrets: secret.secrets };
  const token = await (tokens as Tokens).current(context);
  return typeof token === 'string' ? { form: 'iam', token, secrets: [...secret.secrets, token] } : token;
}

/** Not paused; a pause that is longer than any can be is one of a clock that was set back. */
function isUsable(version: Version | undefined): version is Version {
  const left = version ? version.pausedUntil - Date.now() : 1;
  return left <= 0 || left > pauseLockedYoung;
}
function isWorking(version: Version | undefined): version is Version {
  return isUsable(version) && version.proven;
}
