import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { curlCommand, kubectlCommand } from '../../../console/text/commands.ts';
import { lineAt, parseYaml } from '../../../console/text/document.ts';
import { applyEdit, renameAt, setAt } from '../../../console/text/edit.ts';
import { changesBetween, fieldsIn, mergeOf } from '../../../console/text/fields.ts';
import { diffLines, hunksOf } from '../../../console/text/lines.ts';
import { locate } from '../../../console/text/locate.ts';
import { parseYaml as readAsGateway } from '../../../lib/http/yaml.ts';
import { dumpYaml } from '../../../lib/http/yaml-writer.ts';
import { decide } from '../../../lib/job/decide.ts';
import type { Json, JsonObject } from '../../../lib/json/json.ts';
import { cci, ref } from '../job/jobs.ts';

const names = [
  'a',
  'a.b',
  'a/b',
  'x]y',
  'x[0]',
  '[0]',
  '0',
  'a].b',
  'é',
  'k: v',
  '#c',
  "q'q",
  'nvidia.com/gpu',
  'A',
  '-dash',
  'x'.repeat(140),
  'a b',
  '…',
  'true',
  '~',
  '1e3',
  'a\nb',
];
const key = fc.constantFrom(...names);
const leaf = fc.constantFrom<Json>('text', 'two\nlines', '*star', 7, true, 'a: b');
const tree = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4 }),
  ),
})).node;

const changed = 'CHANGED-HERE';

/** Every way of changing one leaf: the changed value, or undefined where the n-th leaf is not there. */
function withLeaf(value: Json, count: { left: number }): Json {
  if (typeof value !== 'object' || value === null) return count.left-- === 0 ? changed : value;
  if (Array.isArray(value)) return value.map((one) => withLeaf(one, count));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withLeaf(one as Json, count)]));
}

describe('where a cause is about', () => {
  it('is found in 4,000 jobs, for every path that the gateway tells of a single change', () => {
    let told = 0;
    fc.assert(
      fc.property(tree, fc.nat(5), (node, at) => {
        const small = (zz: Json): JsonObject => ({
          apiVersion: 'kubeflow.org/v1',
          kind: 'TFJob',
          metadata: { name: 'j' },
          spec: { tfReplicaSpecs: { Worker: { template: { zz } } } },
        });
        const [live, requested] = [small(node), small(withLeaf(node, { left: at }))];
        const decision = decide(cci, ref, live, requested);
        if (decision.outcome !== 'refused') return;
        const [cause] = decision.error.status.details?.causes ?? [];
        const text = dumpYaml(requested) as string;
        const { from, to } = locate(parseYaml(text), cause?.field ?? '');
        const wanted = text.indexOf(changed);
        told += 1;
        if (wanted >= 0)
          expect(lineAt(text, from) === lineAt(text, wanted) || (from <= wanted && wanted < to), `${cause?.field} in\n${text}`).toBe(true);
      }),
      { numRuns: 4000, seed: 18 },
    );
    expect(told).toBeGreaterThan(2000);
  });

  it('is the nearest thing above where the field was taken out', () => {
    const text = 'spec:\n  a:\n    b: 1\n  c: 2\n';
    const at = (path: string) => [lineAt(text, locate(parseYaml(text), path).from), locate(parseYaml(text), path).exact];
    expect(at('spec.a.gone')).toEqual([2, false]);
    expect(at('spec.a.b')).toEqual([3, true]);
    expect(at('SPEC.C')).toEqual([4, true]);
  });

  it('is found under an alias and a merge, and for labels in the brackets that causes have', () => {
    const text = 'metadata:\n  labels: &l\n    team: a\n    "a b": c\n  annotations:\n    <<: *l\n';
    const line = (path: string) => lineAt(text, locate(parseYaml(text), path).from);
    expect([line('metadata.labels[team]'), line('metadata.labels[a b]'), line('metadata.annotations[team]')]).toEqual([3, 4, 3]);
  });
});

