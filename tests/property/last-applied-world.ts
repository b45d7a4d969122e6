import fc from 'fast-check';
import { decide } from '../../lib/job/decide.ts';
import type { JobKind } from '../../lib/job/kinds.ts';
import { parseRequested } from '../../lib/job/rules/shape.ts';
import { getPath, isObject, type Json, type JsonObject, own, parseExactJson } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { StatusError } from '../../lib/status.ts';
import { patchUpdate } from '../../lib/update/patch.ts';
import { somebody } from '../fakes/user.ts';
import { applyPatch, lastApplied, recordFor, recordOf, withRecord } from '../kubectl-apply.ts';
import { copyOf, objectOf, refOf, runPolicyFields } from './jobs.ts';
import { canonical } from './oracle.ts';

export const protectedKeys = ['team', 'p.io/*'];
const rules = { protectedKeys };
const isFixed = (key: string): boolean => key === 'team' || key.startsWith('p.io/') || key.startsWith('tfjob-gateway/');

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const record = (fields: Record<string, fc.Arbitrary<Json | undefined>>): fc.Arbitrary<JsonObject> =>
  fc.tuple(...Object.values(fields)).map((values) => objectOf(Object.keys(fields).map((key, i) => [key, values[i]])));
const weighted = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> => fc.oneof({ weight: 6, arbitrary: usual }, rare);

const text = weighted<Json | undefined>(optional(fc.constantFrom('v', 'w')), fc.constantFrom<Json[]>(null));
const maps = (...keys: string[]): fc.Arbitrary<Json | undefined> =>
  weighted<Json | undefined>(optional(record(Object.fromEntries(keys.map((key) => [key, text])))), fc.constantFrom<Json[]>(null, {}));
const policies = { ttlSecondsAfterFinished: optional(fc.constantFrom<Json>(5, 600, null)), cleanPodPolicy: optional(fc.constant('All')) };
const limits = { backoffLimit: optional(fc.constantFrom<Json>(3, 6, null)), suspend: optional(fc.constantFrom<Json>(true, false, null)) };

/** What a file or a job says beside its identity: anything of a small world, so that files, records and jobs often meet. */
export const contents = (kind: JobKind): fc.Arbitrary<JsonObject> => {
  const replicas = record({ replicas: optional(fc.constantFrom(1, 2)), template: optional(record({ image: fc.constantFrom('a', 'b') })) });
  const replicaSpecs = optional(record({ Worker: optional(replicas) }));
  const runPolicy = weighted<Json | undefined>(optional(record({ ...policies, ...limits })), fc.constantFrom<Json[]>(null, {}));
  const spec =
    kind.layout === 'cci'
      ? record({ ...policies, ...limits, [kind.replicaSpecs]: replicaSpecs })
      : record({ runPolicy, [kind.replicaSpecs]: replicaSpecs });
  return fc
    .tuple(
      maps('a', 'b', 'team'),
      maps('note', 'p.io/x', 'tfjob-gateway/k'),
      weighted<JsonObject | undefined>(spec, fc.constant(undefined)),
    )
    .map(([labels, annotations, inSpec]) =>
      objectOf([
        ['apiVersion', 'kubeflow.org/v1'],
        ['kind', kind.kind],
        [
          'metadata',
          objectOf([
            ['name', 'tfjob-test'],
            ['namespace', 'kube-test'],
            ['labels', labels],
            ['annotations', annotations],
          ]),
        ],
        ['spec', inSpec],
      ]),
    );
};

/** A job as the server holds it: no nulls, no empty maps of metadata, and a version. */
export function stored(job: JsonObject, version: number): JsonObject {
  const copy = applyMergePatch({}, copyOf(job)) as JsonObject;
  const metadata = copy.metadata as JsonObject;
  for (const name of ['labels', 'annotations']) if (Object.keys((metadata[name] ?? {}) as object).length === 0) delete metadata[name];
  return { ...copy, metadata: { ...metadata, uid: 'u', resourceVersion: String(version) } };
}

