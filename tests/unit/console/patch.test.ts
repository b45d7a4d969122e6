import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../console/text/document.ts';
import { mergePatchBetween } from '../../../console/text/patch.ts';
import { may, type Rule, rulesOfJobs } from '../../../console/text/rules.ts';
import { type JsonObject, parseExactJson, stringifyJson } from '../../../lib/json/json.ts';
import { applyMergePatch } from '../../../lib/json/merge-patch.ts';

const between = (before: string, after: string) => mergePatchBetween(parseYaml(before).value, parseYaml(after).value);
const key = fc.constantFrom('a', 'a.b/c', '__proto__', 'metadata', 'resourceVersion', 'é');
const tree = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>('text', '', 7, 9_007_199_254_740_993n, true, 0.5),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(key, tie('node'), { maxKeys: 4 }),
  ),
})).node;
const job = fc.record({ metadata: fc.dictionary(key, tree, { maxKeys: 4 }), spec: fc.dictionary(key, tree, { maxKeys: 4 }) });
/** As YAML of the flow style, in which JSON is. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? 'BIG' : one)).replaceAll('"BIG"', '9007199254740993');

describe('the merge patch of a draft', () => {
  it('makes of the job what is written, whatever was changed', () => {
    fc.assert(
      fc.property(job, job, (before, after) => {
        const [base, draft] = [textOf({ ...before, metadata: { ...before.metadata, resourceVersion: '1' } }), textOf(after)];
        const patch = parseExactJson(between(base, draft));
        const made = applyMergePatch(parseExactJson(base), patch) as JsonObject;
        // The version is always the one that was read, whatever the draft makes of it.
        const wanted = parseExactJson(draft) as JsonObject;
        const metadata = { ...(wanted.metadata as JsonObject), resourceVersion: '1' };
        expect(sorted(made)).toEqual(sorted({ ...wanted, metadata }));
      }),
      { numRuns: 500 },
    );
  });

  it('names the version that was read, though it is the same, and nothing else that is', () => {
    const base = 'metadata: { name: a, resourceVersion: "5", labels: { x: "1", y: "2" } }\nspec: { ttl: 9007199254740993, args: [a, b] }\n';
    expect(between(base, base)).toBe('{"metadata":{"resourceVersion":"5"}}');
    expect(between(base, base.replace(', y: "2"', '').replace('993', '995'))).toBe(
      '{"metadata":{"resourceVersion":"5","labels":{"y":null}},"spec":{"ttl":9007199254740995}}',
    );
  });

  it.each(['{ name: a }', '{ name: a, resourceVersion: "6" }', '{ name: a, resourceVersion: null }'])(
    'names the version that was read where the draft has %s',
    (metadata) => {
      expect(between('metadata: { name: a, resourceVersion: "5" }\n', `metadata: ${metadata}\n`)).toBe(
        '{"metadata":{"resourceVersion":"5"}}',
      );
    },
  );
  it('names the version that was read where the draft has no metadata', () => {
    expect(between('metadata: { name: a, resourceVersion: "5" }\n', 'spec: {}\n')).toBe(
      '{"spec":{},"metadata":{"name":null,"resourceVersion":"5"}}',
    );
  });

  it('of what is no job, or no JSON, is refused by the gateway and not by the page', () => {
    expect(between('a: 1', '- a')).toBe('["a"]');
    expect(between('a: 1', '')).toBe('null');
    expect(between('metadata: {}\na: 1', 'metadata: {}\na: .inf')).toBe('{"a":"Infinity"}');
  });
});

/** With the keys of all objects in order, and numbers as they are written. */
function sorted(value: unknown): unknown {
  const text = stringifyJson(value as JsonObject) ?? '';
  return JSON.parse(text, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)) : one,
  );
}

describe('what somebody may do', () => {
  const rule = (more: Partial<Rule>): Rule => ({ verbs: ['get'], apiGroups: ['kubeflow.org'], resources: ['tfjobs'], ...more });
  const rights = (...rules: Rule[]) => ({ rules, incomplete: false });

  it('is what one of the rules allows, by verb, group, kind and name', () => {
    expect(may(rights(rule({})), 'get', 'tfjobs', 'a')).toBe(true);
    expect(may(rights(rule({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] })), 'patch', 'mxjobs', 'a')).toBe(true);
    expect(may(rights(rule({ resourceNames: ['b'] })), 'get', 'tfjobs', 'b')).toBe(true);
    for (const more of [
      { resourceNames: ['b'] },
      { verbs: ['list'] },
      { apiGroups: ['batch'] },
      { resources: ['mxjobs', 'tfjobs/status'] },
    ])
      expect(may(rights(rule(more)), 'get', 'tfjobs', 'a'), JSON.stringify(more)).toBe(false);
  });

  it('may be tried where nobody has said, or not all', () => {
    expect([may(undefined, 'get', 'tfjobs', 'a'), may({ rules: [], incomplete: true }, 'get', 'tfjobs', 'a')]).toEqual([true, true]);
  });

  it('with jobs is told, and nothing of other groups', () => {
    expect(rulesOfJobs(rights(rule({}), rule({ apiGroups: ['batch'] }), { verbs: ['get'] }))).toEqual([rule({})]);
  });
});
