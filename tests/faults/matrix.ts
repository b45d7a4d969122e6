import { isDeepStrictEqual } from 'node:util';
import type { LambdaHandler } from '../../local/api-gateway/api-gateway.ts';
import { answerOf } from '../../local/api-gateway/result.ts';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import { type SecretsManager, startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { credential, logging } from '../credentials.ts';
import { lambdaContext } from '../fakes/context.ts';
import type { Fault } from './fault.ts';
import { type Strike, startUpstream, type Upstream } from './upstream.ts';

/** What is asked of the gateway while a fault is in force. */
export const columns = ['read', 'write', 'write with resourceVersion', 'merge patch', 'merge patch with resourceVersion'] as const;
export type Column = (typeof columns)[number];

/** What became of one request: its answer, and what CCI saw of it. */
export interface Cell {
  status: number;
  body: { kind?: string; code?: number; reason?: string; details?: { retryAfterSeconds?: number } };
  retryAfter: string | undefined;
  /** The whole answer as one text. */
  said: string;
  /** Milliseconds that the answer came after API Gateway had given up; negative where it came in time. */
  late: number;
  calls: string[];
  /** Every version of the job that was ever stored, oldest first. */
  history: string[];
}
export type Matrix = Map<Fault, Record<Column, Cell[]>>;

export const key = { accessKey: credential('ak'), secretKey: credential('sk') };
export const newKey = { accessKey: credential('new-ak'), secretKey: credential('new-sk') };
/** Two of the five fields change at once, so that half a write would show. */
export const asked = { labels: { app: 'test', team: 'red' }, ttlSecondsAfterFinished: 600 };

const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
// A request has so long from when API Gateway took it (its deadline, by design).
const wholeTime = 27_000;
// And so much later API Gateway gives up.
const gatewayReserve = 2000;

/**
 * Runs every fault in every column, through the handlers built under `dist`, each way against a job and over connections of its own;
 * `lanes` are how many at a time.
 */
export async function runMatrix(faults: readonly Fault[], dist: URL, lanes: number): Promise<Matrix> {
  const secrets = await startSecretsManager({ secrets: {} });
  const matrix: Matrix = new Map();
  for (const fault of faults) {
    matrix.set(fault, Object.fromEntries(columns.map((column) => [column, []])) as unknown as Record<Column, Cell[]>);
  }
  // What takes long comes first.
  const byTime = [...faults].sort((a, b) => b.strikes.length + (b.left ?? 0) - a.strikes.length - (a.left ?? 0));
  const waiting = byTime.flatMap((fault) => columns.map((column): [Fault, Column] => [fault, column]));
  const work = async (): Promise<void> => {
    await using lane = await openLane(secrets, dist, {});
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [fault, column] = next;
      for (const strike of fault.strikes) {
        await using own = isOrdinary(fault) ? undefined : await openLane(secrets, dist, fault);
        const cell = await (own ?? lane).ask(column, strike, fault.left ?? wholeTime);
        matrix.get(fault)?.[column].push(cell);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, work)).finally(() => secrets.close());
  return matrix;
}

function isOrdinary({ fresh, endpoint, certificate, secret }: Fault): boolean {
  return !fresh && !endpoint && !certificate && !secret;
}

/** One CCI with a gateway before it for each kind of request. */
interface Lane extends AsyncDisposable {
  ask(column: Column, strike: Strike, left: number): Promise<Cell>;
}
let opened = 0;
let instances = 0;

async function openLane(secrets: SecretsManager, dist: URL, how: Partial<Fault>): Promise<Lane> {
  const secretName = `faults/${++opened}`;
  const rotate = () => void secrets.set(secretName, JSON.stringify(newKey));
  const upstream = await startUpstream({ certificate: how.certificate, toNoise: how.toNoise, rotate });
  const secret = how.secret ? how.secret(upstream.url) : JSON.stringify(key);
  if (secret !== undefined) secrets.set(secretName, secret);
  const env = {
    CCI_ENDPOINT: how.endpoint?.(upstream.url) ?? upstream.url,
    CCI_SECRET_ID: secretName,
    LIVE_CACHE: 'off',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  };
  const gateways = new Map<string, LambdaHandler>();
  return {
    async ask(column, strike, left) {
      const bundle = column === 'read' ? 'read-jobs' : column.startsWith('write') ? 'replace-job' : 'patch-job';
      let gateway = gateways.get(bundle);
      if (!gateway) {
        const file = new URL(`${bundle}/index.mjs?instance=${++instances}`, dist);
        gateway = await importWith(env, file);
        gateways.set(bundle, gateway);
      }
      await upstream.begin(strike, column === 'read');
      const cell = await ask(gateway, column, upstream, left);
      // A process remembers how well CCI is, and how often it has tried again: each fault is to meet one that knows of none.
      gateways.delete(bundle);
      return cell;
    },
    [Symbol.asyncDispose]: () => upstream.close(),
  };
}

let importing: Promise<unknown> = Promise.resolve();
/** A handler with this environment. One at a time: a handler reads it while it is imported. */
function importWith(env: Record<string, string>, file: URL): Promise<LambdaHandler> {
  const imported = importing.then(async () => {
    Object.assign(process.env, env, {
      ...awsEnvironment(credential('aws-ak'), credential('aws-sk')),
      ...logging,
    });
    return ((await import(file.href)) as { handler: LambdaHandler }).handler;
  });
  importing = imported.catch(() => undefined);
  return imported;
}

/** Sends one request as API Gateway does, `left` milliseconds before its deadline. */
async function ask(handler: LambdaHandler, column: Column, upstream: Upstream, left: number): Promise<Cell> {
  const [method, body] = requestOf(column, JSON.parse(upstream.history().at(-1) ?? ''));
  const deadline = Date.now() + left;
  const event = {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path,
    httpMethod: method,
    headers: body ? { 'Content-Type': method === 'PUT' ? 'application/json' : 'application/merge-patch+json' } : {},
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: {
      httpMethod: method,
      identity: { userArn: 'arn:aws:iam::000000000000:user/faults' },
      requestId: 'request-id',
      requestTimeEpoch: deadline - wholeTime,
    },
    body: body && JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer = answerOf(await handler(JSON.parse(JSON.stringify(event)), lambdaContext(wholeTime)));
  if (!answer) throw new Error(`${column}: a malformed result`);
  const late = Date.now() - deadline - gatewayReserve;
  const text = answer.body.toString();
  const retryAfter = answer.headers.find(([name]) => name === 'Retry-After')?.[1][0];
  const said = JSON.stringify([answer.headers, text]);
  const { calls, history } = upstream;
  return { status: answer.status, body: JSON.parse(text), retryAfter, said, late, calls, history: history() };
}

interface Live {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}
/** The request of a column: its method, and its body as an object. */
function requestOf(column: Column, live: Live): [method: string, body?: object] {
  const { labels, ttlSecondsAfterFinished } = asked;
  const { resourceVersion } = live.metadata;
  const version = column.endsWith('resourceVersion') ? { resourceVersion } : {};
  if (column === 'read') return ['GET'];
  if (column.startsWith('merge patch')) {
    return ['PATCH', { metadata: { labels: { team: labels.team }, ...version }, spec: { ttlSecondsAfterFinished } }];
  }
  const { resourceVersion: _, ...metadata } = live.metadata;
  return ['PUT', { ...live, metadata: { ...metadata, ...version, labels }, spec: { ...live.spec, ttlSecondsAfterFinished } }];
}

/** Whether a job holds everything that was asked for, and nothing else than before; `before` and `after` as texts. */
export function isFullyNew(before: string, after: string): boolean {
  const old = JSON.parse(before) as Live;
  const now = JSON.parse(after) as Live;
  const { labels, ttlSecondsAfterFinished } = asked;
  const { resourceVersion, generation } = now.metadata;
  return isDeepStrictEqual(now, {
    ...old,
    metadata: { ...old.metadata, labels, resourceVersion, generation },
    spec: { ...old.spec, ttlSecondsAfterFinished },
  });
}

/** A cell in words: the answer, the calls, and which job is stored. */
export function inWords({ status, body, retryAfter, calls, history }: Cell, column: Column): string {
  const [before = '', after] = history;
  const stored = after === undefined ? 'old' : history.length === 2 && isFullyNew(before, after) ? 'new' : 'BROKEN';
  return [
    status < 300 ? String(status) : `${status} ${body.reason}`,
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    calls.length === 1 ? '1 call' : `${calls.length} calls`,
    ...(column === 'read' && stored === 'old' ? [] : [stored]),
  ].join(', ');
}
