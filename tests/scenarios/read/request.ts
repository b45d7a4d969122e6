import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { type Loose, now, status } from '../gateway.ts';

export interface ReadAnswer {
  status: number;
  type: string | undefined;
  headers: Record<string, string | string[] | undefined>;
  /** The body as it came over the wire. */
  bytes: Buffer;
  /** The body, unpacked. */
  text: string;
  /** The body's JSON, or undefined. */
  body: Loose;
}

/** Sends a GET, or another verb, with these headers and no others, and unpacks the answer. */
export async function read(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<ReadAnswer> {
  const chunks: Buffer[] = [];
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
    request(`${now.gateway.url}${path}`, { method, headers: { ...headers, ...length } }, resolve)
      .on('error', reject)
      .end(body);
  });
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const type = response.headers['content-type'];
  const isJson = type?.startsWith('application/json') && text !== '';
  return { status: response.statusCode ?? 0, type, headers: response.headers, bytes, text, body: isJson ? JSON.parse(text) : undefined };
}

/** What reached the upstream: each request's path and Accept header. */
export const asked = (): (string | undefined)[][] => now.upstream.received.map(({ url, headers }) => [url, headers.accept]);

/** The upstream answers everything with this. */
export function answerWith(body: string | Buffer, headers: Record<string, string> = {}, status = 200): void {
  now.upstream.answer = (_request, response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

export const MiB = 2 ** 20;
/** A list of so many bytes in all. */
export const listOf = (size: number, filled: (length: number) => string = (length) => 'x'.repeat(length)): string => {
  const empty = '{"kind":"TFJobList","items":[],"x":""}';
  return `${empty.slice(0, -2)}${filled(size - empty.length)}"}`;
};
/** The answer to what Lambda cannot send. */
export const tooLarge = status(413, 'RequestEntityTooLarge', expect.stringMatching(/use limit and continue/));
