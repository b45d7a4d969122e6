import { GetSecretValueCommand, type GetSecretValueRequest, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { internalError } from '../job/status.ts';
import { awsErrorNote } from './aws-error.ts';
import { parseSecret, type Secret } from './secret.ts';
import { type Trace, timeLeft, warnThatKept, within } from './trace.ts';

/** Reads one secret, once for all who ask at a time. */
export interface SecretReader {
  /** The reading that is under way. */
  readonly reading: Promise<void> | undefined;
  /** Throws 500 where the secret cannot be read or is malformed, 504 where that is not known by the deadline. */
  read(trace: Trace): Promise<void>;
  /** Reads where there is a copy to go on with: a failure is told in the log alone. */
  refresh(trace: Trace): Promise<void>;
  /** Refreshes by the age of the copy: not at all, beside the request, or before it (design 5). */
  keepFresh(trace: Trace): Promise<void>;
  /** Refreshes where no version may be sent, but not each time. */
  lookAgain(trace: Trace): Promise<void>;
}

const second = 1000;
const minute = 60 * second;
/** Older than this the secret is refreshed beside the request, older than `mustRefresh` before it. */
const mayRefresh = 5 * minute;
const mustRefresh = 15 * minute;
/** The first reading may meet a cold network; a later one only keeps requests waiting that have a copy. */
const firstTimeout = 10 * second;
const readTimeout = 5 * second;
/** A reading that failed is not repeated for so long while there is something to go on with. */
const pauseFailed = 30 * second;
/** While every version is paused the secret is read so often, so that a corrected one is noticed. */
const pauseBetween = 5 * second;

/** Ages are by wall clock: a Lambda's timers stand still while it is frozen. `take` gets what was read. */
export function createSecretReader(
  secretId: GetSecretValueRequest,
  client: Pick<SecretsManagerClient, 'send'>,
  take: (id: string, secret: Secret) => void,
): SecretReader {
  let readAt = 0;
  let triedAt = 0;
  let failed = false;
  let reading: Promise<void> | undefined;

  const read = (trace: Trace): Promise<void> => {
    if (reading) return within(trace, reading);
    trace.counts.credentialRefreshes += 1;
    triedAt = Date.now();
    failed = true;
    reading = fetchSecret(secretId, client, Math.max(1, Math.min(readAt === 0 ? firstTimeout : readTimeout, timeLeft(trace))))
      .then(({ id, secret }) => {
        failed = false;
        readAt = Date.now();
        take(id, secret);
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const refresh = (trace: Trace): Promise<void> =>
    read(trace).catch((error: unknown) => warnThatKept(trace, 'the secret could not be refreshed', error));

  return {
    get reading() {
      return reading;
    },
    read,
    refresh,
    async keepFresh(trace) {
      if (failed && ageOf(triedAt) <= pauseFailed) return;
      if (ageOf(readAt) > mustRefresh) await refresh(trace);
      else if (ageOf(readAt) > mayRefresh) trace.pending.push(refresh(trace));
    },
    async lookAgain(trace) {
      if (ageOf(triedAt) > pauseBetween) await refresh(trace);
    },
  };
}

// A clock that was set back makes an age unknown, not zero.
const ageOf = (time: number): number => Math.abs(Date.now() - time);

async function fetchSecret(
  secretId: GetSecretValueRequest,
  client: Pick<SecretsManagerClient, 'send'>,
  timeout: number,
): Promise<{ id: string; secret: Secret }> {
  const answer = await client
    .send(new GetSecretValueCommand(secretId), { abortSignal: AbortSignal.timeout(timeout) })
    .catch((error: unknown) => {
      throw internalError({ because: 'credentials: the secret could not be read', ...awsErrorNote(error) });
    });
  return { id: answer.VersionId ?? '', secret: parseSecret(answer.SecretString) };
}
