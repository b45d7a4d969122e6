/** The built event function with what it calls: a simulated CCI, and an AWS endpoint that keeps what was sent. */
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { beforeAll, beforeEach } from 'vitest';
import { type ApiGateway, startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { dist } from '../../../local/api-gateway/bundle.ts';
import { type Aws, startAws } from '../../../local/aws/aws.ts';
import { type SecretsManager, startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { documentedJob, type Simulator, startSimulator } from '../../../local/cci/simulator.ts';
import { credential } from '../../credentials.ts';
import { countdown, lambdaContext } from '../../fakes/context.ts';
import { buildWith } from '../../policies.ts';
import { environment, jobPath, type Loose, secretName } from '../gateway.ts';

const key = { accessKey: credential('event-ak'), secretKey: credential('event-sk') };
export const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

/** Through which of the two queues an event comes. */
export type Door = 'bus' | 'fifo';
export const arns: Record<Door, string> = {
  bus: 'arn:aws:sqs:us-east-1:111122223333:tfjob-gateway-events',
  fifo: 'arn:aws:sqs:us-east-1:111122223333:tfjob-gateway-events.fifo',
};
/** Where the dead letters of a door go; the SDK takes its endpoint from a queue's URL. */
export const deadLetterQueue = (door: Door): string => `${now.aws.url}/111122223333/dead${door === 'fifo' ? '.fifo' : ''}`;

/** The unique id of the function's role. */
export const roleId = 'AROAFUNCTION';

export type EventHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** What runs while a test file runs. */
export const now = {} as { simulator: Simulator; secrets: SecretsManager; aws: Aws; handler: EventHandler; gateway: ApiGateway };

/** How a test file wants it. */
interface EventSettings {
  /** With the HTTP gateway. */
  http?: boolean;
  env?: Record<string, string>;
  /** One handler for the whole file: for tests that leave nothing behind in it, since a new one costs more than most of them. */
  shared?: boolean;
  /** The manifests of RBAC with which the function is deployed. */
  policies?: Loose[];
}

/** Starts everything for a test file; every test begins with the documented job, nothing sent, and a new handler unless it is shared. */
export function useEvents({ http = false, env = {}, shared = false, policies }: EventSettings = {}): void {
  beforeAll(async () => {
    const folder = policies && (await buildWith(policies, ['job-event']));
    built = folder ?? dist;
    now.simulator = await startSimulator(key);
    now.secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
    now.aws = await startAws();
    Object.assign(process.env, eventEnvironment(now.simulator.url), env);
    if (http) now.gateway = await startApiGateway({ port: 0, auth: 'none' });
    if (shared) now.handler = await newHandler();
    const removed = async () => folder && rm(folder, { recursive: true });
    return () => Promise.all([now.gateway?.close(), now.simulator.close(), now.secrets.close(), now.aws.close(), removed()]);
  });
  beforeEach(async () => {
    now.simulator.chaos(undefined);
    now.simulator.clearFaults();
    now.simulator.put(await documentedJob());
    now.simulator.requests.length = 0;
    now.aws.clear();
    if (!shared) now.handler = await newHandler();
  });
}

/** The environment of the event function in front of a CCI. */
export function eventEnvironment(cci: string): Record<string, string> {
  return {
    ...environment(cci, now.secrets.url),
    AWS_ENDPOINT_URL_EVENTBRIDGE: now.aws.url,
    AWS_ENDPOINT_URL_SQS: now.aws.url,
    AWS_ENDPOINT_URL_FIREHOSE: now.aws.url,
    EVENT_BUS_NAME: 'tfjob-gateway',
    JOB_EVENT_ROLE_ID: roleId,
    DEAD_LETTER_QUEUE_URL: deadLetterQueue('bus'),
    DEAD_LETTER_FIFO_QUEUE_URL: deadLetterQueue('fifo'),
  };
}

let instances = 0;
/** Where the handlers are. */
let built = dist;
/** The built handler as a new process would have it: it remembers nothing. */
export async function newHandler(): Promise<EventHandler> {
  const file = pathToFileURL(join(built, 'job-event/index.mjs'));
  file.search = `?instance=${++instances}`;
  return ((await import(file.href)) as { handler: EventHandler }).handler;
}

let ids = 0;
/** The detail of an event that sets the TTL, or does what `more` says instead. Each has an id of its own. */
export function detailOf(more: object = {}): Record<string, unknown> {
  ids += 1;
  const change = 'object' in more ? {} : { patch: { spec: { ttlSecondsAfterFinished: 1000 } } };
  return { version: '1', id: `event-${ids}`, kind: 'TFJob', namespace: stored[1], name: stored[2], ...change, ...more };
}

/** The stored job as an event's object, edited. */
export function objectOf(edit: (job: Loose) => void = () => undefined): Loose {
  const job = JSON.parse(now.simulator.text(...stored) as string);
  delete job.metadata.resourceVersion;
  edit(job);
  return job;
}

/** A message that waits to be delivered. */
export interface Message {
  door: Door;
  messageId: string;
  body: string;
  group: string | undefined;
  /** How often it was delivered, this time included. */
  received: number;
  /** When it came first; undefined before. */
  firstReceivedAt?: number;
  /** Who sent it, as SQS says, and what a dead letter says of that. */
  sender?: string;
  firstSender?: string;
}

/** The message in which an event with this detail comes through a door. What is no object is the body itself. */
export function messageOf(door: Door, detail: unknown, more: Partial<Message> = {}): Message {
  const { kind, namespace, name } = (detail ?? {}) as Record<string, unknown>;
  const body = typeof detail === 'string' ? detail : JSON.stringify(envelopeOf(door, detail));
  const group = door === 'fifo' ? `${kind}/${namespace}/${name}` : undefined;
  return { door, messageId: randomUUID(), body, group, received: 0, ...more };
}

function envelopeOf(door: Door, detail: unknown): object {
  const event = { 'detail-type': 'Job Update Requested', source: 'example.pipeline', detail };
  const byBridge = {
    version: '0',
    id: randomUUID(),
    account: '111122223333',
    time: '2026-11-24T00:00:00Z',
    region: 'us-east-1',
    resources: [],
  };
  return door === 'bus' ? { ...byBridge, ...event } : event;
}

/** A message as Lambda hands it to a function. */
export function recordOf({
  door,
  messageId,
  body,
  group,
  received,
  firstReceivedAt = 1795478400001,
  sender,
  firstSender,
}: Message): SQSRecord {
  const usual = door === 'bus' ? 'AIDAEVENTBRIDGE' : 'AROAPRODUCER:pipeline';
  return {
    messageId,
    receiptHandle: `handle of ${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(received),
      SentTimestamp: '1795478400000',
      SenderId: sender ?? usual,
      ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
      ...(group !== undefined && { MessageGroupId: group, MessageDeduplicationId: messageId, SequenceNumber: '1' }),
    },
    messageAttributes: firstSender === undefined ? {} : { sender: { dataType: 'String', stringValue: firstSender } },
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: arns[door],
    awsRegion: 'us-east-1',
  };
}

/** How a batch is delivered: to which handler, and how many milliseconds Lambda gives it, or says whenever it is asked that are left. */
export interface Delivery {
  handler?: EventHandler;
  left?: number | (() => number);
}

/** Delivers a batch, and returns the places in it of the messages that go back to their queue. */
export async function deliver(messages: readonly Message[], { handler = now.handler, left = 120_000 }: Delivery = {}): Promise<number[]> {
  for (const message of messages) {
    message.received += 1;
    message.firstReceivedAt ??= Date.now();
  }
  const context = lambdaContext(typeof left === 'function' ? left : countdown(left));
  const { batchItemFailures } = await handler({ Records: messages.map(recordOf) }, context);
  return batchItemFailures.map(({ itemIdentifier }) => messages.findIndex(({ messageId }) => messageId === itemIdentifier));
}

/** The results that were sent: outcome and detail, oldest first. */
export function results(): { outcome: string; [member: string]: Loose }[] {
  return now.aws.events.map(({ DetailType, Detail }) => ({ outcome: DetailType.replace('Job Update ', ''), ...JSON.parse(Detail) }));
}

export const liveJob = (): Loose => JSON.parse(now.simulator.text(...stored) as string);
export const ttl = (): unknown => liveJob().spec.ttlSecondsAfterFinished;
/** What is written on the job of the events that were applied. */
export const applied = (): Loose => JSON.parse(liveJob().metadata.annotations?.['tfjob-gateway/applied-events'] ?? 'null');
/** Changes the stored job as another client of CCI would. */
export function edit(change: (job: Loose) => void): void {
  const job = objectOf(change);
  delete job.metadata.resourceVersion;
  now.simulator.put(job);
}
/** What CCI was asked, as methods and answers. */
export const calls = (): string[] => now.simulator.requests.map(({ method, status }) => `${method} ${status}`);

/** What an HTTP caller does to the job, or to another path. */
export async function http(method: 'PUT' | 'PATCH' | 'GET', body?: unknown, type = 'application/json', path = jobPath): Promise<Loose> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const sent = body === undefined ? {} : { body: text, headers: { 'content-type': type } };
  return (await fetch(`${now.gateway.url}${path}`, { method, ...sent })).json();
}
