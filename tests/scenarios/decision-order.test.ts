import { describe, expect, it } from 'vitest';
import { type Rule, refusingRules } from '../../lib/rule.ts';
import { type Answer, jobPath, type Loose, put, requested, reset, type Sending, useGateway } from './gateway.ts';
import { jsonPatch, mergePatch } from './patch/request.ts';

useGateway();

const key = 'app.kubernetes.io/instance';
const record = 'kubectl.kubernetes.io/last-applied-configuration';
/** What is wrong with a request: with how it is sent, with its body, or with the job in it. */
interface Mistake {
  rule: Rule;
  send?: (sending: Required<Sending>) => void;
  body?: string | object;
  job?: (job: Loose) => void;
}
const sent = (rule: Rule, send: Mistake['send'] = () => undefined): Mistake => ({ rule, send });
const job = (rule: Rule, edit: NonNullable<Mistake['job']>): Mistake => ({ rule, job: edit });

/** The mistakes that any write can make, in the order of the rules. */
const ofAll: Mistake[] = [
  sent('impersonation', ({ headers }) => Object.assign(headers, { 'impersonate-user': 'x' })),
  sent('path', (sending) => Object.assign(sending, { path: jobPath.replace('tfjobs', 'pods') })),
  sent('accept', ({ headers }) => Object.assign(headers, { accept: 'text/html' })),
  sent('query', (sending) => Object.assign(sending, { query: '?dryRun=Some' })),
  sent('media-type', ({ headers }) => Object.assign(headers, { 'content-type': 'text/plain' })),
  { rule: 'body-size', body: 'x'.repeat(3 * 1024 * 1024 + 1) },
  { rule: 'syntax', body: '{bad' },
];
const ofPut: Mistake[] = [
  ...ofAll,
  job('shape', ({ metadata }) => Object.assign(metadata, { finalizers: 'x' })),
  job('identity', ({ metadata }) => Object.assign(metadata, { uid: 'x' })),
  job('resource-version', ({ metadata }) => Object.assign(metadata, { resourceVersion: '1' })),
  job('field-validation', ({ spec }) => Object.assign(spec, { unknown: 1 })),
  job('immutable-field', ({ spec }) => Object.assign(spec, { backoffLimit: 7 })),
  job('protected-key', ({ metadata }) => Object.assign(metadata.labels, { [key]: 'x' })),
  job('server-owned', ({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2030-01-01T00:00:00Z' })),
  job('last-applied', ({ metadata }) => Object.assign(metadata, { annotations: { [record]: 'none' } })),
];
const ofPatch: Mistake[] = [
  ...ofAll,
  {
    rule: 'patch',
    body: [
      { op: 'test', path: '/kind', value: 'x' },
      { op: 'replace', path: '/metadata/labels', value: 'x' },
    ],
  },
  { rule: 'shape', body: [{ op: 'replace', path: '/metadata', value: { labels: 'x', name: 'x' } }] },
  { rule: 'identity', body: [{ op: 'replace', path: '/metadata', value: { name: 'x', resourceVersion: '' } }] },
  {
    rule: 'resource-version',
    body: [{ op: 'replace', path: '/metadata', value: { name: 'tfjob-test', resourceVersion: '1', finalizers: ['x'] } }],
  },
];

/** A request with every mistake from one on; the first mistake in the body is the body, where it is no edit of the job. */
function request(method: string, type: string, mistakes: readonly Mistake[]): Promise<Answer> {
  const sending: Required<Sending> = { method, path: jobPath, query: '?fieldValidation=Strict', headers: { 'content-type': type } };
  for (const mistake of mistakes) mistake.send?.(sending);
  const body = mistakes.find((mistake) => mistake.body !== undefined)?.body;
  const whole = requested((live) => {
    for (const mistake of mistakes) mistake.job?.(live);
  });
  return put(body ?? whole, sending);
}

describe('of several mistakes the first rule refuses, in the order of docs/decision.md:', () => {
  it.each<[string, string, Mistake[]]>([
    ['PUT', 'application/json', ofPut],
    ['PATCH', jsonPatch, ofPatch],
  ])('%s', async (method, type, mistakes) => {
    const refusedBy: (string | null)[] = [];
    for (const [index] of mistakes.entries()) {
      await reset();
      refusedBy.push((await request(method, type, mistakes.slice(index))).headers.get('x-refused-by'));
    }
    expect(refusedBy).toEqual(mistakes.map(({ rule }) => rule));
  });

  it('and those of the mistakes above stand in that order in the list of rules', () => {
    const places = (mistakes: readonly Mistake[]) => mistakes.map(({ rule }) => refusingRules.indexOf(rule));
    for (const mistakes of [ofPatch, ofPut.filter(({ rule }) => rule !== 'last-applied')]) {
      expect(places(mistakes)).toEqual(places(mistakes).toSorted((a, b) => a - b));
    }
  });
});

describe('a refusal with several causes names the rule of the first:', () => {
  it('a patch of a protected key with a wrong value names protected-key, and field-value once the key is gone', async () => {
    const labels = (of: object) => ({ metadata: { labels: of }, spec: { cleanPodPolicy: 'Some' } });
    const patch = async (body: object) => {
      const { status, headers } = await put(body, { method: 'PATCH', headers: { 'content-type': mergePatch } });
      return [status, headers.get('x-refused-by')];
    };
    expect(await patch(labels({ [key]: 'x', 'a b': 'c' }))).toEqual([403, 'protected-key']);
    expect(await patch(labels({ 'a b': 'c' }))).toEqual([422, 'field-value']);
  });
});
