import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { Rules } from '../../../../lib/job/decide.ts';
import type { Json, JsonObject } from '../../../../lib/json/json.ts';
import { applyMergePatch } from '../../../../lib/json/merge-patch.ts';
import { causes, changed, job, judge, kubeflow, kubeflowJob, lastApplied, refusal } from '../jobs.ts';

const live = job({ 'metadata.annotations': { old: '1' } });
const start = 'kubectl patch tfjob tfjob-test -n kube-test --type merge -p ';
const no = { 'spec.backoffLimit': 7 };

/** The line at the end of a refusal, or undefined. */
function lineOf(before: JsonObject, requested: JsonObject, rules: Rules = {}, kind?: typeof kubeflow): string | undefined {
  const { code, message } = refusal(before, requested, rules, kind);
  expect(code).toBe(403);
  const [said = '', line, ...more] = message.split('\n');
  expect([said, more]).toEqual([expect.stringMatching(/^tfjobs\.kubeflow\.org "tfjob-test" is forbidden: /), []]);
  return line === undefined ? undefined : (/^you may change: (.*)$/.exec(line) as RegExpExecArray)[1];
}

/** What the line hands to kubectl in a shell. */
function patchOf(line: string | undefined): Json {
  const script = `kubectl() { printf '%s\\0' "$@"; }\n${line}`;
  const args = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(args.slice(0, -1)).toEqual(['patch', 'tfjob', 'tfjob-test', '-n', 'kube-test', '--type', 'merge', '-p']);
  return JSON.parse(args.at(-1) as string);
}

describe('a refusal ends with what of the request may be had (docs/decision.md, way-out):', () => {
  it.each<[string, Record<string, unknown>, Json]>([
    ['a TTL', { 'spec.ttlSecondsAfterFinished': 600 }, { spec: { ttlSecondsAfterFinished: 600 } }],
    ['an integer as it is sent', { 'spec.activeDeadlineSeconds': 600.0 }, { spec: { activeDeadlineSeconds: 600 } }],
    ['a label', { 'metadata.labels.team': 'red' }, { metadata: { labels: { team: 'red' } } }],
    ['all labels taken away', { 'metadata.labels': undefined }, { metadata: { labels: { app: null } } }],
    [
      'an annotation in the place of another',
      { 'metadata.annotations': { new: '2' } },
      { metadata: { annotations: { old: null, new: '2' } } },
    ],
    [
      'all five',
      {
        'metadata.labels.a': 'b',
        'metadata.annotations.c': 'd',
        'spec.activeDeadlineSeconds': 5,
        'spec.ttlSecondsAfterFinished': 6,
        'spec.cleanPodPolicy': 'All',
      },
      {
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
        spec: { activeDeadlineSeconds: 5, ttlSecondsAfterFinished: 6, cleanPodPolicy: 'All' },
      },
    ],
    ['no resourceVersion', { 'metadata.resourceVersion': '72447176', 'metadata.labels.a': 'b' }, { metadata: { labels: { a: 'b' } } }],
    ['what is valid of it', { 'metadata.labels': { app: 'test', 'a b': '1', ok: '2', no: '!' } }, { metadata: { labels: { ok: '2' } } }],
    [
      'the valid ones of the three',
      { 'spec.cleanPodPolicy': 'Some', 'spec.activeDeadlineSeconds': 0, 'spec.ttlSecondsAfterFinished': 0 },
      { spec: { ttlSecondsAfterFinished: 0 } },
    ],
  ])('%s', (_title, changes, patch) => {
    const requested = changed(live, no, changes);
    expect(patchOf(lineOf(live, requested))).toEqual(patch);
  });

  it('the removal of a scalar, in the layout of the upstream', () => {
    const before = kubeflowJob({ 'spec.runPolicy.ttlSecondsAfterFinished': 5 });
    const requested = changed(before, { 'spec.runPolicy.ttlSecondsAfterFinished': undefined, 'spec.runPolicy.backoffLimit': 9 });
    expect(patchOf(lineOf(before, requested, {}, kubeflow))).toEqual({ spec: { runPolicy: { ttlSecondsAfterFinished: null } } });
  });

  it('nothing that is protected, the gateway’s own or last-applied', () => {
    const identity = { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name: 'tfjob-test', namespace: 'kube-test' } };
    const record = { [lastApplied]: JSON.stringify(identity) };
    const before = changed(live, { 'metadata.annotations': { 'tfjob-gateway/x': '1', guarded: 'g', old: '1' } });
    const requested = changed(before, no, {
      'metadata.labels.guarded': 'x',
      'metadata.annotations': { ...record, 'tfjob-gateway/x': '2', a: 'b' },
    });
    const rules = { protectedKeys: ['guarded'] };
    expect(patchOf(lineOf(before, requested, rules))).toEqual({ metadata: { annotations: { old: null, a: 'b' } } });
    const only = changed(before, no, { 'metadata.labels.guarded': 'x', 'metadata.annotations.tfjob-gateway/x': '2' });
    expect(lineOf(before, only, rules)).toBeUndefined();
  });

  it('also where a protected key alone is what was refused', () => {
    const requested = changed(live, { 'metadata.labels': { app: 'new', team: 'x' } });
    expect(patchOf(lineOf(live, requested, { protectedKeys: ['team'] }))).toEqual({ metadata: { labels: { app: 'new' } } });
  });

  it('nothing where nothing may be had', () => {
    expect(lineOf(live, changed(live, no))).toBeUndefined();
    expect(lineOf(live, changed(live, no, { 'spec.cleanPodPolicy': 'Some', 'metadata.labels.a b': '' }))).toBeUndefined();
  });

  it('nothing where the labels would be too many together', () => {
    const full = Object.fromEntries(
      Array.from({ length: 1024 }, (_, n) => [`${'p'.repeat(188)}/${String(n).padStart(4, '0')}`, 'v'.repeat(63)]),
    );
    const before = changed(live, { 'metadata.labels': full });
    expect(lineOf(before, changed(before, no, { 'metadata.labels.a': 'b' }))).toBeUndefined();
  });

  it('up to 1 KB, and nothing where it is longer, or of more labels than anybody would paste', () => {
    const fits = (count: number) => lineOf(live, changed(live, no, { 'metadata.annotations.a': 'x'.repeat(count) }));
    const room = 1024 - `${start}'{"metadata":{"annotations":{"a":""}}}'`.length;
    expect(fits(room)?.length).toBe(1024);
    expect(fits(room + 1)).toBeUndefined();
    expect(lineOf(live, changed(live, no, { 'metadata.annotations.a': 'é'.repeat(room / 2 + 1) }))).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`a${n}`, 'b']));
    expect(lineOf(live, changed(live, no, { 'metadata.labels': many }))).toBeUndefined();
  });

  it('and not where the request has unknown fields under Strict, or is refused for another reason', () => {
    const strict = { validation: { mode: 'Strict' as const, duplicates: [] } };
    expect(refusal(live, changed(live, { 'spec.x': 1, 'spec.ttlSecondsAfterFinished': 5 }), strict).message).not.toContain('kubectl');
    expect(refusal(live, changed(live, { 'metadata.uid': 'other', 'spec.ttlSecondsAfterFinished': 5 })).message).not.toContain('kubectl');
    expect(refusal(live, changed(live, { 'spec.cleanPodPolicy': 'Some', 'spec.ttlSecondsAfterFinished': 5 })).message).not.toContain(
      'kubectl',
    );
    expect(patchOf(lineOf(live, changed(live, no, { 'spec.ttlSecondsAfterFinished': 5 }), strict))).toEqual({
      spec: { ttlSecondsAfterFinished: 5 },
    });
  });

  it('and its causes are what they were', () => {
    const requested = changed(live, no, { 'spec.ttlSecondsAfterFinished': 5 });
    expect(causes(live, requested)).toEqual(causes(live, changed(live, no)));
  });
});

