import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Context } from 'aws-lambda';
import { answerOf } from '../../../local/api-gateway/result.ts';
import type { Aws } from '../../../local/aws/aws.ts';
import { lambdaContext } from '../../fakes/context.ts';
import type { Loose } from '../http.ts';
import type { Request } from './requests.ts';

/** A built function; what it is given is an event of its kind. */
export type Handler = (event: object, context: Context) => unknown;
/** The built functions, and where the event function tells its results. */
export interface Functions {
  put: Handler;
  patch: Handler;
  event: Handler;
  aws: Aws;
}
/** What the gateway made of a request: `denied` by a policy, or `other` for any failure of which no policy is the reason. */
export type Told = { outcome: 'accepted'; job?: Loose } | { outcome: 'denied' | 'other'; message: string };

const types: Partial<Record<Request['door'], string>> = {
  'merge patch': 'application/merge-patch+json',
  'JSON patch': 'application/json-patch+json',
};

/** Sends a request to the function that it is for, as AWS does. */
export function send(functions: Functions, request: Request, body: Loose): Promise<Told> {
  return request.door.startsWith('event') ? sendEvent(functions, request, body) : sendHttp(functions, request, body);
}

async function sendHttp(functions: Functions, request: Request, body: Loose): Promise<Told> {
  const type = types[request.door];
  const method = type ? 'PATCH' : 'PUT';
  const { namespace, name, kind, dryRun, fieldManager, caller } = request;
  const path = `/apis/kubeflow.org/v1/namespaces/${namespace}/${kind.plural}/${name}`;
  const event = {
    path,
    httpMethod: method,
    headers: { 'Content-Type': type ?? 'application/json' },
    multiValueQueryStringParameters: { ...(dryRun && { dryRun: ['All'] }), ...(fieldManager && { fieldManager: [fieldManager] }) },
    requestContext: { httpMethod: method, path, stage: 'local', requestId: randomUUID(), requestTimeEpoch: Date.now(), ...caller.context },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
  const answer = answerOf(await (type ? functions.patch : functions.put)(event, lambdaContext()));
  if (!answer) throw new Error('a malformed result');
  const headers = new Map(answer.headers.map(([header, values]) => [header.toLowerCase(), values.join(', ')]));
  const text = (headers.get('content-encoding') === 'gzip' ? gunzipSync(answer.body) : answer.body).toString();
  const job = JSON.parse(text);
  if (answer.status === 200) return { outcome: 'accepted', job };
  return { outcome: headers.get('x-refused-by') === 'admission' ? 'denied' : 'other', message: `${answer.status} ${job.message}` };
}

async function sendEvent({ event, aws }: Functions, request: Request, body: Loose): Promise<Told> {
  const { door, kind, namespace, name, caller } = request;
  const change = door === 'event with object' ? { object: body } : { patch: body };
  const detail = { version: '1', id: randomUUID(), kind: kind.kind, namespace, name, ...change };
  const { source = 'pipeline', senderId = 'AIDAEVENTBRIDGE' } = caller.context as { source?: string; senderId?: string };
  const isByQueue = door === 'event by the queue';
  const envelope = { 'detail-type': 'Job Update Requested', source, account: '111122223333', detail };
  const messageId = randomUUID();
  const record = {
    messageId,
    body: JSON.stringify(envelope),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(Date.now()),
      SenderId: senderId,
      ApproximateFirstReceiveTimestamp: String(Date.now()),
      ...(isByQueue && { MessageGroupId: `${kind.kind}/${namespace}/${name}` }),
    },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:111122223333:tfjob-gateway-events${isByQueue ? '.fifo' : ''}`,
    awsRegion: 'us-east-1',
  };
  await event({ Records: [record] }, lambdaContext(120_000));
  const at = aws.events.findIndex(({ Detail }) => JSON.parse(Detail).messageId === messageId);
  if (at < 0) return { outcome: 'other', message: 'the event has no result' };
  const [{ DetailType, Detail } = { DetailType: '', Detail: '{}' }] = aws.events.splice(at, 1);
  if (DetailType === 'Job Update Succeeded') return { outcome: 'accepted' };
  const { status } = JSON.parse(Detail);
  const isDenied = String(status?.message).includes('ValidatingAdmissionPolicy');
  return { outcome: isDenied ? 'denied' : 'other', message: `${DetailType}: ${status?.code} ${status?.message}` };
}
