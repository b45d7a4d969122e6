import * as v from 'valibot';
import { at, isObject, type Json, type JsonObject, numberText, own } from '../json/json.ts';
import { isInteger } from '../json/quantity.ts';
import { badRequest, invalid, invalidPatch, type JobRef, type StatusCause } from '../status.ts';
import type { JobKind } from './kinds.ts';

/** Labels and annotations. valibot's record drops members named constructor or __proto__ without a word, so maps are checked by hand. */
export const StringMap = v.nullish(
  v.custom<Record<string, string | null>>((value) => {
    if (!isObject(value)) return false;
    for (const key in value) if (typeof value[key] !== 'string' && value[key] !== null) return false;
    return true;
  }, 'must be a map of strings'),
);
const text = v.nullish(v.string('must be a string'));
/** An integer of any size, in any spelling. */
export const WholeNumber = v.nullish(v.custom<Json>((value) => isInteger(value as Json), 'must be an integer'));
const array = v.nullish(v.array(v.unknown(), 'must be an array'));

/** Kubernetes' ObjectMeta: what is named here is known, and of this type; other members are let through to the comparison. */
export const ObjectMeta = v.looseObject(
  {
    name: v.nullish(v.string('must be a string')),
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: v.nullish(v.pipe(v.string('must be a string'), v.regex(/^\d*$/, 'must be a decimal string'))),
    generation: WholeNumber,
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: WholeNumber,
    labels: StringMap,
    annotations: StringMap,
    ownerReferences: array,
    finalizers: array,
    managedFields: array,
  },
  'must be an object',
);

/** What a request must be before anything is read: an object that says which one it is. */
const RequestedJob = v.looseObject({ apiVersion: text, kind: text, metadata: v.nullish(ObjectMeta) });

const Integer = v.pipe(v.number(), v.integer());
/** The three scalar fields (CCI table 155; Kubeflow's RunPolicy). */
const policy = {
  activeDeadlineSeconds: v.optional(v.pipe(Integer, v.minValue(1))),
  ttlSecondsAfterFinished: v.optional(v.pipe(Integer, v.minValue(0), v.maxValue(2 ** 31 - 1))),
  cleanPodPolicy: v.optional(v.picklist(['All', 'Running', 'None'])),
};
/** A replica spec (CCI table 156): the template below it is Kubernetes' own, and is never judged here. */
export const ReplicaSpec = v.looseObject({
  replicas: v.optional(Integer, 1),
  template: v.looseObject({}),
  restartPolicy: v.optional(v.picklist(['Always', 'OnFailure', 'Never', 'ExitCode'])),
});
/** Kubeflow's RunPolicy: where the `kubeflow` layout keeps the three scalar fields. */
export const RunPolicy = v.looseObject({
  ...policy,
  backoffLimit: v.optional(Integer),
  schedulingPolicy: v.optional(v.looseObject({})),
  suspend: v.optional(v.boolean()),
});

/** The spec of a kind as one layout documents it (CCI tables 154–161, Kubeflow's types). */
export function jobSpecSchema(kind: JobKind) {
  const replicas = { [kind.replicaSpecs]: v.record(v.string(), ReplicaSpec) };
  return kind.layout === 'cci'
    ? v.looseObject({ ...policy, backoffLimit: v.optional(Integer), ...replicas })
    : v.looseObject({
        runPolicy: v.optional(RunPolicy),
        successPolicy: v.optional(v.string()),
        enableDynamicWorker: v.optional(v.boolean()),
        ...replicas,
      });
}

const rootFields = { apiVersion: 0, kind: 0, metadata: 0, spec: 0, status: 0 };

/**
 * Checks what a PUT's body says of itself (docs/decision.md, shape and identity) and returns it as an object. Throws 400 for a wrong shape, a missing kind,
 * apiVersion or name, or one that is not the URL's. Another kind or version of the object is settled against the live job.
 */
export function parseRequested(kind: JobKind, ref: JobRef, body: Json): JsonObject {
  const asKind = `must be of type ${kind.kind}`;
  if (!isObject(body)) throw badRequest('shape', `the object provided is unrecognized (${asKind}): it is not a JSON object`);
  for (const [key, name] of [
    ['kind', 'Kind'],
    ['apiVersion', 'apiVersion'],
  ] as const) {
    if (own(body, key) === undefined || own(body, key) === '' || own(body, key) === null) {
      throw badRequest('shape', `the object provided is unrecognized (${asKind}): Object '${name}' is missing`);
    }
  }
  const { issues } = v.safeParse(RequestedJob, body, { abortEarly: true });
  if (issues) {
    const wrong = `${v.getDotPath(issues[0]) ?? 'metadata'}: ${issues[0].message}`;
    throw badRequest('shape', `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${wrong}`);
  }
  checkIdentity(kind, ref, body);
  return body;
}

