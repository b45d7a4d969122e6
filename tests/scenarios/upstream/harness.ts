import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeEach, onTestFinished, vi } from 'vitest';
import { connectCci } from '../../../lib/cci/connect.ts';
import { type JobKind, jobKind } from '../../../lib/job/kinds.ts';
import { requestedVersion } from '../../../lib/job/rules/resource-version.ts';
import type { JsonObject } from '../../../lib/json/json.ts';
import { createRequestContext, type RequestContext } from '../../../lib/runtime/request-context.ts';
import type { JobRef } from '../../../lib/status.ts';
import { StatusError } from '../../../lib/status.ts';
import type { UpdateResult } from '../../../lib/update/job-update.ts';
import { updateJob } from '../../../lib/update/update-job.ts';
import { type SecretsManager, startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { documentedJob } from '../../../local/cci/simulator.ts';
import { StatusError as StorageError } from '../../../local/cci/status.ts';
import { Storage } from '../../../local/cci/storage.ts';
import { credential, known } from '../../credentials.ts';
import { listenWhileTesting } from '../../fakes/server.ts';
import { somebody } from '../../fakes/user.ts';

export const kind = jobKind('cci', 'tfjobs') as JobKind;
export const ref: JobRef = { kind, namespace: 'kube-test', name: 'tfjob-test' };
export const target = { plural: 'tfjobs', namespace: ref.namespace, name: ref.name };
export const secretName = 'team/private-secret-name';
export const accessKey = { accessKey: known.accessKey, secretKey: known.plusAndSlash };

/** One request as it arrived. */
export interface Arrived {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}
/** What the storage would answer to a request, carrying out a write. */
type Serve = () => { status: number; body: string };
/** What the upstream does with one request instead of answering it properly. */
export type Fault = (response: ServerResponse, serve: Serve, arrived: Arrived) => unknown;

/** A Kubernetes storage behind HTTP, whose answers to the next requests a test can spoil, method by method. */
export interface Upstream {
  readonly url: string;
  readonly arrived: Arrived[];
  /** The faults of the next GETs and PUTs, in order; a request for which there is none is answered properly. */
  readonly next: { GET: Fault[]; PUT: Fault[] };
  readonly storage: Storage;
  /** Each request's method, in order. */
  methods(): string;
  job(): JsonObject & { metadata: JsonObject; spec: JsonObject };
  /** Refuses connections from now on; those that there are live on. */
  stopListening(): void;
  /** Changes the stored job as another client would. */
  edit(change: (job: ReturnType<Upstream['job']>) => void): void;
}

/** Starts an upstream that holds the documented job and ends with the test. */
export async function startUpstream(): Promise<Upstream> {
  const storage = new Storage();
  storage.seed(await documentedJob());
  const arrived: Arrived[] = [];
  const next: Upstream['next'] = { GET: [], PUT: [] };

  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: await text(request) };
    arrived.push(one);
    const serve: Serve = () => answerOf(storage, one);
    const fault = next[method as 'GET' | 'PUT']?.shift();
    if (fault) fault(response, serve, one);
    else reply(serve())(response);
  });
  const address = await listenWhileTesting(server);

  const started: Upstream = {
    url: address,
    arrived,
    next,
    storage,
    methods: () => arrived.map(({ method }) => method).join(' '),
    job: () => JSON.parse(storage.read(target)),
    stopListening: () => void server.close(),
    edit(change) {
      const job = started.job();
      change(job);
      storage.replace(target, JSON.stringify(job), false);
    },
  };
  return started;
}

function answerOf(storage: Storage, { method, body }: Arrived): ReturnType<Serve> {
  try {
    return { status: 200, body: method === 'GET' ? storage.read(target) : storage.replace(target, body, false) };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { status: error.code, body: JSON.stringify(error) };
  }
}

interface Reply {
  status: number;
  body?: string | Buffer | object;
  headers?: Record<string, string>;
}
/** Answers with this and does nothing else. */
export function reply({ status, body = '', headers = {} }: Reply): (response: ServerResponse) => void {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return (response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(bytes);
}
/** Carries the request out, then answers with this. */
export function serveThen(fault: Fault): Fault {
  return (response, serve, arrived) => {
    serve();
    return fault(response, serve, arrived);
  };
}
/** Hangs up without an answer. */
export const drop: Fault = (response) => response.destroy();
/** Hangs up within an answer. */
export const cutOff: Fault = (response, serve) => {
  const { status, body } = serve();
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).write(body.slice(0, 20), () => response.destroy());
};
/** The same fault so many times. */
export const times = (count: number, fault: Fault): Fault[] => Array.from({ length: count }, () => fault);

/** What one request does upstream, with this many milliseconds, and what it warned of. */
export function newContext(left = 20_000): RequestContext & { warnings: [string, object][] } {
  const warnings: [string, object][] = [];
  return { ...createRequestContext(Date.now() + left, (...warning) => warnings.push(warning)), warnings };
}

/** A Secrets Manager that holds this secret while a test runs. */
export async function startSecrets(secret: object = accessKey): Promise<SecretsManager> {
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(secret) } } });
  onTestFinished(() => secrets.close());
  return secrets;
}

/** A client of the upstream exactly as a handler connects it, with its credentials in a Secrets Manager of its own, or in another. */
export async function connect(endpoint: string, secret: object | SecretsManager = accessKey, manager?: string) {
  const secrets = 'calls' in secret ? secret : await startSecrets(secret);
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', manager ?? secrets.url);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', credential('aws-ak'));
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credential('aws-sk'));
  const asked = { kind, ref, user: somebody, mayRead: true, rules: {}, dryRun: false };
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const cci = connectCci({ endpoint, projectId: undefined, secretId: secretName }, () => setImmediate(resolve));
  return {
    cci,
    /** When the secret has been read, or could not be. */
    begun,
    secrets,
    setSecret: (value: object) => secrets.set(secretName, JSON.stringify(value)),
    /** Updates the documented job as a handler does. */
    update: (requested: JsonObject, context: RequestContext = newContext()): Promise<UpdateResult> =>
      updateJob({ cci }, { ...asked, requested: () => requested, conditional: requestedVersion(requested) !== undefined }, context),
  };
}

/** What runs while a test of a file runs that uses an upstream: it, and a client of it. */
export let upstream: Upstream;
export let client: Awaited<ReturnType<typeof connect>>;

/** Starts both before each test. The pauses between tries, which are random, are none; with `now`, the wall clock stands there. */
export function useUpstream({ now }: { now?: number } = {}): void {
  beforeEach(async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    upstream = await startUpstream();
    client = await connect(upstream.url);
    await client.begun;
    if (now !== undefined) vi.useFakeTimers({ toFake: ['Date'], now });
    return () => {
      vi.restoreAllMocks();
      vi.useRealTimers();
    };
  });
}

/** The documented job as a caller would send it, with this TTL and, unless they are to be left out, the version and uid. */
export function requestOf(upstream: Pick<Upstream, 'job'>, { ttl = 1000, fenced = true } = {}): JsonObject {
  const { metadata, ...job } = upstream.job();
  const { resourceVersion, ...rest } = metadata;
  return {
    ...job,
    metadata: fenced ? { ...rest, resourceVersion: resourceVersion as string } : rest,
    spec: { ...job.spec, ttlSecondsAfterFinished: ttl },
  };
}

/** The error that something is refused with. */
export async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  const error = await promise.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StatusError))
    throw new Error(`not refused: ${error instanceof Error ? error.stack : JSON.stringify(error).slice(0, 100)}`);
  return error;
}
