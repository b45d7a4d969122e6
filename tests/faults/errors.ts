import { credential } from '../credentials.ts';
import { all, always, done, drops, first, hangs, logins, once, onceThen, says } from './acts.ts';
import { expect5, type Fault, five, inEveryForm, plain, settled, settledOrRetried } from './fault.ts';
import { newKey } from './matrix.ts';

// Design 5: what concerns the request is handed on with its code; nothing was written.
const handedOn: [code: number, reason: string][] = [
  [400, 'BadRequest'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [410, 'Gone'],
  [413, 'RequestEntityTooLarge'],
  [415, 'UnsupportedMediaType'],
  [422, 'Invalid'],
];
const second = { 'Retry-After': '1' };
const hour = { 'Retry-After': '3600' };
// Where the gateway has waited and tried again, nobody else is invited to.
const [told429, told500, told503, told504] = ['429 TooManyRequests', '500 InternalError', '503 ServiceUnavailable', '504 Timeout'];

/** CCI answers with an error: every code in every form. */
export const errorAnswers: Fault[] = [
  ...handedOn.map(([code, reason]) => ({
    name: `${code}, always`,
    strikes: inEveryForm(code, always),
    expected: expect5(`${code} ${reason}`, plain),
  })),
  {
    name: '409, always',
    strikes: inEveryForm(409, always),
    // Without a resourceVersion it is decided anew, five times in all (a merge patch then goes as a PUT).
    expected: expect5('409 Conflict', [1, 10, 2, 11, 1]),
  },
  {
    name: '409, once',
    strikes: inEveryForm(409, once).slice(0, 2),
    expected: expect5(['409 Conflict', '200', '409 Conflict', '200', '409 Conflict'], [1, 4, 2, 3, 1], ['old', 'new', 'old', 'new', 'old']),
  },
  { name: '429, always', strikes: inEveryForm(429, always), expected: expect5(told429, [4, 5, 5, 4, 4]) },
  { name: '429, once', strikes: inEveryForm(429, once).slice(0, 2), expected: expect5('200', [2, 3, 3, 2, 2], 'new') },
  { name: '500, always', strikes: inEveryForm(500, always), expected: expect5(told500, plain) },
  {
    name: '500, though the write was carried out',
    strikes: inEveryForm(500, (act) => always(done(act))),
    expected: expect5(told500, plain, 'new'),
  },
  ...[502, 503].flatMap((code): Fault[] => [
    {
      name: `${code}, always`,
      strikes: inEveryForm(code, always),
      // A merge patch without a resourceVersion may not be repeated; all writes are settled by a GET in the end.
      expected: expect5(told503, [4, 6, 6, 2, 5]),
    },
    {
      name: `${code}, once`,
      strikes: inEveryForm(code, once).slice(0, 2),
      expected: expect5(['200', '200', '200', told503, '200'], [2, 3, 3, 2, 2], ['old', 'new', 'new', 'old', 'new']),
    },
    {
      name: `${code}, once, though the write was carried out`,
      strikes: inEveryForm(code, (act) => once(done(act))).slice(0, 2),
      // The repeated write meets the version that it made itself.
      expected: expect5('200', [2, 4, 4, 2, 3], 'new'),
    },
  ]),
  { name: '504, always', strikes: inEveryForm(504, always), expected: expect5(told504, settledOrRetried) },
  { name: '504, once', strikes: inEveryForm(504, once).slice(0, 2), expected: expect5(five('200', told504), [2, 3, 3, 2, 2]) },
  {
    name: '504, once, though the write was carried out',
    strikes: inEveryForm(504, (act) => once(done(act))).slice(0, 2),
    expected: expect5('200', [2, 3, 3, 2, 2], 'new'),
  },
  {
    name: 'another code (402, 406, 408, 418, 451, 501, 505, 599)',
    strikes: [402, 406, 408, 418, 451, 501, 505, 599].flatMap((code) => inEveryForm(code, always).slice(0, 2)),
    expected: expect5(told500, plain),
  },
  {
    name: 'a redirect (301, 302, 303, 304, 307, 308), which is not followed',
    strikes: [301, 302, 303, 304, 307, 308].map((code) => always(says(code, '', { Location: '/elsewhere' }))),
    expected: expect5(told500, plain),
  },
];

/** The same, where CCI asks to wait or stays away. */
export const waitingAndOutages: Fault[] = [
  {
    name: '429 with Retry-After: 2, always',
    strikes: [always(says(429, '', { 'Retry-After': '2' }))],
    expected: expect5(told429, [4, 5, 5, 4, 4]),
  },
  {
    name: '503 with Retry-After: 2, always',
    strikes: [always(says(503, '', { 'Retry-After': '2' }))],
    expected: expect5(told503, [4, 6, 6, 2, 5]),
  },
  {
    name: '429 with Retry-After: an hour, in seconds or as a date',
    strikes: inAnHour(429),
    // It does not fit the deadline, and what is not brief is not told.
    expected: expect5(told429, plain),
  },
  { name: '503 with Retry-After: an hour, in seconds or as a date', strikes: inAnHour(503), expected: expect5(told503, settled) },
  {
    name: '429 with a Retry-After that says nothing',
    strikes: ['soon', '-1', '1e3'].map((value) => always(says(429, '', { 'Retry-After': value }))),
    expected: expect5(told429, [4, 5, 5, 4, 4]),
  },
  { name: '403 with Retry-After: 1', strikes: [always(says(403, '', second))], expected: expect5('403 Forbidden', plain) },
  { name: '500 with Retry-After: 1', strikes: [always(says(500, '', second))], expected: expect5(told500, plain) },
  { name: '504 with Retry-After: 1', strikes: [always(says(504, '', second))], expected: expect5(told504, settledOrRetried) },
  {
    name: '503 with Retry-After: 3, always (5 s left)',
    strikes: [always(says(503, '', { 'Retry-After': '3' }))],
    left: 5000,
    // A read fits in once more; after the pause no write could be begun.
    expected: expect5(told503, [2, 3, 3, 2, 2]),
  },
  {
    name: '503 to everything',
    strikes: [all(says(503))],
    // A PUT is never reached. A PATCH may have been carried out, and no read can tell.
    expected: expect5([told503, told503, told503, told504, told504], [4, 4, 4, 5, 8]),
  },
  {
    name: '503 from the write on, reads included',
    strikes: [onceThen(says(503), says(503))],
    expected: expect5(five(told503, told504), [4, 9, 9, 5, 8]),
  },
  {
    name: '503 from the write on, reads included, though the write was carried out',
    strikes: [onceThen(done(says(503)), says(503))],
    expected: expect5(five(told503, told504), [4, 9, 9, 5, 8], 'new'),
  },
  {
    name: '503 to a write that was carried out, then 429 to everything',
    strikes: [onceThen(done(says(503)), says(429))],
    expected: expect5([told429, told504, told504, told504, told504], [4, 9, 9, 5, 8], 'new'),
  },
  {
    name: '503 to a write that was carried out, then 503 to every read',
    strikes: [onceThen(done(says(503)), says(503), ['GET'])],
    // Its repetition meets the version that it made itself: a conflict that nobody can look into is not told as one.
    expected: expect5(five(told503, told504), [4, 7, 7, 5, 6], 'new'),
  },
];

function inAnHour(code: number): Fault['strikes'] {
  const date = () => ({ 'Retry-After': new Date(Date.now() + 3_600_000).toUTCString() });
  return [always(says(code, '', hour)), always((call) => says(code, '', date())(call))];
}

const locked = JSON.stringify({ error_msg: 'AK access failed to reach the limit,forbidden: try later', error_code: 'APIG.0301' });
const iam = (url: string) =>
  JSON.stringify({ iamEndpoint: `${url}/iam`, domain: 'domain', user: 'user', password: credential('password'), project: 'project' });

/** The gateway's own credentials: CCI, IAM or Secrets Manager does not play along. */
export const credentials: Fault[] = [
  { name: '401 to everything', strikes: inEveryForm(401, all), fresh: true, expected: expect5(told500, five(1)) },
  { name: '401, once: a key is not tried again at once', strikes: [first(says(401))], fresh: true, expected: expect5(told500, five(1)) },
  { name: '401 for a key that is locked', strikes: [all(says(401, locked))], fresh: true, expected: expect5(told500, five(1)) },
  { name: '401 to the write alone', strikes: [always(says(401))], fresh: true, expected: expect5(told500, plain) },
  {
    name: '401 for the old key, and the secret holds a new one',
    strikes: [
      ({ headers }) =>
        headers.includes(newKey.accessKey)
          ? undefined
          : (call) => {
              call.rotate();
              says(401)(call);
            },
    ],
    fresh: true,
    expected: expect5('200', [2, 3, 3, 2, 2], 'new'),
  },
  {
    name: '401 for the old key and for the new one in the secret',
    strikes: [
      all((call) => {
        call.rotate();
        says(401)(call);
      }),
    ],
    fresh: true,
    expected: expect5(told500, five(2)),
  },
  {
    name: '401 after a 503 behind which the write was carried out',
    strikes: [onceThen(done(says(503)), says(401))],
    fresh: true,
    // The repetition finds the key refused, so that nothing can be read; what may not be repeated finds it only then.
    expected: expect5([told500, told500, told500, told504, told500], [2, 3, 3, 2, 2], 'new'),
  },
  { name: 'there is no such secret', strikes: [all(hangs)], secret: () => undefined, expected: expect5(told500, five(0)) },
  { name: 'the secret is malformed', strikes: [all(hangs)], secret: () => '{"accessKey":5}', expected: expect5(told500, five(0)) },
  { name: 'IAM refuses the user', strikes: inEveryForm(401, logins).slice(3, 5), secret: iam, expected: expect5(told500, five(0)) },
  { name: 'IAM gives no token', strikes: [logins(says(201, '{}'))], secret: iam, expected: expect5(told500, five(0)) },
  // Whoever follows a Retry-After here logs in again and again.
  { name: 'IAM answers 503', strikes: [logins(says(503))], secret: iam, expected: expect5(told503, five(0)) },
  { name: 'IAM answers 503, once', strikes: [logins(says(503), 1)], secret: iam, expected: expect5('200', plain, 'new') },
  { name: 'IAM hangs up', strikes: [logins(drops)], secret: iam, expected: expect5(told503, five(0)) },
];
