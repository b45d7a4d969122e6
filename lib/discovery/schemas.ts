import * as v from 'valibot';
import { group, type JobKind, version } from '../job/kinds.ts';
import { ObjectMeta, ReplicaSpec, RunPolicy } from '../job/schema.ts';

const text = v.optional(v.string());
const count = v.optional(v.pipe(v.number(), v.integer()));
const texts = v.nullish(v.array(v.looseObject({ type: v.string(), status: v.string(), reason: text, message: text })));

/** What CCI says of a job's progress (tables 159–161). The gateway passes it on and never judges it. */
export const JobStatus = v.looseObject({
  conditions: texts,
  replicaStatuses: v.nullish(v.record(v.string(), v.looseObject({ active: count, succeeded: count, failed: count }))),
  startTime: v.nullish(v.string()),
  completionTime: v.nullish(v.string()),
  lastReconcileTime: v.nullish(v.string()),
});

/** Kubernetes' ListMeta. */
export const ListMeta = v.looseObject({
  continue: text,
  remainingItemCount: count,
  resourceVersion: text,
  selfLink: text,
});

/** The answer to every mistake (lib/job/status.ts). */
export const Status = v.looseObject({
  kind: v.literal('Status'),
  apiVersion: v.literal('v1'),
  metadata: v.optional(v.looseObject({})),
  status: v.literal('Failure'),
  message: v.string(),
  reason: text,
  code: count,
  details: v.optional(
    v.looseObject({
      name: text,
      group: text,
      kind: text,
      uid: text,
      causes: v.optional(v.array(v.looseObject({ reason: text, message: text, field: text }))),
      retryAfterSeconds: count,
    }),
  ),
  errorCode: text,
});

/** What every kind of job is made of. */
export const sharedSchemas = { ObjectMeta, ListMeta, ReplicaSpec, RunPolicy, JobStatus, Status };

/** A job of a kind, whose spec is one of these. */
export function jobSchema({ kind }: JobKind, spec: v.GenericSchema) {
  return v.looseObject({
    apiVersion: v.literal(`${group}/${version}`),
    kind: v.literal(kind),
    metadata: ObjectMeta,
    spec,
    status: v.optional(JobStatus),
  });
}

/** A list of jobs of a kind. */
export function listSchema({ kind }: JobKind, job: v.GenericSchema) {
  return v.looseObject({
    apiVersion: v.literal(`${group}/${version}`),
    kind: v.literal(`${kind}List`),
    metadata: ListMeta,
    items: v.array(job),
  });
}
