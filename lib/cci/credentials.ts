import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, type GetSecretValueRequest, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { internalError, StatusError } from '../job/status.ts';
import { createTokens, type Tokens } from './iam.ts';
import type { Outcome } from './judge.ts';
import { parseSecret, type Secret } from './secret.ts';
import type { AccessKey } from './signer.ts';
import { type Trace, timeLeft, warnThatKept } from './trace.ts';

/** What a request is authenticated with, and what of it may not be shown. */
export type Credential = { secrets: string[] } & (
  | { form: 'accessKey'; key: AccessKey }
  | { form: 'bearer'; token: string }
  | { form: 'iam'; token: string }
);

/** The credentials of the gateway, kept between requests. */
export interface Credentials {
  /**
   * Sends with the credential to use now and, if CCI refuses it, at most once more with another. Throws 500 if none can be read or all
   * were refused a moment ago, 503 if IAM cannot be reached.
   */
  use(trace: Trace, send: (credential: Credential) => Promise<Outcome>): Promise<Outcome>;
}

/** A version of the secret. Until CCI has accepted it once it is tried by one request at a time. */
interface Version {
  id: string;
  secret: Secret;
  proven: boolean;
  proving?: PromiseWithResolvers<void> | undefined;
  /** Wall clock; 0 where it was never refused. */
  pausedUntil: number;
  tokens?: Tokens | undefined;
}

const second = 1000;
const minute = 60 * second;
/** Older than this the secret is refreshed beside the request, older than `mustRefresh` before it (design 5). */
const mayRefresh = 5 * minute;
const mustRefresh = 15 * minute;
const pauseRefused = minute;
// CCI unlocks a key five minutes after its last failure.
const pauseLocked = 5 * minute;
const readTimeout = 5000;
/** A read or an exchange that failed is not repeated for so long while there is something to go on with. */
const pauseFailed = 30 * second;
/** While every version is paused the secret is read so often, so that a corrected one is noticed. */
const rereadPaused = 5 * second;

/**
 * Credentials from one secret in Secrets Manager. One read for concurrent callers, refreshed by age (wall clock: a Lambda's timers stand
 * still while it is frozen). CCI locks a key after five failures in a row, so a version that it refuses is left alone for a while, and
 * one that it has not yet accepted is proven by one request, while others go on with the version before.
 */
