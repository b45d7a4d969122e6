import {
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  type GetSecretValueCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { classifyResponse, type Outcome } from '../../../../lib/cci/classify-response.ts';
import { type Credential, type Credentials, createCredentials } from '../../../../lib/cci/credentials/credentials.ts';
import { createRequestContext, type RequestContext } from '../../../../lib/runtime/request-context.ts';
import { StatusError } from '../../../../lib/status.ts';
import { credential, nameOf } from '../../../credentials.ts';

export const secretName = 'prod/very-private-name';
export const second = 1000;
export const minute = 60_000;
const start = Date.parse('2026-03-01T12:00:00Z');

/** Sets the wall clock, in milliseconds since the beginning of the test; no timer runs by it. */
export const at = (ms: number) => vi.setSystemTime(start + ms);
/** Every test of the file begins at the same time by the wall clock. */
export function useWallClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: start });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

type Answer = () => Promise<GetSecretValueCommandOutput>;
const failing = (name: string): Answer => {
  const error = Object.assign(new Error(`cannot read ${secretName}`), { name, SecretId: secretName });
  return () => Promise.reject(error);
};

/** Secrets Manager, as far as the AWS client lets it be seen: AWSCURRENT or what else is asked for, and AWSPREVIOUS, which there is not at first. */
export function createManager() {
  const client = new SecretsManagerClient({ region: 'eu-west-1' });
  const manager = mockClient(client);
  let current: Answer;
  let previous = failing('ResourceNotFoundException');
  manager.on(GetSecretValueCommand).callsFake((input: GetSecretValueCommandInput) => (isPrevious(input) ? previous() : current()));
  const isPrevious = ({ VersionStage }: GetSecretValueCommandInput) => VersionStage === 'AWSPREVIOUS';
  const inputs = () => manager.commandCalls(GetSecretValueCommand).map(({ args }) => args[0].input);
  /** A version, which was made as long ago as is said, in milliseconds. */
  const version = (id: string, secret: object = { token: credential(id) }, age?: number): Answer => {
    const CreatedDate = age === undefined ? undefined : new Date(Date.now() - age);
    return async () => ({ SecretString: JSON.stringify(secret), VersionId: id, CreatedDate, $metadata: {} });
  };
  return {
    client,
    /** The secret has this version, a bearer token of its own name unless it is to be another content. */
    holds: (...of: Parameters<typeof version>) => {
      current = version(...of);
    },
    /** The next reads take until the promise is settled. */
    holdsAfter: (wait: Promise<unknown>, id: string) => {
      const then = version(id);
      current = () => wait.then(then);
    },
    fails: (name: string) => {
      current = failing(name);
    },
    /** And before it this one. */
    heldBefore: (...of: Parameters<typeof version>) => {
      previous = version(...of);
    },
    failsBefore: (name: string) => {
      previous = failing(name);
    },
    reads: () => inputs().filter((input) => !isPrevious(input)).length,
    readsOfPrevious: () => inputs().filter(isPrevious).length,
    inputs,
  };
}

const answer = (status: number, body = '') => classifyResponse({ answered: true, status, headers: {}, body: Buffer.from(body) }, []);
export const answers = {
  accepted: () => answer(200, '{}'),
  refused: () => answer(401, '{"error_msg":"verify aksk signature fail","error_code":"APIG.0301"}'),
  locked: () => answer(401, '{"error_msg":"AK access failed to reach the limit,forbidden: x","error_code":"APIG.0301"}'),
  unavailable: () => answer(503),
  silent: () => classifyResponse({ answered: false, sent: true, code: 'ETIMEDOUT', staleSocket: false }, []),
};

/** CCI: what it answers to each token or access key (refused, unless it is told otherwise), and with which it was asked. */
export function createUpstream(initial: Record<string, keyof typeof answers> = {}) {
  const upstream = {
    says: initial,
    sent: [] as string[],
    /** What happens between a request and its answer. */
    meanwhile: (_name: string): unknown => undefined,
    async send(used: Credential): Promise<Outcome> {
      const name = nameOf(used.form === 'accessKey' ? used.key.accessKey : used.token);
      upstream.sent.push(name);
      await upstream.meanwhile(name);
      return answers[upstream.says[name] ?? 'refused']();
    },
  };
  return upstream;
}

/** Credentials with a Secrets Manager that holds v1, and a CCI that accepts it. */
export function setUp(says: Parameters<typeof createUpstream>[0] = { v1: 'accepted' }) {
  const manager = createManager();
  manager.holds('v1');
  const upstream = createUpstream(says);
  const credentials = createCredentials({ SecretId: secretName }, manager.client);
  return { manager, upstream, credentials, use: (context: RequestContext = newContext()) => credentials.use(context, upstream.send) };
}

export interface Watched extends RequestContext {
  warnings: [string, object][];
}
/** What one request does, with this many milliseconds, and what it warned of. */
export function newContext(left = 20_000): Watched {
  const warnings: [string, object][] = [];
  return { ...createRequestContext(Date.now() + left, (...warning) => warnings.push(warning)), warnings };
}

/** The credential that is used now; CCI is not asked. */
export async function credentialOf(credentials: Credentials, context: RequestContext = newContext()): Promise<Credential> {
  let used: Credential | undefined;
  await credentials.use(context, async (current) => {
    used = current;
    return answers.accepted();
  });
  return used as Credential;
}

/** The StatusError that something is refused with; anything else fails the test. */
export async function refusal(promise: Promise<unknown>, code = 500): Promise<StatusError> {
  const error = await promise.then(
    (value) => (value as Outcome | undefined)?.verdict,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError)) throw new Error('not refused', { cause: error });
  expect(error.status).toMatchObject({ code, details: {} });
  return error;
}

/** How many of these outcomes are an answer, and how many a verdict of each code. */
export async function tally(outcomes: Promise<Outcome>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const verdict = await outcome.then(
      (value) => value.verdict,
      (error: unknown) => error,
    );
    if (verdict !== undefined && !(verdict instanceof StatusError)) throw verdict;
    const key = verdict?.status.code ?? 'accepted';
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Lets all that can go on without an answer go on. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));
