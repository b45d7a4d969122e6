import type { GetSecretValueRequest, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { internalError, StatusError } from '../job/status.ts';
import { createTokens, type Tokens } from './iam.ts';
import { type Outcome, refusal } from './judge.ts';
import type { Secret } from './secret.ts';
import { createSecretReader } from './secret-reader.ts';
import type { AccessKey } from './signer.ts';
import { type Trace, within } from './trace.ts';

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
  use(trace: Trace, send: Send): Promise<Outcome>;
}

/** A version of the secret. */
interface Version {
  id: string;
  secret: Secret;
  tokens: Tokens | undefined;
  /** CCI has accepted it, and has not refused it since. */
  proven: boolean;
  /** Settles when the request that is proving it has done so, or has not: until it is proven one request at a time tries it. */
  proving: Promise<void> | undefined;
  /** Wall clock; 0 where it was never refused. */
  pausedUntil: number;
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
/** A token of IAM that is younger was not revoked: it is the user that is refused. */
const freshToken = minute;

/**
 * Credentials from one secret in Secrets Manager. CCI locks a key after five failures in a row, so a version that it refuses is left
 * alone for a while (wall clock: a Lambda's timers stand still while it is frozen), and one that it has not yet accepted is proven by
 * one request, while others go on with the version before.
 */
export function createCredentials(secretId: GetSecretValueRequest, client: Pick<SecretsManagerClient, 'send'>): Credentials {
  let newest: Version | undefined;
  /** The last that CCI accepted. */
  let accepted: Version | undefined;
  /** Those of late: one to which the secret is turned back is as refused as it was. */
  let versions: Version[] = [];
  const reader = createSecretReader(secretId, client, (id, secret) => {
    const version = [accepted, ...versions].find((known) => known?.id === id) ?? versionOf(id, secret);
    // One that was left behind may have been revoked since.
    if (version !== newest && version !== accepted) version.proven = false;
    newest = version;
    versions = [version, ...versions.filter((other) => other !== version)].slice(0, mostVersions);
  });

  const freshen = async (trace: Trace): Promise<void> => {
    if (!newest) return reader.read(trace);
    const before = newest;
    if (!isUsable(newest)) return isWorking(accepted) ? undefined : reader.lookAgain(trace);
    if (before.pausedUntil === 0) return reader.keepFresh(trace);
    await reader.refresh(trace);
    if (isUsable(before)) before.pausedUntil = 0;
  };

  /** The version to send with: one that works, or one that nobody is proving. */
  const choose = async (trace: Trace): Promise<Choice> => {
    await freshen(trace);
    for (;;) {
      const candidates = [newest, accepted].filter(isUsable);
      const version = candidates.find(({ proven, proving }) => proven || !proving);
      if (version) return version.proven ? { version, done: () => undefined } : claim(version);
      const awaited = candidates[0]?.proving ?? (reader.reading && reader.refresh(trace));
      if (!awaited) throw internalError({ because: 'credentials: refused a moment ago; not tried again for now' });
      await within(trace, awaited);
    }
  };

  /** Notes that a version was refused; false where that was known. */
  const refuse = (version: Version, credential: Credential | undefined, locked: boolean, trace: Trace): boolean => {
    const age = credential?.form === 'iam' ? version.tokens?.drop(credential.token) : 0;
    if (age === undefined) return false;
    version.proven = false;
    // A user's token may have been revoked before its end: the next is a fresh one.
    if (age >= freshToken) return true;
    const until = Date.now() + (locked ? pauseLocked : pauseRefused);
    const news: boolean = isUsable(version);
    version.pausedUntil = news ? until : Math.max(until, version.pausedUntil);
    if (news) trace.counts.refusedVersions += 1;
    return news;
  };

  const sendWith = async ({ version, done }: Choice, trace: Trace, send: Send): Promise<Outcome> => {
    try {
      const credential = await credentialOf(version, trace).catch((error: unknown) => {
        // Without a token a version is as good as refused where another works.
        if (error instanceof StatusError && version !== accepted && isWorking(accepted)) return refusal(error.note, false);
        throw error;
      });
      const outcome = 'verdict' in credential ? credential : await send(credential);
      // Late answers to an older version change nothing.
      if (outcome.accepted && isUsable(version) && !version.proven) {
        version.proven = true;
        accepted = version;
      }
      const by = 'verdict' in credential ? undefined : credential;
      // Read before others may go on: they find the newer version.
      if (outcome.refused && refuse(version, by, outcome.refused.locked, trace)) await reader.refresh(trace);
      return outcome;
    } finally {
      done();
    }
  };

  return {
    async use(trace, send) {
      const outcome = await sendWith(await choose(trace), trace, send);
      if (!outcome.refused) return outcome;
      const other = await choose(trace).catch((error: unknown) => {
        if (!(error instanceof StatusError)) throw error;
        return undefined;
      });
      if (!other) return outcome;
      trace.warn('the credentials were refused; others are tried', outcome.verdict?.note ?? {});
      return sendWith(other, trace, send);
    },
  };
}

function versionOf(id: string, secret: Secret): Version {
  const tokens = secret.form === 'password' ? createTokens(secret.login) : undefined;
  return { id, secret, tokens, proven: false, proving: undefined, pausedUntil: 0 };
}

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
async function credentialOf({ secret, tokens }: Version, trace: Trace): Promise<Credential | Outcome> {
  if (secret.form === 'accessKey') return { form: 'accessKey', key: secret.key, secrets: secret.secrets };
  if (secret.form === 'token') return { form: 'bearer', token: secret.token, secrets: secret.secrets };
  const token = await (tokens as Tokens).current(trace);
  return typeof token === 'string' ? { form: 'iam', token, secrets: [...secret.secrets, token] } : token;
}

/** Not paused; a pause that is longer than any can be is one of a clock that was set back. */
function isUsable(version: Version | undefined): version is Version {
  const left = version ? version.pausedUntil - Date.now() : 1;
  return left <= 0 || left > pauseLocked;
}
function isWorking(version: Version | undefined): boolean {
  return isUsable(version) && version.proven;
}
