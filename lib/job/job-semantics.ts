import type { OperatorDefaults } from './operator.ts';
import { podTemplate } from './pod-semantics.ts';
import { defaultsTo, dropped, droppedDefault, object, quantities, type Shape, skipped } from './semantics.ts';

/** A job's metadata: what the server owns, the identity and the two replaceable maps are settled elsewhere (docs/decision.md, server-owned and identity). */
const metadata: Shape = object({
  ...Object.fromEntries(
    [
      ['name', 'namespace', 'uid', 'resourceVersion', 'labels', 'annotations', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
      ['creationTimestamp', 'generation', 'selfLink', 'managedFields', 'clusterName'],
    ]
      .flat()
      .map((name) => [name, skipped]),
  ),
  generateName: { omittedMeansLive: true, zeroIsAbsent: true },
  ownerReferences: { omittedMeansLive: true },
  finalizers: { omittedMeansLive: true },
});

const runPolicy: Record<string, Shape> = {
  suspend: defaultsTo(false),
  schedulingPolicy: object({ queue: dropped, priorityClass: dropped, minResources: quantities }),
};

/** The shapes of a kind's replica types: those that the operator names, and all others. */
function replicaTypes({ replicas, restartPolicy, completePod }: OperatorDefaults): Shape {
  const template = podTemplate(completePod);
  const replica = (count: number): Shape => ({
    presence: true,
    fields: { replicas: defaultsTo(count), restartPolicy: droppedDefault(restartPolicy), template },
  });
  const other: Shape = { presence: true, fields: { restartPolicy: dropped, template } };
  return typeof replicas === 'number'
    ? { foldCase: true, each: replica(replicas) }
    : { foldCase: true, each: other, fields: Object.fromEntries(Object.entries(replicas).map(([type, count]) => [type, replica(count)])) };
}

/**
 * The shape of a whole job of a kind whose replicas stand under `replicaSpecs`. `replaceable` are the names of the replaceable spec
 * fields, `policyIn` where they live; `operator` is what the kind's operator writes into a job.
 */
export function jobShape(
  replicaSpecs: string,
  operator: OperatorDefaults,
  policyIn: readonly string[],
  replaceable: readonly string[],
): Shape {
  const policy = Object.fromEntries(replaceable.map((name) => [name, skipped]));
  const inRunPolicy = policyIn.includes('runPolicy');
  const { completeSpec } = operator;
  return object({
    apiVersion: skipped,
    kind: skipped,
    status: skipped,
    metadata,
    spec: {
      ...(completeSpec && { complete: completeSpec }),
      fields: {
        ...operator.spec,
        ...(inRunPolicy ? {} : policy),
        [replicaSpecs]: replicaTypes(operator),
        runPolicy: { descend: true, fields: inRunPolicy ? { ...policy, ...runPolicy } : {} },
      },
    },
  });
}
