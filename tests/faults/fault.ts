import type { Certificate } from '../../local/certificate.ts';
import { type Act, http, type Strike } from './upstream.ts';

/** One row of the matrix: what goes wrong, and what docs/upstream.md says must come of it in each column. */
export interface Fault {
  name: string;
  /** What befalls the calls, in one or several ways that must all end alike. */
  strikes: readonly Strike[];
  expected: Five<string>;
  /** Milliseconds that the request has left when it comes; default: all 27 s. */
  left?: number;
  /** Each way needs a gateway and an upstream of its own: the one remembers refused credentials, the other what was closed. */
  fresh?: boolean;
  /** The endpoint as configured, where it is not the upstream's. */
  endpoint?: (url: string) => string;
  certificate?: Certificate;
  /** What the upstream says to whoever does not begin with an HTTP request. */
  toNoise?: string;
  /** The secret's text where it is not an access key; undefined where there is none. */
  secret?: (url: string) => string | undefined;
}

/** One thing for each column: read, write, write with resourceVersion, merge patch, merge patch with resourceVersion. */
export type Five<T> = readonly [T, T, T, T, T];
type Stored = 'old' | 'new';

/** The same for every column, or one for the read and another for each of the writes. */
export function five<T>(read: T, writes: T = read): Five<T> {
  return [read, writes, writes, writes, writes];
}

/** What is expected, in the words of `inWords`: the answer, the number of calls, and for a write which job is stored. */
export function expect5(answers: string | Five<string>, calls: Five<number>, stored: Stored | Five<Stored> = 'old'): Five<string> {
  const [read, ...writes] = calls.map((number, column) => {
    const answer = typeof answers === 'string' ? answers : answers[column];
    const words = `${answer}, ${number} call${number === 1 ? '' : 's'}`;
    return column === 0 ? words : `${words}, ${typeof stored === 'string' ? stored : stored[column]}`;
  });
  return [read, ...writes] as unknown as Five<string>;
}

// The numbers of calls that recur. A write is a GET and a PUT; a merge patch of the five fields is one PATCH.
/** Nothing is repeated. */
export const plain: Five<number> = [1, 2, 2, 1, 1];
/** As `plain`, and the outcome of a write is settled by one more GET. */
export const settled: Five<number> = [1, 3, 3, 2, 2];
/** As `settled`, but a read is tried four times. */
export const settledOrRetried: Five<number> = [4, 3, 3, 2, 2];

/** How errors are worded: CCI itself, the API gateway before it, the plain form, IAM's two, a proxy's page, and nothing. */
const forms: ((code: number) => string)[] = [
  (code) =>
    JSON.stringify({
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: `said by CCI: ${code}`, code },
      ...{ errorCode: `CCI.01.${code}101`, details: { retryAfterSeconds: 1 } },
    }),
  (code) => JSON.stringify({ error_msg: `said by the API gateway: ${code}`, error_code: 'APIG.0201', request_id: '4ef9a0d7' }),
  (code) => JSON.stringify({ error_msg: `said plainly: ${code}`, error_code: 'AS.0001' }),
  (code) => JSON.stringify({ error: { code, message: `said by IAM: ${code}`, title: 'Title' } }),
  (code) => JSON.stringify({ error_msg: `said by IAM: ${code}`, error_code: 'IAM.0101' }),
  (code) => `<html><body><h1>${code}</h1></body></html>`,
  () => '',
];

/** An error in every form, as so many ways of one fault. */
export function inEveryForm(code: number, strike: (act: Act) => Strike): Strike[] {
  return forms.map((form) => strike(({ socket }) => socket.write(http(code, form(code)))));
}
