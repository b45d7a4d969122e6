import { gzipSync } from 'node:zlib';
import { all, always, done, ends, floods, garbles, garblesAndEnds, says, spoils, writes } from './acts.ts';
import { expect5, type Fault, five, plain, settled, settledOrRetried } from './fault.ts';
import type { Act } from './upstream.ts';

const MiB = 2 ** 20;
// What cannot be read is 500 for a read. A write is settled by reading the job: if that can be read and holds the change, that is success.
const unreadable = expect5(five('500 InternalError', '200'), settled, 'new');
const unreadableAfterRetries = expect5(five('500 InternalError', '200'), settledOrRetried, 'new');
const notDone = expect5('500 InternalError', settled);
const good = expect5('200', plain, 'new');

type Edit = (job: { kind: string; metadata: Record<string, unknown> }) => unknown;
/** The right job, but for this. */
const but = (edit: Edit): Act =>
  spoils((body) => {
    const job = JSON.parse(body);
    edit(job);
    return JSON.stringify(job);
  });
const status200 = (status: string) => JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status, code: 200 });

/** CCI says 200 (or another code of success), but not what was asked for. */
export const unusableAnswers: Fault[] = [
  { name: 'an HTML page', strikes: [always(spoils(() => '<html>', { 'Content-Type': 'text/html' }))], expected: unreadable },
  {
    name: 'an HTML page of something before CCI, and nothing is carried out',
    strikes: [always(says(200, '<html>', { 'Content-Type': 'text/html' }))],
    expected: notDone,
  },
  { name: 'an empty body', strikes: [always(spoils(() => ''))], expected: unreadable },
  {
    name: 'no JSON',
    strikes: ['{', '{"kind":"TFJob",}', 'null null', '\ufeff{}'].map((text) => always(spoils(() => text))),
    expected: unreadable,
  },
  {
    name: 'half of the JSON, as if it were all',
    strikes: [always(spoils((body) => body.slice(0, body.length / 2)))],
    expected: unreadable,
  },
  {
    name: 'JSON that is no object',
    strikes: ['null', '5', '"ok"', '[]', 'true'].map((text) => always(spoils(() => text))),
    expected: unreadable,
  },
  { name: 'a list', strikes: [always(spoils((body) => `{"kind":"TFJobList","items":[${body}]}`))], expected: unreadable },
  {
    name: 'another job (name, namespace or kind)',
    strikes: [
      always(but(({ metadata }) => Object.assign(metadata, { name: 'other' }))),
      always(but(({ metadata }) => Object.assign(metadata, { namespace: 'other' }))),
      always(but((job) => Object.assign(job, { kind: 'PyTorchJob' }))),
    ],
    expected: unreadable,
  },
  {
    name: 'a job without resourceVersion',
    strikes: [always(but(({ metadata }) => delete metadata.resourceVersion))],
    expected: unreadable,
  },
  { name: 'a Status of success', strikes: [always(spoils(() => status200('Success')))], expected: unreadable },
  { name: 'a Status of failure under 200', strikes: [always(says(200, status200('Failure')))], expected: notDone },
  {
    name: 'no UTF-8',
    strikes: [always(spoils((body) => Buffer.from(body.replace('tfjob-test', 'tfjob-\xff'), 'latin1')))],
    expected: unreadable,
  },
  {
    name: 'an unknown content encoding',
    strikes: [always(spoils((body) => gzipSync(body), { 'Content-Encoding': 'br' }))],
    expected: unreadable,
  },
  {
    name: 'broken gzip (cut off, or none at all)',
    strikes: [
      always(spoils((body) => gzipSync(body).subarray(0, -9), { 'Content-Encoding': 'gzip' })),
      always(spoils((body) => body, { 'Content-Encoding': 'gzip' })),
    ],
    expected: unreadableAfterRetries,
  },
  {
    name: '202, 204, 206, though it was carried out',
    strikes: [202, 204, 206].map((code) => always(done(says(code)))),
    expected: unreadable,
  },
  { name: '202, and nothing is carried out', strikes: [always(says(202, '{}'))], expected: notDone },
  { name: '101, a change of protocol', strikes: [always(done(writes(switching())))], expected: unreadable },
  { name: 'a job of more than 3 MiB', strikes: [always(spoils((body) => body + ' '.repeat(3 * MiB)))], expected: unreadable },
  {
    name: 'a job of more than 3 MiB to every call',
    strikes: [all(spoils((body) => body + ' '.repeat(3 * MiB)))],
    expected: expect5('500 InternalError', [1, 1, 1, 2, 2], ['old', 'old', 'old', 'new', 'new']),
  },
  {
    name: 'a small gzip that becomes more than 3 MiB',
    strikes: [always(spoils((body) => gzipSync(body + ' '.repeat(3 * MiB)), { 'Content-Encoding': 'gzip' }))],
    expected: unreadable,
  },
  { name: 'a body without end', strikes: [always(floods)], expected: unreadable },
];

