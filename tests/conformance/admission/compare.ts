import { isDeepStrictEqual } from 'node:util';
import { comparable } from '../differential/twins.ts';
import type { Answer, Loose } from '../http.ts';
import type { Caller } from './draw.ts';
import { explanation, withAsciiWarnings } from './meant.ts';

/** What an answer says. Of a success `body` is the object, without what no two clusters share. */
export interface Said {
  status: number;
  reason: string | undefined;
  message: string | undefined;
  details: Loose;
  warnings: string[];
  body: Loose;
}
/** One request, what both sides said, and what became of its job on both. */
export interface Asked {
  title: string;
  caller: Caller;
  request: string;
  direct: Said;
  through: Said;
  before: Record<'direct' | 'through', Loose>;
  stored: Record<'direct' | 'through', Loose>;
}
/** Where the two sides differ. */
export type Difference = 'status' | 'reason' | 'message' | 'details' | 'warnings' | 'body' | 'stored';

/** Reads an answer. Warnings are sorted: the API server has no order of policies. */
export function said({ status, headers, body }: Answer): Said {
  const { uid, ...details } = body?.details ?? {};
  const text = Buffer.from(String(headers.warning ?? ''), 'latin1').toString('utf8');
  const warnings = [...text.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) => quoted.replace(/\\(.)/g, '$1')).sort();
  if (status < 300) return { status, reason: undefined, message: undefined, details: {}, warnings, body: comparable(body) };
  return { status, reason: body?.reason, message: body?.message, details, warnings, body: undefined };
}

/** All differences of a request's answers and of what was stored. */
export function differencesOf({ direct, through, stored }: Asked): Difference[] {
  const names = ['status', 'reason', 'message', 'details', 'warnings', 'body'] as const;
  const found: Difference[] = names.filter((name) => !isDeepStrictEqual(direct[name], through[name]));
  if (!isDeepStrictEqual(comparable(stored.direct), comparable(stored.through))) found.push('stored');
  return found;
}

/** What is wrong with a request's answers, or undefined where they are alike or differ as they are meant to. */
export function compareAnswers(asked: Asked, manifests: readonly Loose[]): string | undefined {
  const inAscii = withAsciiWarnings(asked);
  const differences = differencesOf(inAscii);
  if (differences.length === 0) return undefined;
  return explanation(inAscii, differences, manifests) ? undefined : `the two differ in ${differences.join(', ')}`;
}
