import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { refusingRules } from '../../lib/rule.ts';
import { type ApiGateway, type LambdaHandler, startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import { dist } from '../../local/api-gateway/bundle.ts';
import { answerOf } from '../../local/api-gateway/result.ts';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import { type SecretsManager, startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import type { Job } from '../../local/cci/storage.ts';
import { credential, logging } from '../credentials.ts';
import { lambdaContext } from '../fakes/context.ts';
import { buildWith, httpHandlers } from '../policies.ts';
import { startUpstream, type Upstream } from './gateway-upstream.ts';

export const key = { accessKey: credential('ak'), secretKey: credential('sk'), securityToken: credential('st') };
export const secretName = 'tests/cci-credentials';
export const jobPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

/** What runs while a test file runs: the built handlers behind the local API Gateway, and all that they call. */
export const now = {} as { gateway: ApiGateway; simulator: Simulator; upstream: Upstream; secrets: SecretsManager; distDir?: string };

/** A job as JSON, loosely typed so that a test can spoil it. */
// biome-ignore lint/suspicious/noExplicitAny: tests write whatever JSON can hold.
export type Loose = any;

/** Starts everything for a test file, the handlers built with `policies` where there are any; every test begins with the documented job and an empty log of requests. */
export function useGateway(
  settings: { auth?: 'none' | undefined; env?: Record<string, string>; policies?: Loose[] } = { auth: 'none' },
): void {
  beforeAll(async () => {
    if (settings.policies) now.distDir = await buildWith(settings.policies, httpHandlers);
    now.simulator = await startSimulator(key);
    now.upstream = await startUpstream(now.simulator.url);
    now.secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
    Object.assign(process.env, environment(now.upstream.url, now.secrets.url), settings.env);
    now.gateway = await startApiGateway({ port: 0, auth: settings.auth, ...(now.distDir && { distDir: now.distDir }) });
  });
  afterAll(async () => {
    await Promise.all([now.gateway.close(), now.upstream.close(), now.simulator.close(), now.secrets.close()]);
    if (now.distDir) await rm(now.distDir, { recursive: true });
  });
  beforeEach(() => reset());
}

let instances = 0;
/** The built handler of a bundle under dist/, once the environment is set; a new one has a cold start before it. */
export async function handlerOf(bundle = 'replace-job', instance: 'shared' | 'new' = 'shared'): Promise<LambdaHandler> {
  const file = pathToFileURL(join(now.distDir ?? dist, bundle, 'index.mjs'));
  if (instance === 'new') file.search = `?instance=${++instances}`;
  return ((await import(file.href)) as { handler: LambdaHandler }).handler;
}

/** An event of API Gateway about the documented job, of JSON and without a body unless `more` says otherwise. */
export function jobEvent(method: string, requestContext: object, more: object = {}): Loose {
  return {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: jobPath,
    httpMethod: method,
    headers: { 'content-type': 'application/json' },
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: { httpMethod: method, ...requestContext },
    body: null,
    ...more,
  };
}

/** Gives an event to a handler as Lambda does, through JSON, and checks that what comes back is an answer: a job or a Status. */
export async function invoke(handler: LambdaHandler, event: unknown): Promise<Answer> {
  const result = answerOf(await handler(JSON.parse(JSON.stringify(event)), lambdaContext()));
  if (!result) throw new Error('a malformed result');
  const headers = new Headers(result.headers.flatMap(([name, values]) => values.map((value): [string, string] => [name, value])));
  const text = (headers.get('content-encoding') === 'gzip' ? gunzipSync(result.body) : result.body).toString();
  return wellFormed({ status: result.status, headers, text, body: JSON.parse(text) });
}

/** The environment of the handlers; nothing of the machine's own AWS settings reaches them. */
export function environment(cci: string, secretsManager: string): Record<string, string> {
  return {
    CCI_ENDPOINT: cci,
    CCI_SECRET_ID: secretName,
    // What a test counts at the upstream is not to depend on the tests before it; hot-job.test.ts turns it on.
    LIVE_CACHE: 'off',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    ...awsEnvironment(credential('aws-ak'), credential('aws-sk')),
    ...logging,
  };
}

/** Back to the documented job, edited if need be, and an empty log. */
export async function reset(edit: (job: Loose) => void = () => undefined): Promise<void> {
  const job = await documentedJob();
  edit(job);
  now.simulator.put(job);
  now.simulator.requests.length = 0;
  now.upstream.received.length = 0;
  now.upstream.answer = undefined;
}

/** The job as it is stored, as an object and as its text. */
export const liveJob = (): Job & Loose => now.simulator.get(...stored) as Job;
export const liveText = (): string => now.simulator.text(...stored) as string;

/** The stored job as a request would send it, without its resourceVersion, edited. */
export function requested(edit: (job: Loose) => void = () => undefined): Loose {
  const job = JSON.parse(liveText());
  delete job.metadata.resourceVersion;
  edit(job);
  return job;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The answer's JSON. */
  body: Loose;
}
export interface Sending {
  method?: string;
  path?: string;
  query?: string;
  headers?: Record<string, string>;
}

/** Sends a request to the local API Gateway; an object goes as JSON. Whatever comes back must be JSON, and a job or a Status. */
export async function put(
  job: object | string | Buffer,
  { method = 'PUT', path = jobPath, query = '', headers = {} }: Sending = {},
): Promise<Answer> {
  const bytes = Buffer.isBuffer(job) ? job : Buffer.from(typeof job === 'string' ? job : JSON.stringify(job));
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: new Uint8Array(bytes) };
  const response = await fetch(`${now.gateway.url}${path}${query}`, { method, headers, ...body });
  const text = await response.text();
  return wellFormed({ status: response.status, headers: response.headers, text, body: JSON.parse(text) });
}

function wellFormed(answer: Answer): Answer {
  expect(answer.headers.get('content-type')).toBe('application/json');
  if (answer.status < 300) expect(answer.body.kind).toBe('TFJob');
  else expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: answer.status });
  const refusedBy = answer.headers.get('x-refused-by');
  // Where CCI was not asked, nobody else can have refused.
  if (refusedBy !== null || (answer.status < 500 && answer.status >= 400 && now.upstream?.received.length === 0)) {
    expect(refusingRules, `the rule that answered ${answer.status}`).toContain(refusedBy);
  }
  return answer;
}

/** A whole Status, to compare an answer's body with. */
export function status(code: number, reason: string, message: unknown, details?: unknown): object {
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
  return details === undefined ? body : { ...body, details };
}

/** What the upstream was asked, as methods and answers. */
export const calls = (): string[] => now.simulator.requests.map(({ method, status: answered }) => `${method} ${answered}`);

/** Asserts that a request was refused like this and that nothing was written. `before` is the stored text before it. */
export function expectRefused(answer: Answer, before: string, code: number, body: object): void {
  expect(answer.body).toEqual(body);
  expect(answer.status).toBe(code);
  expect(liveText()).toBe(before);
  expect(now.upstream.received.filter(({ method }) => method !== 'GET')).toEqual([]);
}

/** A PUT that is refused before anything is read upstream. */
export async function refusedUnread(
  body: string | Buffer | object,
  sending: Sending,
  code: number,
  reason: string,
  message: unknown,
  details?: unknown,
) {
  const before = liveText();
  const answer = await put(body, sending);
  expectRefused(answer, before, code, status(code, reason, message, details));
  expect(now.upstream.received).toEqual([]);
}
