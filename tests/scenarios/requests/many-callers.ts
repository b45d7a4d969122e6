/** Callers that all change one job at once, and an account of what became of each: by its answer and by the job's history. */
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../../lib/json/json.ts';
import { mergePatch } from '../../../local/cci/merge-patch.ts';
import { type HttpCall, invoke, type Result } from '../../load/invoke.ts';

const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
/** The annotation that names who wrote last: with it every version tells by whose request it was made. */
export const writer = 'example.com/writer';
const markOf = (caller: number) => `example.com/caller-${caller}`;
const marksOf = (caller: number) => ({ [markOf(caller)]: 'was here', [writer]: String(caller) });

type Texts = Record<string, string>;
type Job = JsonObject & { metadata: JsonObject & { annotations?: Texts; resourceVersion?: string } };
type Makes = (before: Texts) => Texts;

/** A request, and which annotations it makes of those before it. */
interface Asked {
  call: HttpCall;
  makes: Makes;
}
/** What one caller asked in which way, and what it was answered. */
export interface Account {
  caller: number;
  way: Way;
  /** Undefined where the caller could not even read the job. */
  result: Result | undefined;
  makes: Makes;
}
export type Way = keyof typeof ways;

/** The ways to ask for one's own annotations and for nothing else. `base` is the job that a caller has read. */
const ways = {
  /** One trip to CCI. */
  'merge patch': (caller) => patched(caller, 'merge-patch'),
  /** Strict, so that it is decided on the live job. */
  'merge patch, read first': (caller) => patched(caller, 'merge-patch', { query: { fieldValidation: 'Strict' } }),
  'merge patch with a resourceVersion': (caller, base) => patched(caller, 'merge-patch', { version: base.metadata.resourceVersion }),
  'JSON patch': (caller) => patched(caller, 'json-patch'),
  /** It insists on who wrote before it. */
  'JSON patch with a test': (caller, base) => patched(caller, 'json-patch', { after: base.metadata.annotations?.[writer] }),
  'PUT without a resourceVersion': (caller, base) => replaced(caller, base, { resourceVersion: null }),
  'PUT with a resourceVersion': (caller, base) => replaced(caller, base, {}),
} satisfies Record<string, (caller: number, base: Job) => Asked>;

/** Does what a caller of this way does: where it needs to know the job, and no `base` is given, it reads it first. */
export async function ask(caller: number, way: Way, base?: Job): Promise<Account> {
  const known = base ?? (ways[way].length > 1 ? await readJob() : ({} as Job));
  if (!known) return { caller, way, result: undefined, makes: (before) => before };
  const { call, makes } = ways[way](caller, known);
  return { caller, way, result: await invoke(call), makes };
}

/** The job as a caller reads it, or undefined where the read is refused. */
export async function readJob(): Promise<Job | undefined> {
  const { status, text = '' } = await invoke({ method: 'GET', path });
  return status === 200 ? (JSON.parse(text) as Job) : undefined;
}

interface PatchOptions {
  query?: Texts;
  version?: string | undefined;
  after?: string | undefined;
}
function patched(caller: number, type: 'merge-patch' | 'json-patch', { query = {}, version, after }: PatchOptions = {}): Asked {
  const pointer = (annotation: string) => `/metadata/annotations/${annotation.replaceAll('/', '~1')}`;
  const test = after === undefined ? [] : [{ op: 'test', path: pointer(writer), value: after }];
  const operations = Object.entries(marksOf(caller)).map(([key, value]) => ({ op: 'add', path: pointer(key), value }));
  const merge = { metadata: { annotations: marksOf(caller), ...(version !== undefined && { resourceVersion: version }) } };
  const body = type === 'merge-patch' ? merge : [...test, ...operations];
  const call = { method: 'PATCH', path, query, contentType: `application/${type}+json`, body };
  return { call, makes: (before) => ({ ...before, ...marksOf(caller) }) };
}

function replaced(caller: number, base: Job, metadata: JsonObject): Asked {
  const annotations = { ...base.metadata.annotations, ...marksOf(caller) };
  const body = mergePatch(base, { metadata: { annotations, ...metadata } }) as JsonObject;
  return { call: { method: 'PUT', path, body }, makes: () => annotations };
}

/**
 * What speaks against the gateway, in one sentence each. `versions` is the job's history from the version before the first caller on.
 * Lost: 200, but in no version. Doubled: in more than one. A lie: an answer that says nothing was written (all but 500 and 504), but it
 * was. Torn: a version that is not the one before it with exactly what its writer asked for.
 */
export function mistakesOf(
  accounts: readonly Account[],
  versions: readonly string[],
): Record<'lost' | 'doubled' | 'lies' | 'torn', string[]> {
  const jobs = versions.map((text) => JSON.parse(text) as Job);
  const byCaller = new Map(accounts.map((account) => [account.caller, account]));
  const times = new Map<number, number>();
  const torn: string[] = [];
  for (const [index, job] of jobs.entries()) {
    const before = jobs[index - 1];
    if (!before) continue;
    const caller = Number(job.metadata.annotations?.[writer]);
    times.set(caller, (times.get(caller) ?? 0) + 1);
    const expected = byCaller.get(caller)?.makes(before.metadata.annotations ?? {});
    const whole = isDeepStrictEqual(job.metadata.annotations, expected) && isDeepStrictEqual(rest(job), rest(before));
    if (!whole) torn.push(`version ${job.metadata.resourceVersion} is not what caller ${caller} asked for`);
  }
  const timesOf = ({ caller }: Account) => times.get(caller) ?? 0;
  const those = (wrong: (status: number | undefined, written: number) => boolean) =>
    accounts
      .filter((account) => wrong(account.result?.status, timesOf(account)))
      .map((account) => `caller ${account.caller} (${account.way}): ${account.result?.status}, in ${timesOf(account)} versions`);
  return {
    lost: those((status, written) => status === 200 && written === 0),
    doubled: those((_, written) => written > 1),
    lies: those((status, written) => ![200, 500, 504].includes(status ?? 0) && written > 0),
    torn,
  };
}

/** A job without what every one of the callers changes. */
function rest({ metadata: { annotations: _, resourceVersion: __, ...metadata }, ...job }: Job): object {
  return { ...job, metadata };
}

/** Which callers were told that it was done, and have their mark in this version. */
export function doneAndMarked(accounts: readonly Account[], version = ''): { done: number[]; marked: number[] } {
  const { annotations = {} } = (JSON.parse(version) as Job).metadata;
  const done = accounts.filter(({ result }) => result?.status === 200).map(({ caller }) => caller);
  return { done, marked: done.filter((caller) => markOf(caller) in annotations) };
}

/** How often each way was answered how, as lines of a table. */
export function countsOf(accounts: readonly Account[]): string {
  const answerOf = ({ result }: Account) => String(result ? (result.status ?? result.error) : 'not read');
  const answers = [...new Set(accounts.map(answerOf))].sort();
  const rows = [...new Set(accounts.map(({ way }) => way))].sort().map((way) => {
    const counts = answers.map((answer) => accounts.filter((one) => one.way === way && answerOf(one) === answer).length);
    return [way.padEnd(34), ...counts.map((count, index) => String(count).padStart(Math.max(6, answers[index]?.length ?? 0)))].join(' ');
  });
  return [['answered'.padEnd(34), ...answers.map((answer) => answer.padStart(6))].join(' '), ...rows].join('\n');
}