export function createCredentials(secretId: GetSecretValueRequest, client: Pick<SecretsManagerClient, 'send'>): Credentials {
  const paused = new Map<string, Version>();
  let newest: Version | undefined;
  /** The last that CCI accepted. */
  let accepted: Version | undefined;
  let readAt = 0;
  let triedAt = 0;
  let failed = false;
  let reading: Promise<void> | undefined;

  const read = (trace: Trace): Promise<void> => {
    if (reading) return reading;
    trace.counts.credentialRefreshes += 1;
    triedAt = Date.now();
    reading = readSecret(secretId, client, Math.max(1, Math.min(readTimeout, timeLeft(trace))))
      .then(
        ({ id, secret }) => {
          readAt = Date.now();
          failed = false;
          const known = [newest, accepted, paused.get(id)].find((version) => version?.id === id);
          newest = known ?? { id, secret, proven: false, pausedUntil: 0, tokens: tokensOf(secret) };
        },
        (error: unknown) => {
          failed = true;
          throw error;
        },
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const refresh = (trace: Trace): Promise<void> => read(trace).catch((error: unknown) => warnThatKept(trace, 'the secret could not be refreshed', error));

  const freshen = async (trace: Trace): Promise<void> => {
    if (!newest) return read(trace);
    if (!usable(newest)) {
      if (!(usable(accepted) && accepted.proven) && ageOf(triedAt) > rereadPaused) await refresh(trace);
    } else if (newest.pausedUntil > 0) {
      newest.pausedUntil = 0;
      await refresh(trace);
    } else if (!failed || ageOf(triedAt) > pauseFailed) {
      if (ageOf(readAt) > mustRefresh) await refresh(trace);
      else if (ageOf(readAt) > mayRefresh) trace.pending.push(refresh(trace));
    }
  };

  /** The version to send with; one that is not yet proven is claimed for this request alone. */
  const choose = async (trace: Trace): Promise<Version> => {
    await freshen(trace);
    for (;;) {
      const candidate = usable(newest) ? newest : undefined;
      if (candidate?.proven) return candidate;
      if (candidate && !candidate.proving) {
        candidate.proving = Promise.withResolvers();
        return candidate;
      }
      if (usable(accepted) && accepted.proven) return accepted;
      if (!candidate?.proving) throw internalError({ because: 'credentials: refused a moment ago; not tried again for now' });
      if (timeLeft(trace) <= 0) throw internalError({ because: 'credentials: not proven in time' });
      await Promise.race([candidate.proving.promise, sleep(timeLeft(trace), undefined, { ref: false })]);
    }
  };

  const refuse = (version: Version, credential: Credential | undefined, locked: boolean, trace: Trace): void => {
    version.proven = false;
    // A user's token may have been revoked before its end: the next is a fresh one.
    if (credential?.form === 'iam' && version.tokens?.drop(credential.token)) return;
    if (usable(version)) trace.counts.refusedVersions += 1;
    version.pausedUntil = Math.max(version.pausedUntil, Date.now() + (locked ? pauseLocked : pauseRefused));
    paused.set(version.id, version);
    for (const [id, { pausedUntil }] of paused) if (pausedUntil < Date.now()) paused.delete(id);
  };

  const sendWith = async (version: Version, trace: Trace, send: (credential: Credential) => Promise<Outcome>): Promise<Outcome> => {
    try {
      const credential = await credentialOf(version, trace);
      if ('verdict' in credential) {
        refuse(version, undefined, credential.refused?.locked ?? false, trace);
        return credential;
      }
      const outcome = await send(credential);
      if (outcome.refused) refuse(version, credential, outcome.refused.locked, trace);
      else if (outcome.accepted && usable(version)) {
        version.proven = true;
        accepted = version;
      }
      return outcome;
    } finally {
      version.proving?.resolve();
      version.proving = undefined;
    }
  };

  return {
    async use(trace, send) {
      const first = await choose(trace);
      const outcome = await sendWith(first, trace, send);
      if (!outcome.refused) return outcome;
      if (newest === first) await refresh(trace);
      const other = await choose(trace).catch((error: unknown) => {
        if (!(error instanceof StatusError)) throw error;
        return undefined;
      });
      return other ? sendWith(other, trace, send) : outcome;
    },
  };
}

/** What a version is sent as, or IAM's refusal of a user. */
async function credentialOf({ secret, tokens }: Version, trace: Trace): Promise<Credential | Outcome> {
  if (secret.form === 'accessKey') return { form: 'accessKey', key: secret.key, secrets: secret.secrets };
  if (secret.form === 'token') return { form: 'bearer', token: secret.token, secrets: secret.secrets };
  const token = await (tokens as Tokens).current(trace);
  return typeof token === 'string' ? { form: 'iam', token, secrets: [...secret.secrets, token] } : token;
}

const tokensOf = (secret: Secret): Tokens | undefined => (secret.form === 'password' ? createTokens(secret.login) : undefined);
const usable = (version: Version | undefined): version is Version => version !== undefined && version.pausedUntil <= Date.now();
const ageOf = (time: number): number => Math.abs(Date.now() - time);

async function readSecret(
  secretId: GetSecretValueRequest,
  client: Pick<SecretsManagerClient, 'send'>,
  timeout: number,
): Promise<{ id: string; secret: Secret }> {
  const answer = await client
    .send(new GetSecretValueCommand(secretId), { abortSignal: AbortSignal.timeout(timeout) })
    .catch((error: Error) => {
      // The AWS client's messages name the secret, so only the error's name is kept.
      throw internalError({ because: 'credentials: the secret could not be read', error: error.name });
    });
  return { id: answer.VersionId ?? '', secret: parseSecret(answer.SecretString) };
}
