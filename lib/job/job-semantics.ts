import { type Layout, membersOf, type Place } from './fields.ts';
import { podTemplate } from './pod-semantics.ts';
import { type Complete, defaultsTo, type FieldSemantics, object, omitEmpty, omitEmptyDefault, quantities, skipped } from './semantics.ts';

/** What the operator of one kind writes into a job. */
export interface OperatorDefaults {
  /** A replica's default. Where `replicas` goes by type, other types have no default of either. */
  restartPolicy: string;
  replicas: number | Record<string, number>;
  /** Fields of the kind's own spec. */
  spec: Record<string, FieldSemantics>;
  completeSpec?: Complete;
  completePod?: Complete;
}

/** A job's metadata: what the server owns and the identity are settled elsewhere (docs/decision.md, server-owned and identity). */
const metadata: Record<string, FieldSemantics> = {
  ...Object.fromEntries(
    [
      ['name', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
      ['creationTimestamp', 'generation', 'selfLink', 'managedFields', 'clusterName'],
    ]
      .flat()
      .map((name) => [name, skipped]),
  ),
  generateName: { omittedMeansLive: true, zeroIsAbsent: true },
  ownerReferences: { omittedMeansLive: true },
  finalizers: { omittedMeansLive: true },
};

const runPolicy: Record<string, FieldSemantics> = {
  suspend: defaultsTo(false),
  schedulingPolicy: object({ queue: omitEmpty, priorityClass: omitEmpty, minResources: quantities }),
};

/** The semantics of a kind's replica types: those that the operator names, and all others. */
function replicaTypes({ replicas, restartPolicy, completePod }: OperatorDefaults): FieldSemantics {
  const template = podTemplate(completePod);
  const replica = (count: number): FieldSemantics => ({
    presence: true,
    fields: { replicas: defaultsTo(count), restartPolicy: omitEmptyDefault(restartPolicy), template },
  });
  const other: FieldSemantics = { presence: true, fields: { restartPolicy: omitEmpty, template } };
  return typeof replicas === 'number'
    ? { foldCase: true, each: replica(replicas) }
    : { foldCase: true, each: other, fields: Object.fromEntries(Object.entries(replicas).map(([type, count]) => [type, replica(count)])) };
}

/**
 * The semantics of a whole job of a kind whose replicas stand under `replicaSpecs`; `operator` is what the kind's operator writes into a job.
 * The replaceable fields are not compared: what becomes of them is decided field by field.
 */
export function jobSemantics(layout: Layout, replicaSpecs: string, operator: OperatorDefaults): FieldSemantics {
  const replaceable = (place: Place) => membersOf(layout, place, () => skipped);
  const { completeSpec } = operator;
  return object({
    apiVersion: skipped,
    kind: skipped,
    status: skipped,
    metadata: object({ ...metadata, ...replaceable('metadata') }),
    spec: {
      ...(completeSpec && { complete: completeSpec }),
      fields: {
        ...operator.spec,
        ...replaceable('spec'),
        [replicaSpecs]: replicaTypes(operator),
        runPolicy: { descend: true, fields: { ...(layout === 'kubeflow' && runPolicy), ...replaceable('spec.runPolicy') } },
      },
    },
  });
}