/** The part of a job that no caller may change, with whether it has a record: what has one, `apply --prune` deletes. */
export function fixedPart(kind: JobKind, job: JsonObject): string {
  const copy = copyOf(job);
  const metadata = copy.metadata as JsonObject;
  delete metadata.resourceVersion;
  const hasRecord = recordOf(job) !== undefined;
  for (const name of ['labels', 'annotations']) {
    const entries = Object.entries((metadata[name] ?? {}) as JsonObject).filter(([key]) => isFixed(key));
    metadata[name] = objectOf(entries);
  }
  const holder = getPath(copy, kind.policyIn);
  if (isObject(holder)) for (const field of runPolicyFields) delete holder[field];
  // {} says what absent says: a patch that removes a field of a runPolicy that is not there leaves one behind.
  for (const [object, name] of [
    [own(copy, 'spec'), 'runPolicy'],
    [copy, 'spec'],
  ] as const) {
    if (isObject(object) && isObject(object[name]) && Object.keys(object[name]).length === 0) delete object[name];
  }
  return canonical({ ...copy, hasRecord });
}

/** The fields beside the five that kubectl lets a server-side apply take over without a conflict: those that the record holds as they are. */
export function takenOver(kind: JobKind, job: JsonObject): string[] {
  const applied = parsed(recordOf(job) ?? '');
  const held = (value: Json | undefined, isSound: (one: Json) => boolean) => value === undefined || value === null || isSound(value);
  const isText = (value: Json) => typeof value === 'string';
  const isSound = (['labels', 'annotations'] as const).every((name) =>
    held(getPath(applied, ['metadata', name]), (map) => isObject(map) && Object.values(map).every((value) => held(value, isText))),
  );
  const policy = getPath(applied, kind.policyIn);
  const isNumber = (value: Json) => typeof value === 'number';
  const isTyped = held(own(policy, 'ttlSecondsAfterFinished'), isNumber) && held(own(policy, 'cleanPodPolicy'), isText);
  const isJob = isObject(applied) && isObject(own(applied, 'metadata')) && held(own(applied, 'spec'), isObject);
  if (!isJob || !isSound || !isTyped) return [];
  const fixed = parseExactJson(fixedPart(kind, applied as JsonObject)) as JsonObject;
  return leaves(fixed, parseExactJson(fixedPart(kind, job)), '');
}

function leaves(value: JsonObject, live: Json | undefined, path: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const theirs = own(live, name);
    if (isObject(member) && isObject(theirs) && Object.keys(member).length > 0) return leaves(member, theirs, `${path}.${name}`);
    return theirs !== undefined && canonical(member) === canonical(theirs) ? [`${path}.${name}`] : [];
  });
}

/** The JSON of a text, or undefined. */
export function parsed(text: string): Json | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** What a caller sends. */
export type Request =
  | { type: 'put'; body: JsonObject }
  | { type: 'application/merge-patch+json' | 'application/json-patch+json'; patch: Json };

/** What the gateway makes of a caller's request: the job that it writes, or undefined where it refuses or has nothing to write. */
export function sentThrough(kind: JobKind, live: JsonObject, request: Request): JsonObject | undefined {
  const ref = refOf(kind);
  const answer = { status: 200, job: live, text: JSON.stringify(live) };
  try {
    if (request.type === 'put') {
      const decision = decide(kind, ref, live, parseRequested(kind, ref, request.body), rules);
      return decision.outcome === 'change' ? decision.object : undefined;
    }
    const update = patchUpdate({
      kind,
      ref,
      user: somebody,
      mayRead: true,
      rules,
      dryRun: false,
      type: request.type,
      patch: request.patch,
    });
    if (update.passThrough) return applyMergePatch(live, update.passThrough) as JsonObject;
    const decision = decide(kind, ref, live, update.requested(answer), update.rules);
    return decision.outcome === 'change' ? decision.object : undefined;
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

/** The members of an object at any depth, each by its holder. */
function places(holder: JsonObject): { holder: JsonObject; key: string }[] {
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...(isObject(holder[key]) ? places(holder[key] as JsonObject) : [])]);
}

const garbage: Json[] = [null, {}, [], 'x', 5, true, { a: null }, { team: 'x' }, { suspend: null, backoffLimit: 3 }];
const plants = [
  'labels',
  'annotations',
  'runPolicy',
  'suspend',
  'backoffLimit',
  'team',
  'a',
  'spec',
  'metadata',
  'ttlSecondsAfterFinished',
];

