import * as v from 'valibot';
import { isObject, type Json } from '../json/json.ts';
import { isInteger } from '../json/quantity.ts';
import { type Layout, membersOf, type Place, type ValueType } from './fields.ts';
import type { JobKind } from './kinds.ts';

/** Labels and annotations. valibot's record drops members named constructor or __proto__ without a word, so maps are checked by hand. */
export const StringMap = v.custom<Record<string, string | null>>((value) => {
  if (!isObject(value)) return false;
  for (const key in value) if (typeof value[key] !== 'string' && value[key] !== null) return false;
  return true;
}, 'must be a map of strings');
/** A text, or null. */
export const text = v.nullish(v.string('must be a string'));
/** An integer of any size, in any spelling. */
export const WholeNumber = v.nullish(v.custom<Json>((value) => isInteger(value as Json), 'must be an integer'));
const array = v.nullish(v.array(v.unknown(), 'must be an array'));

const Integer = v.pipe(v.number(), v.integer());

/** The schema of a replaceable field's value; a map's takes nulls as well. */
export function valueSchema(value: ValueType): v.GenericSchema {
  switch (value.type) {
    case 'labels':
    case 'annotations':
      return StringMap;
    case 'integer': {
      const { minimum, maximum } = value;
      return maximum === undefined ? v.pipe(Integer, v.minValue(minimum)) : v.pipe(Integer, v.minValue(minimum), v.maxValue(maximum));
    }
    case 'enum':
      return v.picklist(value.values);
    case 'boolean':
      return v.boolean();
  }
}

/** The schemas of the replaceable fields in one object of a job. */
function replaceable(layout: Layout, place: Place): Record<string, v.GenericSchema> {
  return membersOf(layout, place, ({ value }) => (place === 'metadata' ? v.nullish(valueSchema(value)) : v.optional(valueSchema(value))));
}

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
    ...replaceable('kubeflow', 'metadata'),
    ownerReferences: array,
    finalizers: array,
    managedFields: array,
  },
  'must be an object',
);

/** A replica spec (CCI table 156): the template below it is Kubernetes' own, and is never judged here. */
export const ReplicaSpec = v.looseObject({
  replicas: v.optional(Integer, 1),
  template: v.looseObject({}),
  restartPolicy: v.optional(v.picklist(['Always', 'OnFailure', 'Never', 'ExitCode'])),
});
const runPolicyFields = replaceable('kubeflow', 'spec.runPolicy');
/** Kubeflow's RunPolicy. */
export const RunPolicy = v.looseObject({
  ...runPolicyFields,
  backoffLimit: v.optional(Integer),
  schedulingPolicy: v.optional(v.looseObject({})),
  suspend: v.optional(v.boolean()),
  // A field of both lists stands in its place of the first, as the second has it.
  ...runPolicyFields,
});

/** The spec of a kind as one layout documents it (CCI tables 154–161, Kubeflow's types). */
export function jobSpecSchema(kind: JobKind) {
  const replicas = { [kind.replicaSpecs]: v.record(v.string(), ReplicaSpec) };
  const inSpec = replaceable(kind.layout, 'spec');
  return kind.layout === 'cci'
    ? v.looseObject({ ...inSpec, backoffLimit: v.optional(Integer), ...inSpec, ...replicas })
    : v.looseObject({
        runPolicy: v.optional(RunPolicy),
        successPolicy: v.optional(v.string()),
        enableDynamicWorker: v.optional(v.boolean()),
        ...inSpec,
        ...replicas,
      });
}

const rootFields = { apiVersion: 0, kind: 0, metadata: 0, spec: 0, status: 0 };

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
