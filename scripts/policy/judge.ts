import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { authenticated, type UserInfo } from '../../lib/callers/user-info.ts';
import type { Cci } from '../../lib/cci/client.ts';
import type { Layout } from '../../lib/job/fields.ts';
import { type JobKind, jobKinds } from '../../lib/job/kinds.ts';
import { requestedVersion } from '../../lib/job/rules/resource-version.ts';
import { parseRequested } from '../../lib/job/rules/shape.ts';
import { getPath, type Json, type JsonObject, parseExactJson, stringifyJson } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { requireAccess } from '../../lib/policy/access.ts';
import type { Explained, Verdict } from '../../lib/policy/admission.ts';
import { createPolicies, type Policies } from '../../lib/policy/policies.ts';
import { defaultPolicyMaxCost } from '../../lib/runtime/config.ts';
import { createRequestContext } from '../../lib/runtime/request-context.ts';
import { type Status, StatusError } from '../../lib/status.ts';
import type { JobUpdate, UpdateResult } from '../../lib/update/job-update.ts';
import { patchUpdate } from '../../lib/update/patch.ts';
import { updateJob } from '../../lib/update/update-job.ts';
import { checkPolicies } from '../manifests/check.ts';
import { PolicyError } from '../manifests/mistakes.ts';
import { UsageError } from './usage.ts';

/** A write that is judged: who asks, of which live job, and the patch or the whole object that he sends. */
export interface Asked {
  layout: Layout;
  user: string;
  groups: readonly string[];
  live: JsonObject;
  change: { patch: Json } | { object: JsonObject };
}
/** What the gateway would do. Nothing is written anywhere: it is a dry run. */
export interface Judged {
  /** The refusal; undefined where it is allowed. */
  refused: { status: Status; rule: string | undefined } | undefined;
  outcome: UpdateResult['outcome'] | undefined;
  warnings: readonly string[];
  /** Of the last review by admission policies; undefined where there was none. */
  verdict: Verdict | undefined;
}

/** The policies of a folder. Throws PolicyError with every mistake where they cannot be loaded. */
export async function policiesOf(folder: string): Promise<Policies> {
  const { objects, mistakes } = await checkPolicies(folder);
  if (!objects) throw new PolicyError(mistakes);
  return createPolicies({ digest: folder, ...objects }, defaultPolicyMaxCost);
}

/** What becomes of a write: authorization, the decision and admission, as the gateway asks them. `explain` is told each expression. */
export async function judge(policies: Policies, asked: Asked, explain: (explained: Explained) => void = () => undefined): Promise<Judged> {
  let verdict: Verdict | undefined;
  const { admission } = policies;
  const observed = admission && {
    ...admission,
    review: (request: Parameters<typeof admission.review>[0]) => {
      verdict = admission.review(request, explain);
      return verdict;
    },
  };
  const context = createRequestContext(Date.now() + 60_000, () => undefined);
  try {
    const update = updateOf(policies, asked);
    const result = await updateJob({ cci: upstreamOf(asked.live), policies: { ...policies, admission: observed } }, update, context);
    return {
      refused: undefined,
      outcome: result.outcome,
      warnings: [...(result.warnings ?? []), ...(result.policyWarnings ?? [])],
      verdict,
    };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { refused: { status: error.status, rule: error.rule }, outcome: undefined, warnings: error.warnings, verdict };
  }
}

function updateOf(policies: Policies, { layout, user: username, groups, live, change }: Asked): JobUpdate {
  const kind = kindOf(layout, live);
  const { namespace = 'default', name = '' } = live.metadata as { namespace?: string; name?: string };
  const ref = { kind, namespace, name };
  const user: UserInfo = { username, uid: '', groups: [...groups, authenticated], extra: {} };
  const verb = 'object' in change ? 'update' : 'patch';
  const { mayRead } = requireAccess(policies, user, { verb, target: { kind, namespace, name } });
  const common = { kind, ref, user, mayRead, rules: {}, dryRun: true };
  if ('patch' in change) {
    const type = Array.isArray(change.patch) ? 'application/json-patch+json' : 'application/merge-patch+json';
    return patchUpdate({ ...common, type, patch: change.patch });
  }
  const requested = parseRequested(kind, ref, change.object);
  return { ...common, requested: () => requested, conditional: requestedVersion(requested) !== undefined };
}

function kindOf(layout: Layout, live: JsonObject): JobKind {
  const kind = jobKinds[layout].find((one) => one.kind === live.kind);
  if (kind) return kind;
  throw new UsageError(
    `the live job's kind is ${JSON.stringify(live.kind)}; in the layout ${layout} there are ${jobKinds[layout].map((one) => one.kind).join(', ')}`,
  );
}

/** An upstream that has one job, and that a dry run only reads. */
function upstreamOf(live: JsonObject): Cci {
  const unasked = () => Promise.reject(new Error('a dry run only reads'));
  return {
    isUnwell: false,
    read: async () => ({ status: 200, job: live, text: stringifyJson(live) ?? '' }),
    write: unasked,
    fetch: unasked,
    watch: unasked,
  };
}

const sample = new URL('../../events/replace-tfjob.json', import.meta.url);

/** The documented job, with what a merge patch makes of it. */
export async function sampleJob(patch: Json = {}): Promise<JsonObject> {
  return applyMergePatch(parseExactJson(await readFile(sample, 'utf8')), patch) as JsonObject;
}

/** What a YAML or JSON file holds. Throws UsageError where it cannot be read. */
export async function readYaml(file: string): Promise<Json> {
  try {
    return exact(parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The JSON of a value that a YAML parser read. */
export function exact(value: unknown): Json {
  return parseExactJson(JSON.stringify(value ?? null));
}

/** Where a job is, as a line names it. */
export function nameOf(live: JsonObject): string {
  return `${String(live.kind)} ${String(getPath(live, ['metadata', 'namespace']))}/${String(getPath(live, ['metadata', 'name']))}`;
}