describe('an edit of one field', () => {
  const value = fc.constantFrom<string | undefined>(
    'v',
    'yes',
    '1e3',
    "q'q",
    'a: b',
    '',
    '0x10',
    'new\nline',
    '# no',
    '\u007f\u0085\u2028',
    '\u202e\ufffe',
    undefined,
  );
  const label = fc.constantFrom('team', 'app.kubernetes.io/name', 'yes', '0644', "it's", 'a.b');
  const map = fc.dictionary(label, fc.constantFrom('a', 'yes', '0644', 'x: y', '', "it's", 'two\nlines'));

  it('changes just that, as the gateway reads the text, whatever stands beside it', () => {
    fc.assert(
      fc.property(map, map, fc.constantFrom('labels', 'annotations'), label, value, (labels, annotations, name, member, to) => {
        const before: JsonObject = { metadata: { name: 'j', labels, annotations }, spec: { backoffLimit: 3 } };
        const text = dumpYaml(before) as string;
        const after = applyEdit(text, setAt(parseYaml(text), ['metadata', name, member], to));
        const maps: Record<string, JsonObject> = { labels: { ...labels }, annotations: { ...annotations } };
        if (to === undefined) delete maps[name]?.[member];
        else (maps[name] as JsonObject)[member] = to;
        const { value: read } = readAsGateway(after, false);
        const metadata = (read as JsonObject).metadata as JsonObject;
        expect([metadata.labels ?? {}, metadata.annotations ?? {}, (read as JsonObject).spec], `${text}\n---\n${after}`).toEqual([
          maps.labels,
          maps.annotations,
          before.spec,
        ]);
      }),
      { numRuns: 2000, seed: 18 },
    );
  });

  it.each([
    ['in a flow map', 'metadata: {labels: {a: b, c: d}}\n', 'metadata: {labels: {a: b, c: d, "x": v}}\n'],
    ['beside nothing', 'metadata:\n  name: j\n', 'metadata:\n  name: j\n  labels:\n    x: v\n'],
    ['with Windows line ends', 'metadata:\r\n  labels:\r\n    x:\r\n', 'metadata:\r\n  labels:\r\n    x: v\r\n'],
    ['where a comment is', 'metadata:\n  labels: # ours\n    x: b # because\n', 'metadata:\n  labels: # ours\n    x: v # because\n'],
    ['without a line break at the end', 'metadata:\n  labels:\n    a: b', 'metadata:\n  labels:\n    a: b\n    x: v\n'],
  ])('is made %s', (_title, text, wanted) => {
    expect(applyEdit(text, setAt(parseYaml(text), ['metadata', 'labels', 'x'], 'v'))).toBe(wanted);
  });

  it('of what an alias stands for is written out, so that nothing else changes', () => {
    const text = 'metadata:\n  labels: &l\n    a: b\n  annotations: *l\n';
    const after = applyEdit(text, setAt(parseYaml(text), ['metadata', 'annotations', 'x'], 'y'));
    expect(parseYaml(after).value).toEqual({ metadata: { labels: { a: 'b' }, annotations: { a: 'b', x: 'y' } } });
  });

  it('gives a key another name and leaves its value', () => {
    const text = 'metadata:\n  labels:\n    old: value\n';
    expect(applyEdit(text, renameAt(parseYaml(text), ['metadata', 'labels', 'old'], 'yes'))).toBe(
      "metadata:\n  labels:\n    'yes': value\n",
    );
  });
});