/**
 * Checks what a patch made of the live job before it is decided, and returns it as an object. On a PATCH the API server answers 422
 * where a PUT's mistake is 400 or 409, and the resourceVersion may not be emptied.
 */
export function parsePatched(kind: JobKind, ref: JobRef, live: JsonObject, patched: Json): JsonObject {
  if (!isObject(patched)) throw invalidPatch('shape', 'the result is not an object');
  const metadata = own(patched, 'metadata') ?? {};
  if (!isObject(metadata)) throw invalidPatch('shape', 'metadata: must be an object');
  if ((own(patched, 'kind') ?? '') === '') throw invalidPatch('shape', "Object 'Kind' is missing");
  const version = own(metadata, 'resourceVersion') ?? '';
  const { issues } = v.safeParse(RequestedJob, patched, { abortEarly: true });
  const wrong = issues && (v.getDotPath(issues[0]) ?? 'metadata');
  if (issues && !(wrong === 'metadata.resourceVersion' && typeof version === 'string')) {
    throw invalidPatch('shape', `${wrong}: ${issues[0].message}`);
  }
  const expected = `${kind.group}/${kind.version}`;
  if (patched.apiVersion !== expected) {
    throw invalid('identity', kind, ref.name, [wrongValue('apiVersion', patched.apiVersion ?? '', `must be ${expected}`)]);
  }
  checkIdentity(kind, ref, patched);
  if (!/^[1-9]\d*$/.test(String(version))) {
    // Here, and nowhere else, the API server names the resource and not the kind.
    const named = { group: kind.group, kind: kind.plural };
    throw invalid('resource-version', named, ref.name, [wrongValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  const uid = own(metadata, 'uid') ?? '';
  if (uid !== '' && uid !== at(live, ['metadata', 'uid'])) {
    throw invalid('identity', kind, ref.name, [wrongValue('metadata.uid', uid, 'field is immutable')]);
  }
  return patched;
}

function wrongValue(field: string, value: Json, says: string): StatusCause {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : (numberText(value) ?? '0').slice(0, 64);
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${says}`, field };
}

function checkIdentity(kind: JobKind, ref: JobRef, body: JsonObject): void {
  const expected = `${kind.group}/${kind.version}`;
  const shown = (value: unknown): string => String(value).slice(0, 253);
  if (body.apiVersion !== expected) {
    throw badRequest(
      'identity',
      `the API version in the data (${shown(body.apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  const name = own(body.metadata, 'name') ?? '';
  const namespace = own(body.metadata, 'namespace') ?? '';
  if (name === '')
    throw badRequest('identity', `the name of the object (${ref.name} based on URL) was undeterminable: name must be provided`);
  if (name !== ref.name)
    throw badRequest('identity', `the name of the object (${shown(name)}) does not match the name on the URL (${ref.name})`);
  if (namespace !== '' && namespace !== ref.namespace) {
    throw badRequest('identity', 'the namespace of the provided object does not match the namespace sent on the request');
  }
  const folded = foldedReplicas(own(own(body, 'spec'), kind.replicaSpecs));
  if (folded) throw badRequest('shape', `spec.${kind.replicaSpecs}: ${folded} name the same replica type`);
}

function foldedReplicas(replicas: Json | undefined): string | undefined {
  if (!isObject(replicas)) return undefined;
  const seen = new Map<string, string>();
  for (const name of Object.keys(replicas)) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) return `${JSON.stringify(other.slice(0, 63))} and ${JSON.stringify(name.slice(0, 63))}`;
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
}

const known = new WeakMap<JobKind, [path: string[], fields: object][]>();

/** The levels at which an unknown field is an error under fieldValidation=Strict, each with the fields that it knows. */
export function knownFields(kind: JobKind): [path: string[], fields: object][] {
  let levels = known.get(kind);
  if (!levels) {
    levels = [
      [[], rootFields],
      [['metadata'], ObjectMeta.entries],
      [['spec'], jobSpecSchema(kind).entries],
      ...(kind.layout === 'kubeflow' ? [[['spec', 'runPolicy'], RunPolicy.entries] as [string[], object]] : []),
    ];
    known.set(kind, levels);
  }
  return levels;
}
