import { fields, listed, membersOf, type Place } from '../job/fields.ts';
import type { JsonSchema, OpenApiVersion } from './json-schema.ts';

/** What a schema is (under the empty key) and what each of its fields is. */
type Descriptions = Record<string, string>;

const changeable = 'May be changed through this gateway.';
/** What the table of fields says of those in one object. */
const changeableIn = (place: Place): Descriptions => ({
  ...membersOf('cci', place, ({ description }) => `${description} ${changeable}`),
  ...membersOf('kubeflow', place, ({ description }) => `${description} ${changeable}`),
});
const backoffLimit = 'How often the job is tried again before it counts as failed.';

const Job: Descriptions = {
  '': `A training job. Its ${listed(fields)} may be changed through this gateway, and nothing else.`,
  apiVersion: 'The group and version of this object.',
  kind: 'The kind of this object.',
  metadata: 'Which job this is, with its labels and annotations.',
  spec: 'How the job is to run.',
  status: 'How the job is doing. Set by the system; what a request says of it is ignored.',
};

const JobSpec: Descriptions = {
  '': 'How a training job is to run.',
  backoffLimit,
  runPolicy: 'When the job ends and what becomes of it then.',
  replicaSpecs: 'The replicas of the job by their type, such as Worker. May not be changed.',
  successPolicy: 'When the job counts as successful. May not be changed.',
  enableDynamicWorker: 'Whether workers may come and go. May not be changed.',
  ...changeableIn('spec'),
};

const JobList: Descriptions = {
  '': 'A list of training jobs.',
  apiVersion: 'The group and version of this list.',
  kind: 'The kind of this list.',
  metadata: 'The version of the list and where it goes on.',
  items: 'The jobs.',
};

const shared: Record<string, Descriptions> = {
  ObjectMeta: {
    '': `What every Kubernetes object says of itself. Only ${listed(Object.values(membersOf('kubeflow', 'metadata', (field) => field)))} may be changed through this gateway.`,
    name: 'The name of the job, unique among its kind in the namespace.',
    generateName: 'The beginning of a name that was made up when the job was created.',
    namespace: 'The namespace of the job.',
    selfLink: 'The path of the job. Set by the system.',
    uid: 'Tells jobs apart that bear the same name one after the other. If given, it must be that of the job.',
    resourceVersion:
      'The version of the job. If given, it must be the current one, so that nobody else’s change is lost; without it the change is made to whatever the job is.',
    generation: 'How often the spec was changed. Set by the system.',
    creationTimestamp: 'When the job was created. Set by the system.',
    deletionTimestamp: 'When the job will be deleted. Set by the system.',
    deletionGracePeriodSeconds: 'How many seconds the job has to end before it is deleted. Set by the system.',
    ownerReferences: 'The objects that this one depends on. May not be changed.',
    finalizers: 'What must be done before the job is deleted. May not be changed.',
    managedFields: 'Who set which field. Kept by the system.',
    ...changeableIn('metadata'),
  },
  ListMeta: {
    '': 'What every Kubernetes list says of itself.',
    continue: 'Where the list goes on: to be sent as the query parameter of that name. Empty at its end.',
    remainingItemCount: 'How many items follow this part of the list, where that is known.',
    resourceVersion: 'The version of the list.',
    selfLink: 'The path of the list.',
  },
  ReplicaSpec: {
    '': 'One type of replica of a training job. May not be changed.',
    replicas: 'How many replicas of this type there are.',
    template: 'The pods of this type: a PodTemplateSpec of Kubernetes.',
    restartPolicy: 'Whether containers that end are started again: Always, OnFailure, Never or ExitCode.',
  },
  RunPolicy: {
    '': 'When a job ends and what becomes of it then.',
    backoffLimit,
    schedulingPolicy: 'How the pods are scheduled as a group. May not be changed.',
    suspend: 'Whether the job is held. May not be changed.',
    ...changeableIn('spec.runPolicy'),
  },
  JobStatus: {
    '': 'How a training job is doing.',
    conditions: 'What has happened to the job: Created, Running, Restarting, Succeeded, Failed.',
    replicaStatuses: 'How many pods are active, have succeeded and have failed, by the type of replica.',
    startTime: 'When the job was started.',
    completionTime: 'When the job was finished.',
    lastReconcileTime: 'When the system last looked after the job.',
  },
  Status: {
    '': 'Why a request was refused: Kubernetes’ meta/v1 Status.',
    kind: 'The kind of this object.',
    apiVersion: 'The version of this object.',
    metadata: 'Empty.',
    status: 'That it failed.',
    message: 'What went wrong, for people.',
    reason: 'What went wrong, for programs: one word such as Forbidden.',
    code: 'The HTTP status code.',
    details: 'Which object it is about, and one cause for each mistake.',
    errorCode: 'The code of CCI, where CCI refused the request.',
  },
};

function descriptionsOf(name: string): Descriptions {
  return shared[name] ?? (name.endsWith('Spec') ? JobSpec : name.endsWith('List') ? JobList : Job);
}

/** Adds the descriptions of a schema and of its fields. */
export function describe(name: string, schema: JsonSchema, openapi: OpenApiVersion): JsonSchema {
  const of = descriptionsOf(name);
  const properties = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const description = of[key.endsWith('ReplicaSpecs') ? 'replicaSpecs' : key];
    // Beside a reference, OpenAPI 3.0 reads nothing.
    const described = openapi === '3.0' && property.$ref !== undefined ? { description, allOf: [property] } : { description, ...property };
    return [key, described];
  });
  return { description: of[''], ...schema, ...(properties.length > 0 && { properties: Object.fromEntries(properties) }) };
}
