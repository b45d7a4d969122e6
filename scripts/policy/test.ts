import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import type { JsonObject } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { refusingRules } from '../../lib/rule.ts';
import { PolicyError } from '../manifests/mistakes.ts';
import { type Asked, exact, type Judged, judge, policiesOf, readYaml, sampleJob } from './judge.ts';
import { UsageError } from './usage.ts';

const json = v.unknown();
const Refused = v.strictObject({
  code: v.optional(v.number('is a number, such as 422, and not in quotes')),
  reason: v.optional(v.string()),
  message: v.optional(v.string()),
  rule: v.optional(v.picklist(refusingRules, `is none of the rules: ${refusingRules.join(', ')}`)),
  warnings: v.optional(v.array(v.string())),
  auditAnnotations: v.optional(v.record(v.string(), v.string())),
});
const Allowed = v.literal('allowed');
/** What is expected of a case: `allowed`, or the refusal; a message is a part of it. What is not said may be anything. */
const Expected = v.lazy((input): typeof Refused | typeof Allowed => (typeof input === 'object' ? Refused : Allowed));
const OneCase = v.strictObject({
  title: v.string(),
  user: v.optional(v.string(), 'somebody'),
  groups: v.optional(v.array(v.string()), []),
  /** What the live job has where it is another than the documented one: a merge patch. */
  live: v.optional(json),
  patch: v.optional(json),
  /** The whole job that is sent, as a merge patch of the live one. */
  object: v.optional(json),
  expect: Expected,
});
const Case = v.pipe(
  OneCase,
  v.check(({ patch, object }) => (patch === undefined) !== (object === undefined), 'a case has either a patch or an object'),
);
const Cases = v.strictObject({
  /** The folder of the manifests, from where the file is. */
  policies: v.string(),
  layout: v.optional(v.picklist(['cci', 'kubeflow']), 'cci'),
  /** The live job of all cases, as that of one. */
  live: v.optional(json),
  cases: v.pipe(v.array(Case), v.minLength(1)),
});
type CaseOf = v.InferOutput<typeof Case>;

/**
 * `npm run policy -- test FILE…`: runs the cases of the files (docs/policies.md) and prints a line for each. Returns the exit code: 0, 1
 * where one went otherwise than expected, 2 where a file or a manifest cannot be loaded.
 */
export async function test(files: string[]): Promise<number> {
  if (files.length === 0) throw new UsageError('usage: npm run policy -- test FILE…');
  let code = 0;
  for (const file of files) code = Math.max(code, await testFile(file));
  return code;
}

async function testFile(file: string): Promise<number> {
  try {
    const { output, issues } = v.safeParse(Cases, await readYaml(file));
    if (!issues) return await run(file, output);
    for (const issue of issues) console.error(`${file}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`);
    return 2;
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function run(file: string, { policies: folder, layout, live: common, cases }: v.InferOutput<typeof Cases>): Promise<number> {
  const policies = await policiesOf(resolve(dirname(file), folder));
  let failed = 0;
  for (const one of cases) {
    const judged = await judge(policies, await askedOf(one, layout, common));
    const differences = differencesOf(judged, one.expect);
    if (differences.length > 0) failed += 1;
    console.log(`${differences.length > 0 ? 'FAIL' : 'pass'}  ${one.title}`);
    for (const difference of differences) console.log(`      ${difference}`);
  }
  console.log(`${file}: ${cases.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

async function askedOf({ user, groups, live: own, patch, object }: CaseOf, layout: Asked['layout'], common: unknown): Promise<Asked> {
  const live = mergeOf(mergeOf(await sampleJob(), common), own);
  return { layout, user, groups, live, change: object === undefined ? { patch: exact(patch) } : { object: mergeOf(live, object) } };
}

function mergeOf(job: JsonObject, patch: unknown): JsonObject {
  return patch === undefined ? job : (applyMergePatch(job, exact(patch)) as JsonObject);
}

function differencesOf({ refused, warnings, verdict }: Judged, expected: v.InferOutput<typeof Expected>): string[] {
  const got = refused && `${refused.status.code} ${refused.status.reason}: ${refused.status.message}`;
  if (expected === 'allowed') return refused ? [`expected it allowed, got ${got}`] : [];
  const { code, reason, message, rule, warnings: warned, auditAnnotations } = expected;
  const isAllowed = [code, reason, message, rule].every((one) => one === undefined);
  const told = got ?? 'it is allowed';
  return [
    ...(isAllowed && refused ? [`expected it allowed, got ${told}`] : []),
    ...(code !== undefined && refused?.status.code !== code ? [`expected code ${code}, got ${told}`] : []),
    ...(reason !== undefined && refused?.status.reason !== reason ? [`expected reason ${reason}, got ${told}`] : []),
    ...(message !== undefined && !refused?.status.message.includes(message)
      ? [`expected a message with ${JSON.stringify(message)}, got ${told}`]
      : []),
    ...(rule !== undefined && refused?.rule !== rule ? [`expected the rule ${rule}, got ${refused?.rule ?? 'none'}`] : []),
    ...(warned ?? [])
      .filter((text) => !warnings.some((one) => one.includes(text)))
      .map((text) => `expected the warning ${JSON.stringify(text)}, got ${JSON.stringify(warnings)}`),
    ...Object.entries(auditAnnotations ?? {})
      .filter(([key, value]) => verdict?.auditAnnotations[key] !== value)
      .map(([key, value]) => `expected the audit annotation ${key}: ${value}, got ${verdict?.auditAnnotations[key] ?? 'none'}`),
  ];
}
