/** The paths of docs/openapi.yaml. */
import { aggregatedType, discoveryDocuments } from '../../lib/discovery/documents.ts';
import {
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  pretty,
  readParameters,
  writeParameters,
} from '../../lib/discovery/parameters.ts';
import { fieldCount, fields, listed as listedNames } from '../../lib/job/fields.ts';
import { group, layouts, version } from '../../lib/job/kinds.ts';
import type { ReviewKind } from '../../lib/reviews/kinds.ts';
import { protobufType, reviews } from '../../lib/reviews/review.ts';
import { always, refusalsOf, success, upstream } from './answers.ts';
import { kinds, reference } from './schemas.ts';

const groupPath = `/apis/${group}/${version}`;
const inNamespace = `${groupPath}/namespaces/{namespace}/{plural}`;

const plural = {
  name: 'plural',
  in: 'path',
  required: true,
  description: 'The kind of job. The cci layout has tfjobs, pytorchjobs and mxjobs; another kind is answered 404 there.',
  schema: { type: 'string', enum: kinds.map((kind) => kind.plural) },
  example: 'tfjobs',
};
const named = (parameter: Parameter, { name, nameMax }: { name: RegExp; nameMax: number }, example: string) => ({
  ...parameter,
  schema: { type: 'string', pattern: name.source, maxLength: nameMax },
  example,
});
const namespace = named(namespaceParameter, layouts.cci, 'kube-test');
const name = named(nameParameter, layouts.kubeflow, 'tfjob-test');
const watch: Parameter = {
  name: 'watch',
  in: 'query',
  description: 'Served where the gateway was deployed with watch=on (docs/watch.md); else anything but false is answered 405.',
  schema: { type: 'string', pattern: '^(0|[Ff][Aa][Ll][Ss][Ee])$' },
};

const example = (named: string) => ({ examples: { [named]: { $ref: `#/components/examples/${named}` } } });

/** A read is answered in the form that the Accept header asks for. */
function readAnswer(description: string, job: string, metadata: string): object {
  return success(description, {
    'application/json': { schema: { anyOf: [reference(job), reference('Table'), reference(metadata)] } },
    'application/yaml': { schema: reference(job) },
  });
}

const told = {
  Warning: { $ref: '#/components/headers/Warning' },
  'X-Changed-Fields': { $ref: '#/components/headers/X-Changed-Fields' },
};
const inYaml = { 'application/yaml': { schema: reference('Job') } };
const writeAnswers = {
  '200': success(
    'Done, or there was nothing to do: the job as it is now, or under dryRun as it would be.',
    { 'application/json': { schema: reference('Job'), ...example('Job') }, ...inYaml },
    told,
  ),
  '201': success('As 200, where the upstream says so.', { 'application/json': { schema: reference('Job') }, ...inYaml }, told),
  ...refusalsOf(upstream),
};

const oneJob = {
  parameters: [plural, namespace, name],
  get: {
    tags: ['jobs'],
    operationId: 'readJob',
    summary: 'Read a job',
    parameters: readParameters,
    responses: { '200': readAnswer('The job.', 'Job', 'PartialObjectMetadata'), ...refusalsOf(upstream) },
  },
  put: {
    tags: ['jobs'],
    operationId: 'replaceJob',
    summary: `Replace the ${fieldCount} fields of a job`,
    description: `The body is the whole job. What it says of ${listedNames(fields)} becomes the job’s; one of these that is left out is removed. If anything else differs in meaning, nothing is written: 403 with one cause for each field. Fields that the server owns (status, generation and such) are ignored.`,
    parameters: writeParameters,
    requestBody: {
      required: true,
      description: 'The job, at most 3 MiB; gzip is read.',
      content: { 'application/json': { schema: reference('Job'), ...example('Job') }, 'application/yaml': { schema: reference('Job') } },
    },
    responses: writeAnswers,
  },
  patch: {
    tags: ['jobs'],
    operationId: 'patchJob',
    summary: `Patch the ${fieldCount} fields of a job`,
    description: `What the patch makes of the job is judged as if it had been put. A merge patch of nothing but the ${fieldCount} fields may be sent on without a read of the job. It may then bring up to 1 KiB of labels and of annotations, and nobody adds them to those that are there: many such patches can take a map above its limits. What is too much can always be taken away again.`,
    parameters: writeParameters,
    requestBody: {
      required: true,
      description: 'The patch, at most 3 MiB; gzip is read.',
      content: {
        'application/merge-patch+json': { schema: reference('MergePatch'), ...example('MergePatch') },
        'application/json-patch+json': { schema: reference('JsonPatch'), ...example('JsonPatch') },
      },
    },
    responses: writeAnswers,
  },
};