function switching(): string {
  return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
}

const head = (rest: string) => `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${rest}\r\n\r\n`;
const chunked = (body: string, size = body.length) => `${head('Transfer-Encoding: chunked')}${size.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

/** CCI's HTTP is odd: what still says what it means is taken, all else is unreadable. */
export const httpOddities: Fault[] = [
  {
    name: '100 Continue and 103 Early Hints before the answer',
    strikes: [all(garbles((answer) => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer}`))],
    expected: good,
  },
  { name: '201 instead of 200', strikes: [always((call) => says(201, call.serve().body)(call))], expected: expect5('201', plain, 'new') },
  {
    name: 'HTTP/1.0, no length, the connection ends',
    strikes: [all(garblesAndEnds((_, body) => `HTTP/1.0 200 OK\r\n\r\n${body}`))],
    expected: good,
  },
  {
    name: 'no content type',
    strikes: [all(garbles((_, body) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`))],
    expected: good,
  },
  { name: 'a wrong content type', strikes: [all(spoils((body) => body, { 'Content-Type': 'text/html' }))], expected: good },
  {
    name: 'gzip, asked for or not (gzip, GZIP, x-gzip)',
    strikes: ['gzip', 'GZIP', 'x-gzip'].map((name) => all(spoils((body) => gzipSync(body), { 'Content-Encoding': name }))),
    expected: good,
  },
  { name: 'many small chunks', strikes: [all(garbles((_, body) => chunked(body).replace(chunk(body), inPieces(body))))], expected: good },
  {
    name: 'a second answer that nobody asked for',
    strikes: [all(garbles((answer) => `${answer}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`))],
    expected: good,
  },
  {
    name: 'a length that is too long',
    strikes: [always(garblesAndEnds((_, body) => `${head(`Content-Length: ${body.length + 9}`)}${body}`))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a length that is too short',
    strikes: [always(garbles((_, body) => `${head(`Content-Length: ${body.length - 9}`)}${body}`))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'two lengths',
    strikes: [always(garbles((_, body) => `${head(`Content-Length: ${body.length}\r\nContent-Length: 2`)}${body}`))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a length and chunks',
    strikes: [always(garbles((_, body) => chunked(body).replace('\r\n', '\r\nContent-Length: 2\r\n')))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a chunk whose size is none',
    strikes: [always(garbles((_, body) => chunked(body).replace(/\r\n\r\n\w+/, '\r\n\r\nzz')))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a chunk that is longer than its size',
    strikes: [always(garbles((_, body) => chunked(body, body.length - 9)))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a header of more than 64 KiB',
    strikes: [always(garbles((_, body) => `${head(`X: ${'y'.repeat(70_000)}`)}${body}`))],
    expected: unreadableAfterRetries,
  },
  {
    name: 'a status line that is none',
    strikes: ['HTTP/1.1 abc', 'HTTP/1.1', 'HTTP/9 200 OK'].map((line) => always(done(ends(`${line}\r\n\r\n{}`)))),
    expected: unreadableAfterRetries,
  },
  { name: 'another protocol (SSH)', strikes: [always(done(ends('SSH-2.0-OpenSSH_9.6\r\n')))], expected: unreadableAfterRetries },
  {
    name: '413 before the body was read, and the connection ends',
    strikes: [always(ends('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'))],
    expected: expect5('413 RequestEntityTooLarge', plain),
  },
  {
    name: 'the connection is closed after each answer, announced or not',
    strikes: [
      all(
        garblesAndEnds(
          (answer) => answer,
          ({ socket }) => socket.destroy(),
        ),
      ),
      all(garblesAndEnds((answer) => answer.toString().replace('\r\n', '\r\nConnection: close\r\n'))),
    ],
    expected: good,
  },
];

const chunk = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n`;
const inPieces = (body: string) => (body.match(/.{1,97}/gs) ?? []).map(chunk).join('');
