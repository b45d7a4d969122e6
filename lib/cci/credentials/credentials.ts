import type { GetSecretValueRequest, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { noteOf, type RequestContext, within } from '../../runtime/request-context.ts';
import { internalError, StatusError } from '../../status.ts';
import { type Outcome, type Refused, refusal } from '../classify-response.ts';
import type { Tokens } from './iam.ts';
import { isMalformed } from './secret.ts';
import { createSecretReader, type ReadVersion, type SecretReader } from './secret-reader.ts';
import type { AccessKey } from './signer.ts';
import { candidatesOf, isUsable, isWorking, pauseOf, type Version, versionOf } from './versions.ts';

/** What a request is authenticated with, and what of it may not be shown. */
export type Credential = { secrets: string[] } & (
  | { form: 'accessKey'; key: AccessKey }
  | { form: 'bearer'; token: string }
  | { form: 'iam'; token: string }
);
type Send = (credential: Credential) => Promise<Outcome>;

/** The credentials of the gateway, kept between requests. */
export interface Credentials {
  /** Begins to read the secret before anybody asks for it. */
  begin(): void;
  /**
   * Sends with the credential to use now and, if CCI refuses it, at most once more with another. Throws 500 if none can be read or all
   * were refused a moment ago, 503 if IAM cannot be reached, 504 if the deadline passes before there is one to send with.
   */
  use(context: RequestContext, send: Send): Promise<Outcome>;
}

/** A version to send with, and what is to be called when that is done. */
interface Choice {
  version: Version;
  done: () => void;
}

const maxVersions = 10;
/** A token of IAM that is younger was not revoked: it is the user that is refused. */
const freshToken = 60_000;

/**
 * Credentials from one secret in Secrets Manager. CCI locks a key after more than five failures in a row, so a version that it refuses is left
 * alone for a while (wall clock: a Lambda's timers stand still while it is frozen), and one that it has not yet accepted is proven by
 * one request, while others go on with the version before; a process that has none reads AWSPREVIOUS, once for each current version.
 */
export function createCredentials(secretId: GetSecretValueRequest, client: Pick<SecretsManagerClient, 'send'>): Credentials {
  return new KeptCredentials(secretId, client);
}

class KeptCredentials implements Credentials {
  private readonly reader: SecretReader;
  private newest: Version | undefined;
  /** The last that CCI accepted. */
  private accepted: Version | undefined;
  /** The one before the newest, and of which newest that was asked. */
  private previous: Version | undefined;
  private previousOf: string | undefined;
  /** Those of late: one to which the secret is turned back is as refused as it was. */
  private versions: Version[] = [];

  constructor(secretId: GetSecretValueRequest, client: Pick<SecretsManagerClient, 'send'>) {
    this.reader = createSecretReader(secretId, client, (read) => {
      this.newest = this.remember(read);
    });
  }

  begin(): void {
    this.reader.begin();
  }

  async use(context: RequestContext, send: Send): Promise<Outcome> {
    const outcome = await this.sendWith(await this.choose(context), context, send);
    if (!outcome.refused) return outcome;
    const other = await this.choose(context).catch((error: unknown) => {
      if (!(error instanceof StatusError)) throw error;
      return undefined;
    });
    if (!other) return outcome;
    context.warn('the credentials were refused; others are tried', outcome.verdict?.note ?? {});
    return this.sendWith(other, context, send);
  }

  private remember(read: ReadVersion): Version {
    const { accepted, newest } = this;
    const version = [accepted, ...this.versions].find((other) => other?.id === read.id) ?? versionOf(read);
    // One that was left behind may have been revoked since.
    if (version !== newest && version !== accepted) version.proven = false;
    this.versions = [version, ...this.versions.filter((other) => other !== version)].slice(0, maxVersions);
    return version;
  }

  /** The version to send with: one that works, or one that nobody is proving. */
  private async choose(context: RequestContext): Promise<Choice> {
    await this.freshen(context);
    const current = this.newest;
    if (isWorking(current)) return { version: current, done: nothingToDo };
    for (;;) {
      const candidates = candidatesOf([this.newest, this.accepted, this.previous], this.versions);
      const version = candidates.find(({ proven, proving }) => proven || !proving);
      if (version) return version.proven ? { version, done: nothingToDo } : claim(version);
      const awaited = candidates[0]?.proving ?? (this.reader.reading && this.reader.refresh(context));
      if (!awaited) throw internalError({ reason: 'credentials: refused a moment ago; not tried again for now' });
      await within(context, awaited);
    }
  }

  private async freshen(context: RequestContext): Promise<void> {
    const { newest, accepted, reader } = this;
    if (!newest) return isWorking(accepted) ? reader.lookAgain(context) : this.readFirst(context);
    if (!isUsable(newest)) return isWorking(accepted) ? undefined : reader.lookAgain(context);
    if (newest.pausedUntil === 0) return reader.keepFresh(context);
    await reader.refresh(context);
    if (isUsable(newest)) newest.pausedUntil = 0;
  }

  private async readFirst(context: RequestContext): Promise<void> {
    try {
      await this.reader.read(context);
    } catch (error) {
      if (isMalformed(error)) await this.fallBack(context);
      if (!isUsable(this.previous)) throw error;
    }
  }

  /** Reads the version before the newest, where there is no other to go on with. Without one nothing changes. */
  private async fallBack(context: RequestContext): Promise<void> {
    const of = this.newest?.id;
    if ((of !== undefined && this.previousOf === of) || [this.newest, this.accepted].some(isUsable)) return;
    try {
      const read = await this.reader.readPrevious(context);
      this.previousOf = of;
      this.previous = read && this.remember(read);
    } catch (error) {
      context.warn('the version before the current one could not be read', noteOf(error));
    }
  }

  private async sendWith({ version, done }: Choice, context: RequestContext, send: Send): Promise<Outcome> {
    try {
      const credential = await this.credentialFor(version, context);
      const isRefusal = 'verdict' in credential;
      const outcome = isRefusal ? credential : await send(credential);
      // Late answers to an older version change nothing.
      if (outcome.accepted && isUsable(version) && !version.proven) {
        Object.assign(version, { proven: true, known: true, wrong: 0 });
        this.accepted = version;
      }
      // Read before others may go on: they find the newer version.
      if (outcome.refused && refuse(version, isRefusal ? undefined : credential, outcome.refused, context)) {
        await this.leave(version, context);
      }
      return outcome;
    } finally {
      done();
    }
  }

  private async credentialFor(version: Version, context: RequestContext): Promise<Credential | Outcome> {
    try {
      return await credentialOf(version, context);
    } catch (error) {
      if (!(error instanceof StatusError && version !== this.accepted && isWorking(this.accepted))) throw error;
      // Without a token a version is as good as refused where another works.
      return refusal({ ...error.note, locked: false }, { locked: false, wrong: false });
    }
  }

  private async leave(version: Version, context: RequestContext): Promise<void> {
    // What was wrong before is not tried beside what is wrong now: that would double the failures.
    if (version === this.previous) this.previous = undefined;
    await this.reader.refresh(context);
    await this.fallBack(context);
  }
}

/** Notes that a version was refused; false where that was known. */
function refuse(version: Version, credential: Credential | undefined, refused: Refused, context: RequestContext): boolean {
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