/** A record as an attacker or a tool may write it: of a file, of the live job, or of the record that is there, changed in some places. */
export function forged(live: JsonObject, file: JsonObject, picks: readonly number[]): string {
  const [from = 0, ...changes] = picks;
  const base = [file, live, parsed(recordOf(live) ?? '') ?? file, { ...file, spec: {} }][from % 4] as Json;
  if (!isObject(base)) return JSON.stringify(base);
  const copy = parseExactJson(recordFor({ ...base, metadata: (base.metadata ?? {}) as Json })) as JsonObject;
  for (const pick of changes) {
    const all = places(copy).filter(({ key }) => !['apiVersion', 'kind', 'name', 'namespace'].includes(key) || pick % 17 === 0);
    const place = all[pick % all.length];
    if (!place) continue;
    const value = garbage[Math.floor(pick / 7) % garbage.length] as Json;
    const inner = place.holder[place.key];
    if (pick % 3 === 0) delete place.holder[place.key];
    else if (pick % 3 === 1 && isObject(inner)) inner[plants[Math.floor(pick / 11) % plants.length] as string] = copyOf(value);
    else place.holder[place.key] = copyOf(value);
  }
  return JSON.stringify(copy);
}

/** The request by which a record, and labels with it, reach the gateway through one of its doors. */
export function carrying(live: JsonObject, value: Json, door: number): Request {
  const type = 'application/merge-patch+json';
  const record = { [lastApplied]: value };
  if (door % 4 === 0) return { type, patch: { metadata: { annotations: record } } };
  if (door % 4 === 1) return { type, patch: { metadata: { annotations: { ...record, note: 'n' }, labels: { a: 'w', b: null } } } };
  if (door % 4 === 2) return { type: 'put', body: typeof value === 'string' ? withRecord(live, value) : withRecord(live, undefined) };
  const { [lastApplied]: _old, ...others } = (getPath(live, ['metadata', 'annotations']) ?? {}) as JsonObject;
  const annotations = value === null ? others : { ...others, ...record };
  return { type: 'application/json-patch+json', patch: [{ op: 'add', path: '/metadata/annotations', value: annotations }] };
}

/** The request that a caller's `kubectl apply -f` makes; undefined where kubectl sends none. */
export function applying(live: JsonObject, file: JsonObject): Request | undefined {
  const patch = applyPatch(file, live);
  return patch && { type: 'application/merge-patch+json', patch };
}

/** A file that a caller could apply: the live job, or only its identity, with labels, annotations and policies of another. */
export function callersFile(kind: JobKind, live: JsonObject, other: JsonObject, pick: number): JsonObject {
  const applied = parsed(recordOf(live) ?? '');
  const base = copyOf([live, applied, {}][pick % 3] ?? {});
  const metadata = { ...(isObject(base) ? ((own(base, 'metadata') ?? {}) as JsonObject) : {}) };
  for (const name of ['uid', 'resourceVersion', 'managedFields']) delete metadata[name];
  const theirs = other.metadata as JsonObject;
  const free = (map: Json | undefined) => objectOf(Object.entries((map ?? {}) as JsonObject).filter(([key]) => !isFixed(key)));
  const kept = (map: Json | undefined) => objectOf(Object.entries((map ?? {}) as JsonObject).filter(([key]) => isFixed(key)));
  for (const name of ['labels', 'annotations']) {
    if (pick % 5 === 0 && !metadata[name]) continue;
    metadata[name] = { ...kept(metadata[name] as Json), ...free(theirs[name]) };
  }
  const file: JsonObject = { ...(isObject(base) ? base : {}), apiVersion: 'kubeflow.org/v1', kind: kind.kind, metadata };
  Object.assign(metadata, { name: 'tfjob-test', namespace: 'kube-test' });
  const policy = getPath(other, kind.policyIn);
  const patch = objectOf(runPolicyFields.map((name) => [name, own(policy, name)]));
  const inPlace = kind.policyIn.reduceRight<Json>((inner, key) => ({ [key]: inner }), patch);
  return withRecord(applyMergePatch(file, inPlace) as JsonObject, undefined);
}