describe('the line survives a shell and a terminal with', () => {
  it.each([
    ['a single quote', "it's 'quoted'"],
    ['double quotes and backslashes', '\\ "a" \\\\ \\"'],
    ['what a shell would expand', '$(touch /tmp/x) `id` $HOME ~ * ? [a] {a,b}'],
    ['what a shell would run', "'; rm -rf / #\n&& || | > <"],
    ['what an interactive shell takes from its history', '!! !$ !-1 ^a^b'],
    ['line ends and tabs', 'a\nb\r\nc\td\v\f'],
    ['all control characters', Array.from({ length: 0xa0 }, (_, n) => String.fromCharCode(n)).join('')],
    ['escape sequences', '\u001b[2J\u001b]0;title\u0007\u009b31m\u001b]52;c;AAAA\u0007'],
    ['what turns the direction of writing', 'a\u202eb\u202c\u2066c\u2069\u200e\u200f\u061c'],
    ['line separators', 'a\u2028b\u2029c\u0085d'],
    ['what is not seen', 'a\u200b\u200d\ufeff\u00ad\u00a0\u3000\u{e0041}\u2800'],
    ['other scripts', '训练任务 — обучение — تدريب — 日本語 — é'],
    ['emoji', '😀👩‍🔬🇨🇳'],
    ['half a character, as it would be written', 'x\ufffdy'],
    ['percent signs', '%s %d %% %n'],
    ['a leading dash', '-p --type json'],
  ])('%s', (_title, value) => {
    const line = lineOf(live, changed(live, no, { 'metadata.annotations.a': value })) as string;
    expect(patchOf(line)).toEqual({ metadata: { annotations: { a: value } } });
    // Nothing that ends the line, moves the cursor or is not seen.
    expect(line).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u);
    expect(line.match(/'/g)?.length).toBe(2);
  });

  it('a lone surrogate, which is sent as U+FFFD', () => {
    const line = lineOf(live, changed(live, no, { 'metadata.annotations.a': 'x\ud800y' }));
    expect(patchOf(line)).toEqual({ metadata: { annotations: { a: 'x\ufffdy' } } });
  });

  it('names that mean something to JavaScript', () => {
    const before = changed(live, { 'metadata.labels': JSON.parse('{"__proto__":"x","constructor":"y"}') });
    const requested = changed(before, no, { 'metadata.labels': JSON.parse('{"toString":"z"}') });
    const line = lineOf(before, requested) as string;
    expect(line).toBe(`${start}'{"metadata":{"labels":{"__proto__":null,"constructor":null,"toString":"z"}}}'`);
    const patched = applyMergePatch(before, JSON.parse(line.slice(start.length + 1, -1))) as JsonObject;
    expect(judge(before, patched)).toMatchObject({ outcome: 'change', object: { metadata: { labels: { toString: 'z' } } } });
  });

  it('nothing that a terminal would act on in the rest of the message either', () => {
    const odd = '\u001b[2J\u202e\u0085\u009b31m';
    const requested = changed(live, { [`spec.x${odd}`]: `a${odd}`, 'spec.y': odd, [`metadata.${odd}`]: 1 });
    const { message, details } = refusal(live, requested);
    expect(message).toContain('\\u001b[2J\\u202e\\u0085\\u009b31m');
    for (const text of [message, ...(details?.causes ?? []).flatMap((cause) => [cause.field ?? '', cause.message])]) {
      expect(text).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u);
    }
  });
});
