/** What functions send to, on this machine: EventBridge's PutEvents, SQS's SendMessage and Firehose's PutRecord, for the AWS SDK's wire. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { close, createAsyncServer, listen, readBody } from '../http.ts';
import { AwsError } from './secret-versions.ts';

/** An entry that the bus accepted. */
export interface SentEvent {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
}
/** A message that a queue accepted. */
export interface SentMessage {
  QueueUrl: string;
  MessageBody: string;
  MessageAttributes: Record<string, { DataType: string; StringValue: string }>;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
}
/** A record that a delivery stream accepted. */
export interface SentRecord {
  DeliveryStreamName: string;
  text: string;
}
/** What the endpoint does instead of answering well. */
export interface AwsFault {
  /** Default: any. */
  operation?: 'PutEvents' | 'SendMessage' | 'PutRecord';
  /**
   * `throttle`, `deny`: an exception, 400. `fail`: one of the service's own, 500. `entry`: PutEvents answers 200, and that the entry failed.
   * `drop`: it hangs up. `hang`: no answer. `late`: a good answer after `ms`. `cut`: it hangs up within the good answer. `empty`: 200 and `{}`.
   */
  act: 'throttle' | 'deny' | 'fail' | 'entry' | 'drop' | 'hang' | 'late' | 'cut' | 'empty';
  /** Whether a request that is dropped, hangs or is answered late, in part or emptily is carried out first; default: it is not. */
  when?: 'before' | 'after';
  /** Milliseconds, for `late`. */
  ms?: number;
  /** Default 1. */
  times?: number;
}
/** A running endpoint. */
export interface Aws {
  /** What AWS_ENDPOINT_URL_EVENTBRIDGE, AWS_ENDPOINT_URL_SQS and AWS_ENDPOINT_URL_FIREHOSE are set to. */
  readonly url: string;
  /** Everything that was accepted, oldest first. */
  readonly events: SentEvent[];
  readonly messages: SentMessage[];
  readonly records: SentRecord[];
  /** Every operation that was asked for, in order. */
  readonly asked: string[];
  /** Spoils the next requests; the first fault that fits is used up first. */
  fail(fault: AwsFault): void;
  /** Forgets what was sent and asked, and the faults that still wait. */
  clear(): void;
  close(): Promise<void>;
}

/** What may be carried out although nobody is told so. */
const unheard: ReadonlySet<AwsFault['act']> = new Set(['drop', 'hang', 'late', 'cut', 'empty']);

const mebibyte = 1024 * 1024;
/** Regions that have not been raised to 1 MB take so much. */
const mostEntry = 256 * 1024;
const mostAttributes = 10;
/** Bytes of a record of Firehose. */
const mostRecord = 1000 * 1024;

