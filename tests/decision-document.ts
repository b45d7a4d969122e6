import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { Loose } from './scenarios/gateway.ts';

/** One example of docs/decision.md, as its introduction explains it. */
export interface Example {
  /** What the live job has where the documented one has something else: values by their paths; null removes. */
  live: Record<string, Loose>;
  /** How many jobs there are like it. */
  copies: number;
  method: string;
  given: Loose;
  path?: string;
  query?: string;
  headers: Record<string, string>;
  caller?: 'none';
  /** The manifests with which the gateway was deployed. */
  policies?: Loose[];
  /** What its environment has beside the usual. */
  environment?: Record<string, string>;
  /** What another writer does to the job before the first PUT arrives. */
  between?: Record<string, Loose>;
  code: number;
  reason: string;
  /** The rule that refuses, if it is not the one that the example belongs to. */
  rule?: string;
  causes?: Record<string, string>;
  message?: string;
  warning?: string;
  /** The verbs of the calls that reached CCI. */
  sent?: string;
  job?: Record<string, Loose>;
}
/** One rule of docs/decision.md. */
export interface DocumentedRule {
  number: number;
  name: string;
  examples: Example[];
}

const methods = ['GET', 'PUT', 'PATCH', 'DELETE'];
const known = [
  'live',
  'copies',
  'path',
  'query',
  'headers',
  'caller',
  'policies',
  'environment',
  'between',
  'answer',
  'rule',
  'causes',
  'message',
  'warning',
  'sent',
  'job',
];

/** The rules of docs/decision.md with their examples. Throws where an example cannot be read. */
export function documentedRules(): DocumentedRule[] {
  const text = readFileSync(new URL('../docs/decision.md', import.meta.url), 'utf8');
  const [, ...sections] = text.split(/^### /m);
  return sections.map((section) => {
    const [, number, name = ''] = /^(\d+)\. (\S+)$/m.exec(section) ?? [];
    const blocks = [...section.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
    return {
      number: Number(number),
      name,
      examples: blocks.flatMap((block) => parseAllDocuments(block).map((one) => exampleOf(name, one.toJS()))),
    };
  });
}

function exampleOf(name: string, written: Record<string, Loose>): Example {
  const [method, ...others] = Object.keys(written).filter((key) => !known.includes(key));
  const [, code, reason = ''] = /^(\d{3})(?: (\w+))?$/.exec(String(written.answer)) ?? [];
  if (method === undefined || others.length > 0 || !methods.includes(method) || code === undefined) {
    throw new Error(`an example of ${name} cannot be read: ${JSON.stringify(written)}`);
  }
  const { answer: _, [method]: given, ...more } = written;
  return { live: {}, copies: 1, headers: {}, ...more, method, given, code: Number(code), reason };
}

/** A value as an example means it: `x × 9` is xxxxxxxxx. */
export function meant(value: Loose): Loose {
  if (typeof value === 'string') return value.replace(/^(\S) × (\d+)$/, (_, one: string, times: string) => one.repeat(Number(times)));
  if (Array.isArray(value)) return value.map(meant);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, meant(member)]));
}

/** Sets what an example names by its paths, such as `spec.backoffLimit`; null removes. */
export function setPaths(job: Loose, changes: Record<string, Loose>): void {
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    const holder = keys.reduce((object, key) => {
      object[key] ??= {};
      return object[key];
    }, job);
    if (value === null) delete holder[last];
    else holder[last] = meant(value);
  }
}