function listed(operationId: string, summary: string): object {
  return {
    tags: ['jobs'],
    operationId,
    summary,
    parameters: [...listParameters, watch],
    responses: { '200': readAnswer('The jobs.', 'JobList', 'PartialObjectMetadataList'), ...refusalsOf(upstream) },
  };
}

const discovery: Record<string, string> = {
  '/version': 'The level of the Kubernetes API',
  '/api': 'The versions of the core group: none',
  '/apis': 'The groups',
  [`/apis/${group}`]: 'The group',
  [groupPath]: 'The kinds and what can be done with them',
  '/apis/authentication.k8s.io': 'The group in which a caller asks who he is',
  '/apis/authentication.k8s.io/v1': 'What can be asked there',
  '/apis/authorization.k8s.io': 'The group in which a caller asks what he may do',
  '/apis/authorization.k8s.io/v1': 'What can be asked there',
  '/openapi/v3': 'Where the schemas are',
  [`/openapi/v3${groupPath}`]: 'The schemas, as OpenAPI 3.0.0',
};

const questions: Record<string, string> = {
  selfsubjectaccessreviews: 'Ask whether one may do something (kubectl auth can-i)',
  selfsubjectrulesreviews: 'Ask what one may do in a namespace (kubectl auth can-i --list)',
  selfsubjectreviews: 'Ask who one is (kubectl auth whoami)',
};

function asked([path, { kind, plural }]: [string, ReviewKind]): [string, object] {
  const content = { 'application/json': { schema: { type: 'object' } } };
  const body = { ...content, [protobufType]: { schema: { type: 'string', format: 'binary' } } };
  const responses = { '201': success(`The ${kind}, with its status.`, content), ...refusalsOf([...always, 400, 405, 406, 413, 415, 422]) };
  const operation = {
    tags: ['discovery'],
    operationId: `create${kind}`,
    summary: questions[plural],
    parameters: [pretty],
    requestBody: { content: body },
    responses,
  };
  return [path, { post: operation }];
}

/** All paths with their operations. Throws where a path of discovery has no summary. */
export function paths(): Record<string, object> {
  const documents = Object.entries(discoveryDocuments('cci')).map(([path, { aggregated }]) => {
    const summary = discovery[path];
    if (summary === undefined) throw new Error(`${path} has no summary`);
    const forms = ['application/json', ...(aggregated === undefined ? [] : [aggregatedType])];
    const content = Object.fromEntries(forms.map((type) => [type, { schema: { type: 'object' } }]));
    const operationId = `read${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
    const responses = { '200': success(`${summary}.`, content), ...refusalsOf([...always, 406]) };
    return [path, { get: { tags: ['discovery'], operationId, summary, parameters: [pretty], responses } }];
  });
  return {
    [`${inNamespace}/{name}`]: oneJob,
    [inNamespace]: { parameters: [plural, namespace], get: listed('listJobs', 'List the jobs of a namespace') },
    [`${groupPath}/{plural}`]: { parameters: [plural], get: listed('listAllJobs', 'List the jobs of all namespaces') },
    ...Object.fromEntries(documents),
    ...Object.fromEntries(Object.entries(reviews).map(asked)),
  };
}
