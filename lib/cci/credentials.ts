import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { internalError, StatusError } from '../job/status.ts';
import type { AccessKey } from './signer.ts';
import { type Trace, timeLeft } from './trace.ts';

/** One version of the secret, as it is used: signed with an access key, or as a bearer token. */
export type Credential = { version: string; secrets: string[] } & (
  | { form: 'accessKey'; key: AccessKey }
  | { form: 'token'; token: string }
);

/** The credentials of the gateway, kept between requests. */
export interface Credentials {
  /** The credential to use now. Throws 500 if none can be read, or if CCI refused it a moment ago. */
  current(trace: Trace): Promise<Credential>;
  /** CCI refused a credential: pauses it and returns a newer version if the secret holds one. `locked` is CCI's own word. */
  refused(credential: Credential, locked: boolean, trace: Trace): Promise<Credential | undefined>;
}

const minute = 60_000;
/** Older than this the secret is refreshed beside the request, older than `mustRefresh` before it (design 5). */
const mayRefresh = 5 * minute;
const mustRefresh = 15 * minute;
const pauseRefused = minute;
// CCI unlocks a key five minutes after its last failure.
const pauseLocked = 5 * minute;
const readTimeout = 5000;

const visible = v.pipe(v.string('must be a string'), v.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces'));
const Secret = v.union([
  v.strictObject({ accessKey: visible, secretKey: visible, securityToken: v.optional(visible) }),
  v.strictObject({ token: visible }),
]);

/**
 * Credentials from one secret in Secrets Manager: one read for concurrent callers, refreshed by age (wall clock: a Lambda's timers
 * stand still while it is frozen), and a version that CCI refuses is left alone, since CCI locks a key after five failures in a row.
 */
export function createCredentials(secretId: string, client: Pick<SecretsManagerClient, 'send'>): Credentials {
  let held: { credential: Credential; readAt: number } | undefined;
  let reading: Promise<Credential> | undefined;
  const pausedUntil = new Map<string, number>();

  const read = (trace: Trace): Promise<Credential> => {
    reading ??= readSecret(secretId, client, Math.max(1, Math.min(readTimeout, timeLeft(trace))))
      .then((credential) => {
        held = { credential, readAt: Date.now() };
        return credential;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const refresh = (trace: Trace): Promise<void> =>
    read(trace).then(
      () => undefined,
      (error: unknown) =>
        trace.warn('the secret could not be refreshed; the copy at hand stays in use', error instanceof StatusError ? error.note : {}),
    );

  return {
    async current(trace) {
      if (!held) await read(trace);
      const paused = held && pausedUntil.get(held.credential.version);
      if (held && paused !== undefined && paused <= Date.now()) {
        pausedUntil.delete(held.credential.version);
        await refresh(trace);
      } else if (held && age(held.readAt) > mustRefresh) await refresh(trace);
      else if (held && age(held.readAt) > mayRefresh) trace.pending.push(refresh(trace));
      if (!held) throw internalError({ because: 'no credentials' });
      if ((pausedUntil.get(held.credential.version) ?? 0) > Date.now()) {
        throw internalError({ because: 'credentials: CCI refused this version of the secret; not tried again for now' });
      }
      return held.credential;
    },

    async refused(credential, locked, trace) {
      pausedUntil.set(credential.version, Date.now() + (locked ? pauseLocked : pauseRefused));
      await refresh(trace);
      const now = held?.credential;
      return now && now.version !== credential.version && !pausedUntil.has(now.version) ? now : undefined;
    },
  };
}

const age = (readAt: number): number => Math.abs(Date.now() - readAt);

async function readSecret(secretId: string, client: Pick<SecretsManagerClient, 'send'>, timeout: number): Promise<Credential> {
  const answer = await client
    .send(new GetSecretValueCommand({ SecretId: secretId }), { abortSignal: AbortSignal.timeout(timeout) })
    .catch((error: Error) => {
      // The AWS client's messages name the secret, so only the error's name is kept.
      throw internalError({ because: 'credentials: the secret could not be read', error: error.name });
    });
  const parsed = v.safeParse(Secret, parseSecret(answer.SecretString));
  if (!parsed.success) throw internalError({ because: 'credentials: the secret is malformed', mistakes: mistakesOf(answer.SecretString) });
  const version = answer.VersionId ?? '';
  const secret = parsed.output;
  if ('token' in secret) return { version, form: 'token', token: secret.token, secrets: [secret.token] };
  const secrets = [secret.accessKey, secret.secretKey, ...(secret.securityToken ? [secret.securityToken] : [])];
  return { version, form: 'accessKey', key: secret, secrets };
}

function parseSecret(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** Names the keys that are wrong in a malformed secret, never a value, and no key that is not ours (it might be one). */
function mistakesOf(text: string | undefined): string[] {
  const secret = parseSecret(text);
  if (typeof secret !== 'object' || secret === null || Array.isArray(secret)) return ['it is not a JSON object'];
  const form = 'token' in secret ? Secret.options[1] : Secret.options[0];
  const { issues = [] } = v.safeParse(form, secret);
  return issues.map((issue) => {
    const key = String(issue.path?.[0]?.key ?? '');
    if (!Object.hasOwn(form.entries, key)) return 'it has a key that belongs to no form of the secret';
    return `${key} ${issue.input === undefined ? 'is missing' : issue.kind === 'schema' ? 'must be a string' : 'must be printable ASCII without spaces'}`;
  });
}