/** Starts the endpoint on 127.0.0.1. It does not check signatures, and knows every bus and queue. `keep`: how much it remembers. */
export async function startAws({ port = 0, keep = 100_000 }: { port?: number; keep?: number } = {}): Promise<Aws> {
  const events: SentEvent[] = [];
  const messages: SentMessage[] = [];
  const records: SentRecord[] = [];
  const asked: string[] = [];
  const faults: AwsFault[] = [];
  const remember = <T>(list: T[], item: T): void => {
    list.push(item);
    if (list.length > keep) list.shift();
  };

  const operations: Record<string, (input: never, failing: boolean) => object> = {
    PutEvents: ({ Entries }: { Entries: SentEvent[] }, failing) => {
      const results = Entries.map((entry) => {
        const error = failing ? { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' } : entryMistake(entry);
        if (error) return error;
        remember(events, entry);
        return { EventId: randomUUID() };
      });
      return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
    },
    SendMessage: (input: SentMessage) => {
      const { MessageBody, MessageAttributes = {} } = input;
      checkMessage({ ...input, MessageAttributes });
      remember(messages, { ...input, MessageAttributes });
      // The SDK compares the checksum of the body, and none of the attributes.
      return { MessageId: randomUUID(), MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    },
    PutRecord: ({ DeliveryStreamName, Record }: { DeliveryStreamName: string; Record: { Data: string } }) => {
      const data = Buffer.from(Record.Data, 'base64');
      if (data.length === 0 || data.length > mostRecord) throw new AwsError('ValidationException', 'the record has no length that fits');
      remember(records, { DeliveryStreamName, text: data.toString() });
      return { RecordId: randomUUID(), Encrypted: false };
    },
  };
  const takeFault = (operation: string): AwsFault | undefined => {
    const fault = faults.find((one) => (one.operation ?? operation) === operation);
    if (fault && --(fault.times as number) === 0) faults.splice(faults.indexOf(fault), 1);
    return fault;
  };

  const server = createAsyncServer(async (request, response) => {
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    const body = (await readBody(request, 12 * mebibyte)) ?? Buffer.alloc(0);
    remember(asked, operation);
    const { act, when, ms } = takeFault(operation) ?? {};
    const isUndone = act && unheard.has(act) && when !== 'after';
    const answer = isUndone ? undefined : carryOut(operations, operation, body, act);
    if (act === 'late') await sleep(ms);
    if (act === 'drop') request.socket.resetAndDestroy();
    else if (act === 'cut') cutOff(response, answer?.answer ?? { RecordId: randomUUID(), Encrypted: false });
    else if (act === 'empty') send(request, response, { status: 200, answer: {} });
    else if (act === 'late') send(request, response, answer ?? carryOut(operations, operation, body, act));
    else if (act !== 'hang' && answer) send(request, response, answer);
  });
  return {
    url: await listen(server, port),
    events,
    messages,
    records,
    asked,
    fail(fault) {
      faults.push({ times: 1, ...fault });
    },
    clear() {
      for (const list of [events, messages, records, asked, faults]) list.length = 0;
    },
    close: () => close(server),
  };
}

function carryOut(
  operations: Record<string, (input: never, failing: boolean) => object>,
  operation: string,
  body: Buffer,
  act: AwsFault['act'] | undefined,
): { status: number; answer: object } {
  try {
    if (act === 'throttle') throw new AwsError('ThrottlingException', 'Rate exceeded');
    if (act === 'deny') throw new AwsError('AccessDeniedException', 'not permitted');
    if (act === 'fail') return { status: 500, answer: { __type: 'ServiceUnavailableException', message: 'try again' } };
    const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
    if (!run) throw new AwsError('UnknownOperationException', `not served here: ${operation}`);
    return { status: 200, answer: run(JSON.parse(body.toString()) as never, act === 'entry') };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { status: 400, answer: { __type: error.type, message: error.message } };
  }
}

function cutOff(response: ServerResponse, answer: object): void {
  const text = JSON.stringify(answer);
  response.writeHead(200, { 'Content-Type': 'application/x-amz-json-1.1', 'Content-Length': text.length });
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

function send({ headers }: IncomingMessage, response: ServerResponse, { status, answer }: { status: number; answer: object }): void {
  const type = headers['content-type'] ?? 'application/x-amz-json-1.1';
  response.writeHead(status, { 'Content-Type': type, 'x-amzn-RequestId': randomUUID() }).end(JSON.stringify(answer));
}

function entryMistake({ Source = '', DetailType = '', Detail = '' }: SentEvent): { ErrorCode: string; ErrorMessage: string } | undefined {
  if (!Source || !DetailType) return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source or DetailType is not valid.' };
  if (!isObjectText(Detail)) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  const size = [Source, DetailType, Detail].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return size > mostEntry
    ? { ErrorCode: 'InvalidArgument', ErrorMessage: 'Total size of the entries in the request is over the limit.' }
    : undefined;
}

/** An object, without halves of characters: not every reader of JSON takes those. */
function isObjectText(text: string): boolean {
  try {
    let wellFormed = true;
    const value = JSON.parse(text, (key, member: unknown) => {
      wellFormed &&= key.isWellFormed() && (typeof member !== 'string' || member.isWellFormed());
      return member;
    }) as unknown;
    return wellFormed && typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function checkMessage({ QueueUrl, MessageBody, MessageAttributes, MessageGroupId, MessageDeduplicationId }: SentMessage): void {
  const invalid = (message: string) => new AwsError('InvalidParameterValue', message);
  const attributes = Object.entries(MessageAttributes);
  const size = attributes.reduce(
    (sum, [name, { DataType, StringValue }]) => sum + name.length + DataType.length + Buffer.byteLength(StringValue ?? ''),
    Buffer.byteLength(MessageBody),
  );
  if (!MessageBody) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (size > mebibyte) throw invalid(`One or more parameters are invalid. Reason: Message must be shorter than ${mebibyte} bytes.`);
  if (attributes.length > mostAttributes)
    throw invalid(`Number of message attributes [${attributes.length}] exceeds the allowed maximum [${mostAttributes}].`);
  for (const [name, { StringValue }] of attributes) {
    if (!StringValue) throw invalid(`The message attribute '${name}' must contain non-empty message attribute value.`);
  }
  if (!QueueUrl.endsWith('.fifo')) return;
  if (!MessageGroupId) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  if (!MessageDeduplicationId)
    throw invalid('The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly');
}