describe('the fields of two or three versions', () => {
  const of = (labels: JsonObject, ttl?: bigint) =>
    fieldsIn(
      { metadata: { labels: labels as Record<string, string> }, spec: ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl } },
      'cci',
    );
  it('are told apart one by one', () => {
    expect(
      changesBetween(of({ a: '1', b: '2' }, 5n), of({ a: '1', c: '3' }, 6n)).map(({ path, before, after }) => [
        path.join(' '),
        before,
        after,
      ]),
    ).toEqual([
      ['metadata labels b', '2', undefined],
      ['spec ttlSecondsAfterFinished', '5', '6'],
      ['metadata labels c', undefined, '3'],
    ]);
  });
  it('clash only where both changed one to different values', () => {
    const merges = mergeOf(of({ a: '1', b: '1', c: '1' }), of({ a: '2', b: '2', c: '1' }), of({ a: '3', b: '2', c: '9' }));
    expect(merges.map(({ path, clash }) => [path.at(-1), clash])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ]);
  });
});

describe('the difference of two texts', () => {
  it('makes of the first the second, whatever they are', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const found = diffLines(`${a.join('\n')}\n`, `${b.join('\n')}\n`);
        const side = (without: string) => found.filter(({ kind }) => kind !== without).map(({ text }) => text);
        expect([side('+'), side('-')]).toEqual([a.length > 0 ? a : [''], b.length > 0 ? b : ['']]);
        for (const { kind, text, at } of found) if (kind !== '-') expect((b.length > 0 ? b : [''])[at as number]).toBe(text);
      }),
    );
  });
  it('shows a few lines around, and how many it leaves out', () => {
    const text = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const [hunk] = hunksOf(diffLines(text.join('\n'), text.with(10, 'other').join('\n')));
    expect([hunk?.skipped, hunk?.lines.map(({ kind }) => kind).join('')]).toEqual([8, '  -+  ']);
  });
});

describe('a command', () => {
  const target = { root: 'http://127.0.0.1:3000', plural: 'tfjobs', namespace: 'ns', name: 'a.b', withToken: false };
  it('is read by bash as it is meant, whatever a value holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\0', '')),
        (after) => {
          const command = kubectlCommand(target, [{ path: ['metadata', 'annotations', 'k'], before: undefined, after }]);
          const words = execFileSync('bash', ['-euc', `kubectl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8' }).split('\0');
          expect(JSON.parse(words.at(-2) ?? '')).toEqual({ metadata: { annotations: { k: after } } });
        },
      ),
      { numRuns: 25 },
    );
  });
  it('holds nothing that a terminal would act on, or not show', () => {
    const change = { path: ['metadata', 'annotations', 'k'], before: undefined, after: 'a\u007f\u009b2J\u202e\u2028\u{e0041}' };
    for (const command of [kubectlCommand(target, [change]), curlCommand(target, [change])])
      expect(command).toContain(`'{"metadata":{"annotations":{"k":"a\\u007f\\u009b2J\\u202e\\u2028\\udb40\\udc41"}}}'`);
  });
  it('has each part of an address as one word, whatever somebody was led to', () => {
    const odd = { ...target, plural: 'tfjobs; echo owned', namespace: '$(id)' };
    for (const command of [kubectlCommand(odd, []), curlCommand(odd, [])]) {
      const out = execFileSync('bash', ['-euc', `kubectl() { printf '[%s]' "$@"; }; curl() { kubectl "$@"; }\n${command}`], {
        encoding: 'utf8',
      });
      expect(out).not.toMatch(/owned\n|uid=/);
    }
    expect(curlCommand(odd, [])).toContain('/tfjobs%3B%20echo%20owned/');
  });
  it('names a token without holding one, and large numbers as they are', () => {
    const ttl = { path: ['spec', 'activeDeadlineSeconds'], before: '1', after: '9007199254740993' };
    expect(curlCommand({ ...target, withToken: true }, [ttl])).toBe(
      `curl -sS -X PATCH http://127.0.0.1:3000/apis/kubeflow.org/v1/namespaces/ns/tfjobs/a.b -H "authorization: Bearer $TOKEN" -H 'content-type: application/merge-patch+json' --data-binary '{"spec":{"activeDeadlineSeconds":9007199254740993}}'`,
    );
    expect(kubectlCommand({ ...target, withToken: true }, [])).toBe('kubectl get tfjobs a.b -n ns -o yaml');
  });
});
