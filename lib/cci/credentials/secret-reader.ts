import { GetSecretValueCommand, type GetSecretValueRequest, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsErrorNote } from '../../runtime/aws-error.ts';
import { type RequestContext, timeLeft, warnThatKept, within } from '../../runtime/request-context.ts';
import { internalError, StatusError } from '../../status.ts';
import { parseSecret, type Secret } from './secret.ts';

/** A version of the secret as it was read. */
export interface ReadVersion {
  id: string;
  secret: Secret;
  /** When it was made, by the wall clock in milliseconds; 0 where that is not said. */
  createdAt: number;
}
/** Reads one secret, once for all who ask at a time. */
export interface SecretReader {
  /** The reading that is under way. */
  readonly reading: Promise<void> | undefined;
  /** Reads before anybody asks; a failure is nobody's, and the first who asks reads again. */
  begin(): void;
  /** Throws 500 where the secret cannot be read or is malformed, 504 where that is not known by the deadline. */
  read(context: RequestContext): Promise<void>;
  /** Reads where there is a copy to go on with: a failure is told in the log alone. */
  refresh(context: RequestContext): Promise<void>;
  /** Refreshes by the age of the copy: not at all, beside the request, or before it (docs/upstream.md, secret-age). */
  keepFresh(context: RequestContext): Promise<void>;
  /** Refreshes where no version may be sent, but not each time. */
  lookAgain(context: RequestContext): Promise<void>;
  /** The version before the current one; undefined where there is none, or where another than the current one was asked for. Throws as `read`. */
  readPrevious(context: RequestContext): Promise<ReadVersion | undefined>;
}

const second = 1000;
const minute = 60 * second;
/**
 * Older than this, and up to a minute by chance, the secret is refreshed beside the request: processes that began together do not ask
 * together for ever. Older than `mustRefresh` it is refreshed before the request.
 */
const mayRefresh = 5 * minute;
const mayRefreshSpread = minute;
const mustRefresh = 15 * minute;
/** The first reading may meet a cold network; a later one only keeps requests waiting that have a copy. */
const firstTimeout = 10 * second;
const readTimeout = 5 * second;
/** What was begun before there was a request is waited for so long, from its beginning. */
const begunFor = 4 * second;
/** A reading that failed is not repeated for so long while there is something to go on with. */
const pauseFailed = 30 * second;
/** While every version is paused the secret is read so often, so that a corrected one is noticed. */
const pauseBetween = 5 * second;

/** Ages are by wall clock: a Lambda's timers stand still while it is frozen. `take` gets what was read. */
export function createSecretReader(
  secretId: GetSecretValueRequest,
  client: Pick<SecretsManagerClient, 'send'>,
  take: (read: ReadVersion) => void,
): SecretReader {
  // Another version or stage that was asked for has none before it: least of all does it stand for one that is to be proven.
  const hasPrevious = secretId.VersionId === undefined && secretId.VersionStage === undefined;
  let refreshAfter = mayRefresh;
  let readAt = 0;
  let triedAt = 0;
  let failed = false;
  let reading: Promise<void> | undefined;

  /** What was read before anybody asked counts for the first who does. */
  let uncounted = 0;
  let begun: Promise<void> | undefined;

  const timeoutOf = (context: RequestContext) => Math.max(1, Math.min(readAt === 0 ? firstTimeout : readTimeout, timeLeft(context)));
  const count = (context: RequestContext): void => {
    context.counts.credentialRefreshes += uncounted;
    uncounted = 0;
  };
  const start = (timeout: number): Promise<void> => {
    triedAt = Date.now();
    failed = true;
    const own: Promise<void> = fetchSecret(secretId, client, timeout)
      .then((version) => {
        // Another was begun since, since this one hung.
        if (reading !== own) return;
        failed = false;
        readAt = Date.now();
        refreshAfter = mayRefresh + mayRefreshSpread * Math.random();
        take(version);
      })
      .finally(() => {
        if (reading === own) reading = undefined;
      });
    reading = own;
    return own;
  };
  const read = async (context: RequestContext): Promise<void> => {
    count(context);
    // A process may have been frozen while it read, so that its connection is dead.
    if (reading && reading === begun) {
      if (ageOf(triedAt) > begunFor) reading = undefined;
      else if (await within(context, succeeded(reading))) return undefined;
    }
    if (reading) return within(context, reading);
    context.counts.credentialRefreshes += 1;
    return start(timeoutOf(context));
  };
  const refresh = (context: RequestContext): Promise<void> =>
    read(context).catch((error: unknown) => warnThatKept(context, 'the secret could not be refreshed', error));

  return {
    get reading() {
      return reading;
    },
    begin() {
      uncounted = 1;
      begun = start(firstTimeout);
      begun.catch(() => undefined);
    },
    read,
    refresh,
    async keepFresh(context) {
      count(context);
      if (failed && ageOf(triedAt) <= pauseFailed) return;
      if (ageOf(readAt) > mustRefresh) await refresh(context);
      else if (ageOf(readAt) > refreshAfter) context.pending.push(refresh(context));
    },
    async lookAgain(context) {
      if (ageOf(triedAt) > pauseBetween) await refresh(context);
    },
    async readPrevious(context) {
      if (!hasPrevious) return undefined;
      context.counts.credentialRefreshes += 1;
      return fetchSecret({ ...secretId, VersionStage: 'AWSPREVIOUS' }, client, timeoutOf(context)).catch((error: unknown) => {
        if (error instanceof StatusError && error.note.error === 'ResourceNotFoundException') return undefined;
        throw error;
      });
    },
  };
}

/** Whether it came to a good end. */
const succeeded = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

// A clock that was set back makes an age unknown, not zero.
const ageOf = (time: number): number => Math.abs(Date.now() - time);

async function fetchSecret(
  secretId: GetSecretValueRequest,
  client: Pick<SecretsManagerClient, 'send'>,
  timeout: number,
): Promise<ReadVersion> {
  const answer = await client
    .send(new GetSecretValueCommand(secretId), { abortSignal: AbortSignal.timeout(timeout) })
    .catch((error: unknown) => {
      throw internalError({ reason: 'credentials: the secret could not be read', ...awsErrorNote(error) });
    });
  return { id: answer.VersionId ?? '', secret: parseSecret(answer.SecretString), createdAt: answer.CreatedDate?.getTime() ?? 0 };
}
