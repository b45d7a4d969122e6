/** What API Gateway and Lambda do for a function that streams its answers. */
import type { ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { type Answer, answerOf, gatewayAnswer, writeHead } from './result.ts';

/** A handler that streams: it writes what it answers, and resolves once that is written. */
export type StreamingHandler = (event: APIGatewayProxyEvent, stream: Writable, context: Context) => Promise<void>;

// As Lambda's own runtime client marks such a handler.
const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');

/** A stream whose head is sent before its first byte, as Lambda's prelude. */
class AnswerStream extends Writable {
  readonly #response: ServerResponse;
  #head: Answer | undefined;

  constructor(response: ServerResponse) {
    super();
    this.#response = response;
    response.on('close', () => this.destroy());
  }

  prelude(metadata: object): void {
    this.#head = answerOf({ ...metadata, body: '' });
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const isReady = this.#response.headersSent || this.#sendHead();
    if (!isReady) done(new Error('malformed metadata'));
    else if (chunk.length === 0 || this.#response.write(chunk)) done();
    else this.#response.once('drain', () => done());
  }

  #sendHead(): boolean {
    if (!this.#head) return false;
    writeHead(this.#response, this.#head);
    this.#response.flushHeaders();
    return true;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#response.end(() => done());
  }
}

/** Defines the global that Lambda has for functions that stream; it must be there when such a one is loaded. */
export function defineAwsLambda(): void {
  // Powertools puts something of its own there too.
  const all = globalThis as { awslambda?: object };
  all.awslambda = {
    ...all.awslambda,
    streamifyResponse: (handler: object) => Object.assign(handler, { [streaming]: 'response' }),
    HttpResponseStream: {
      from: (stream: AnswerStream, metadata: object) => {
        stream.prelude(metadata);
        return stream;
      },
    },
  };
}

/** Whether a handler streams. */
export function isStreaming(handler: object): handler is StreamingHandler {
  return streaming in handler;
}

/**
 * Calls a handler that streams, and sends its answer as it comes. Whoever goes away ends it, unlike in Lambda; so does the function's
 * timeout. Returns what is wrong, or undefined; where nothing has been sent by then, it is answered 502.
 */
export async function streamAnswer(
  handler: StreamingHandler,
  event: APIGatewayProxyEvent,
  context: Context,
  response: ServerResponse,
): Promise<string | undefined> {
  const stream = new AnswerStream(response);
  const timer = setTimeout(() => stream.destroy(new Error('it took longer than its timeout')), context.getRemainingTimeInMillis());
  try {
    await handler(JSON.parse(JSON.stringify(event)), stream, context);
    return undefined;
  } catch (error) {
    if (response.closed) return undefined;
    if (response.headersSent) response.destroy();
    else {
      const failed = gatewayAnswer(502, 'Internal server error');
      writeHead(response, failed);
      response.end(failed.body);
    }
    return error instanceof Error ? `${error.name}: ${error.message}` : 'threw what is no Error';
  } finally {
    clearTimeout(timer);
  }
}
