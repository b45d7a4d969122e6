/** The OpenAPI document that Kubernetes clients are served: 3.0.0, with what kubectl looks for in it. */

import type { Layout } from '../job/fields.ts';
import { group, type JobKind, jobKinds, version } from '../job/kinds.ts';
import { jobSpecSchema } from '../job/schema.ts';
import { type JsonSchema, openApiSchemas } from './json-schema.ts';
import {
  listParameters,
  nameParameter,
  namespaceParameter,
  type Parameter,
  readParameters,
  watchParameters,
  writeParameters,
} from './parameters.ts';
import { jobSchema, listSchema, sharedSchemas } from './schemas.ts';

const groupPath = `/apis/${group}/${version}`;
const ofKubernetes = new Set(['ObjectMeta', 'ListMeta', 'Status', 'Patch']);

/** A schema's name as an API server gives it: kubectl prints its last part. */
function nameOf(name: string): string {
  return ofKubernetes.has(name)
    ? `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`
    : `${group.split('.').reverse().join('.')}.${version}.${name}`;
}

const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${nameOf(name)}` });
const content = (schema: JsonSchema, ...types: string[]) => Object.fromEntries(types.map((type) => [type, { schema }]));

/** The document of a layout, whose lists may be watched. Its schemas are those that requests are checked against. */
export function servedOpenApi(layout: Layout, watch = false) {
  const kinds = jobKinds[layout];
  return {
    openapi: '3.0.0',
    info: { title: 'tfjob-gateway', version: 'v1' },
    paths: Object.fromEntries(kinds.flatMap((kind) => pathsOf(kind, watch))),
    components: { schemas: { ...schemasOf(kinds), [nameOf('Patch')]: { description: 'A patch of a job.', type: 'object' } } },
  };
}

function schemasOf(kinds: readonly JobKind[]): Record<string, JsonSchema> {
  const { RunPolicy, ...always } = sharedSchemas;
  const ofKinds = kinds.flatMap((kind) => {
    const spec = jobSpecSchema(kind);
    const job = jobSchema(kind, spec);
    return [
      [kind.kind, job],
      [`${kind.kind}Spec`, spec],
      [`${kind.kind}List`, listSchema(kind, job)],
    ];
  });
  const runPolicy = kinds.some(({ layout }) => layout === 'kubeflow') ? { RunPolicy } : {};
  const schemas = openApiSchemas({ ...Object.fromEntries(ofKinds), ...always, ...runPolicy }, '3.0', nameOf);
  // The kind that a schema is of: kubectl looks schemas up by it.
  for (const { kind } of kinds) {
    for (const name of [kind, `${kind}List`]) {
      (schemas[nameOf(name)] as JsonSchema)['x-kubernetes-group-version-kind'] = [{ group, kind: name, version }];
    }
  }
  return schemas;
}

function pathsOf(kind: JobKind, watch: boolean): [path: string, item: object][] {
  const inNamespace = `${groupPath}/namespaces/{namespace}/${kind.plural}`;
  const listed = { get: operation(kind, 'list', `${kind.kind}List`, watch ? [...listParameters, ...watchParameters] : listParameters) };
  const patchTypes = ['application/json-patch+json', 'application/merge-patch+json'];
  return [
    [`${groupPath}/${kind.plural}`, listed],
    [inNamespace, { parameters: [namespaceParameter], ...listed }],
    [
      `${inNamespace}/{name}`,
      {
        parameters: [nameParameter, namespaceParameter],
        get: operation(kind, 'get', kind.kind, readParameters),
        put: operation(kind, 'put', kind.kind, writeParameters, content(reference(kind.kind), 'application/json', 'application/yaml')),
        patch: operation(kind, 'patch', kind.kind, writeParameters, content(reference('Patch'), ...patchTypes)),
      },
    ],
  ];
}

function operation({ kind }: JobKind, action: string, answer: string, parameters: Parameter[], body?: object) {
  return {
    tags: ['kubeflowOrg_v1'],
    parameters,
    ...(body && { requestBody: { required: true, content: body } }),
    responses: {
      200: { description: 'OK', content: content(reference(answer), 'application/json', 'application/yaml') },
      default: { description: 'A Status', content: content(reference('Status'), 'application/json') },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  };
}
