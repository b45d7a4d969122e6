import { makeCertificate } from '../../local/certificate.ts';
import { all, always, done, drips, drops, garblesAndEnds, hangs, late, once, onceThen, reads, resets, writes } from './acts.ts';
import { expect5, type Fault, five, plain, settled, settledOrRetried } from './fault.ts';
import { type Act, answerWell } from './upstream.ts';

const told500 = '500 InternalError';
const told504 = '504 Timeout';
// The gateway has tried again itself.
const unsent = '503 ServiceUnavailable';
// It had no time to: nothing was sent, and the cause is brief, so that whoever comes again may be served.
const untried = `${unsent}, Retry-After: 1`;
const half = (answer: Buffer) => answer.subarray(0, answer.length / 2);

/** The connection fails. */
export const connections: Fault[] = [
  { name: 'the connection is refused', strikes: [all(hangs)], endpoint: () => 'http://127.0.0.1:1', expected: expect5(unsent, five(0)) },
  {
    name: 'the name cannot be resolved',
    strikes: [all(hangs)],
    // A label of a name has 63 characters at most, so that nobody is asked.
    endpoint: () => `https://${'a'.repeat(64)}.invalid`,
    expected: expect5(unsent, five(0)),
  },
  {
    name: 'the connection is refused from the second call on',
    fresh: true,
    strikes: [
      all((call) => {
        call.stopListening();
        const announced = (answer: Buffer) => answer.toString().replace('\r\n', '\r\nConnection: close\r\n');
        garblesAndEnds(announced)(call);
      }),
    ],
    expected: expect5(['200', unsent, unsent, '200', '200'], five(1), ['old', 'old', 'old', 'new', 'new']),
  },
  ...[
    ['that it has signed itself', makeCertificate()] as const,
    ['of an unknown authority', makeCertificate({ unknownAuthority: true })] as const,
    ['for another address', makeCertificate({ address: '127.0.0.2' })] as const,
    ['that has expired', makeCertificate({ days: -1 })] as const,
  ].map(([what, certificate]) => ({
    name: `a certificate ${what}`,
    strikes: [all(hangs)],
    certificate,
    expected: expect5(told500, five(0)),
  })),
  {
    name: 'HTTP where TLS is expected',
    strikes: [all(hangs)],
    endpoint: (url) => url.replace('http:', 'https:'),
    toNoise: 'HTTP/1.1 400 Bad Request\r\n\r\n',
    expected: expect5(told500, five(0)),
  },
  {
    name: 'the connection ends within the TLS handshake',
    strikes: [all(hangs)],
    endpoint: (url) => url.replace('http:', 'https:'),
    toNoise: '',
    expected: expect5(unsent, five(0)),
  },
  {
    name: 'silence where TLS is expected (5.5 s left)',
    strikes: [all(hangs)],
    endpoint: (url) => url.replace('http:', 'https:'),
    left: 5500,
    // What begins with a read has time for another.
    expected: expect5([unsent, unsent, unsent, untried, untried], five(0)),
  },
  ...[['dropped', drops] as const, ['reset', resets] as const].flatMap(([what, act]): Fault[] => [
    {
      name: `${what} before anything is done, always`,
      strikes: [always(act)],
      // The PUT comes on the connection that the GET has left, so that it is tried once on a fresh one.
      expected: expect5(told504, [4, 4, 4, 2, 2]),
    },
    {
      name: `${what} before anything is done, once`,
      strikes: [once(act)],
      expected: expect5(['200', '200', '200', told504, told504], [2, 3, 3, 2, 2], ['old', 'new', 'new', 'old', 'old']),
    },
    {
      name: `${what} after the write, once`,
      strikes: [once(done(act))],
      // The repeated PUT meets the version that it made itself.
      expected: expect5('200', [2, 4, 4, 2, 2], 'new'),
    },
    {
      name: `${what} after the write, and every read then`,
      strikes: [onceThen(done(act), act, ['GET'])],
      expected: expect5(told504, [4, 7, 7, 5, 5], 'new'),
    },
    { name: `${what} whatever the call`, strikes: [all(act)], expected: expect5(told504, [4, 4, 4, 5, 5]) },
  ]),
  {
    name: 'the head of the answer is cut off, though the write was carried out',
    strikes: [always(garblesAndEnds((answer) => answer.subarray(0, 20)))],
    expected: expect5(five(told504, '200'), [4, 4, 4, 2, 2], 'new'),
  },
  {
    name: 'half of the answer, then the end',
    strikes: [always(garblesAndEnds(half))],
    expected: expect5(five(told500, '200'), settledOrRetried, 'new'),
  },
  {
    name: 'half of the answer, then a reset',
    strikes: [always(garblesAndEnds(half, ({ socket }) => setTimeout(() => socket.resetAndDestroy(), 50)))],
    expected: expect5(five(told500, '200'), settledOrRetried, 'new'),
  },
  { name: 'half of the answer, once', strikes: [once(garblesAndEnds(half))], expected: expect5('200', [2, 3, 3, 2, 2], 'new') },
];

const slowly =
  (ms: number, act: Act): Act =>
  (call) =>
    setTimeout(() => act(call), ms);
const headOnly = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n';

/** Time runs out. A write leaves 2 s of what there is for settling it by a read. */
export const time: Fault[] = [
  { name: 'no answer (5 s left)', strikes: [always(hangs)], left: 5000, expected: expect5(told504, settled) },
  {
    name: 'no answer, though the write was carried out (5 s left)',
    strikes: [always(done(hangs))],
    left: 5000,
    expected: expect5(five(told504, '200'), settled, 'new'),
  },
  {
    name: 'no answer to anything (5 s left)',
    strikes: [all(hangs)],
    left: 5000,
    expected: expect5(told504, [1, 1, 1, 2, 2]),
  },
  {
    name: 'a head and no body, though the write was carried out (5 s left)',
    strikes: [always(done(writes(headOnly)))],
    left: 5000,
    expected: expect5(five(told504, '200'), settled, 'new'),
  },
  {
    name: 'an answer that drips (5 s left)',
    strikes: [always(drips)],
    left: 5000,
    expected: expect5(five(told504, '200'), settled, 'new'),
  },
  { name: 'each answer comes after half a second', strikes: [all(late(500))], expected: expect5('200', plain, 'new') },
  {
    name: 'reads take 4 s (6 s left)',
    strikes: [reads(slowly(4000, answerWell))],
    left: 6000,
    // No write is begun with less than 3 s left.
    expected: expect5(['200', told504, told504, '200', '200'], five(1), ['old', 'old', 'old', 'new', 'new']),
  },
  {
    name: 'the request comes late (2 s left)',
    strikes: [() => undefined],
    left: 2000,
    expected: expect5(['200', told504, told504, told504, told504], [1, 1, 1, 0, 0]),
  },
];
