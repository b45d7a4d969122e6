import { Readable, type Writable } from 'node:stream';
import middy, { type Request } from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import type { Context } from 'aws-lambda';
import { type Chain, chainWith } from './chain.ts';

/** An answer whose body may be a stream of bytes instead of a text. */
export interface Streamable {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
  stream?: Readable | undefined;
}

/**
 * Begins a chain as `chain` does, whose answers are streamed: for API Gateway in transfer mode STREAM. Lambda's global `awslambda` must be
 * there by then. What fails once the answer has begun reaches no step.
 */
export function streamingChain<Raw, Event extends object>(read: (raw: Raw, context: Context) => Event): Chain<Raw, Event, Streamable> {
  const inner = middy({ timeoutEarlyInMillis: 0, executionMode: executionModeStreamifyResponse });
  // Before every step, so that it is the last to see their answer.
  inner.use({ after: toBytes, onError: toBytes });
  return chainWith(inner, (run) =>
    awslambda.streamifyResponse((raw: Raw, stream: Writable, context: Context) => run(read(raw, context), stream, context)),
  );
}

/** A stream knows no base64, and Middy cuts a long text without regard to its characters: whatever is sent is bytes. */
function toBytes(request: Request): void {
  if (request.response === undefined) return;
  const { statusCode, headers, body, isBase64Encoded, stream } = request.response as Streamable;
  const bytes = stream ?? Readable.from([Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')], { objectMode: false });
  request.response = { statusCode, headers, body: bytes };
}
