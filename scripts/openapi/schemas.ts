/** The schemas of docs/openapi.yaml: those of the served document for both layouts at once, and those of patches and of other forms. */
import * as v from 'valibot';
import { type JsonSchema, openApiSchemas } from '../../lib/discovery/json-schema.ts';
import { jobSchema, listSchema, sharedSchemas } from '../../lib/discovery/schemas.ts';
import { fieldCount, type Layout, membersOf, type Place } from '../../lib/job/fields.ts';
import { type JobKind, jobKind, jobKinds } from '../../lib/job/kinds.ts';
import { jobSpecSchema, valueSchema } from '../../lib/job/schema.ts';

/** Every kind of job that some layout has. */
export const kinds: readonly JobKind[] = [...new Map([...jobKinds.kubeflow, ...jobKinds.cci].map((kind) => [kind.kind, kind])).values()];

export const reference = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

/** All schemas, by the names under which operations refer to them. */
export function schemaComponents(): Record<string, JsonSchema> {
  const ofKinds = Object.assign({}, ...kinds.map(schemasOf)) as Record<string, v.GenericSchema>;
  const converted = openApiSchemas({ ...ofKinds, ...sharedSchemas, MergePatch: mergePatch() }, '3.1', (name) => name);
  return {
    Job: oneOfKinds('A training job of one of the kinds.', (kind) => kind),
    JobList: oneOfKinds('A list of training jobs of one kind.', (kind) => `${kind}List`),
    ...converted,
    ObjectMeta: named(converted.ObjectMeta as JsonSchema),
    MergePatch: {
      ...converted.MergePatch,
      description: `The fields that are to change (RFC 7386); null removes one. Others may be named if they stay as they are. A patch that names nothing but the ${fieldCount} fields costs one call of the upstream.`,
    },
    ...others,
  };
}

/** The name is checked with the URL's, and so is not in the schema that says which type each member has. */
function named({ properties = {}, ...schema }: JsonSchema): JsonSchema {
  return { ...schema, required: ['name'], properties: { ...properties, name: { ...properties.name, type: 'string', minLength: 1 } } };
}

function oneOfKinds(description: string, nameOf: (kind: string) => string): JsonSchema {
  const names = kinds.map(({ kind }) => nameOf(kind));
  const mapping = Object.fromEntries(names.map((name) => [name, `#/components/schemas/${name}`]));
  return { description, oneOf: names.map(reference), discriminator: { propertyName: 'kind', mapping } };
}

function schemasOf(kind: JobKind): Record<string, v.GenericSchema> {
  const specs = Object.fromEntries(
    (['cci', 'kubeflow'] as const).flatMap((layout) => {
      const found = jobKind(layout, kind.plural);
      return found ? [[`${layout === 'cci' ? 'Cci' : 'Kubeflow'}${kind.kind}Spec`, jobSpecSchema(found) as v.GenericSchema]] : [];
    }),
  );
  const [only, ...rest] = Object.values(specs) as [v.GenericSchema, ...v.GenericSchema[]];
  const job = jobSchema(kind, rest.length === 0 ? only : v.union([only, ...rest]));
  return { [kind.kind]: job, ...specs, [`${kind.kind}List`]: listSchema(kind, job) };
}

function mergePatch(): v.GenericSchema {
  const fieldsIn = (layout: Layout, place: Place) => membersOf(layout, place, ({ value }) => v.nullish(valueSchema(value)));
  const inSpec = { ...fieldsIn('cci', 'spec'), ...fieldsIn('kubeflow', 'spec') };
  // On a patch, unlike a PUT, it can be neither emptied nor "0".
  const resourceVersion = v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d*$/)));
  return v.looseObject({
    metadata: v.optional(v.looseObject({ ...fieldsIn('kubeflow', 'metadata'), resourceVersion })),
    spec: v.optional(v.looseObject({ ...inSpec, runPolicy: v.optional(v.looseObject(fieldsIn('kubeflow', 'spec.runPolicy'))) })),
  });
}

const pointer = '^(/[\\s\\S]*)?$';
const others: Record<string, JsonSchema> = {
  JsonPatch: {
    description: 'At most 10000 operations on the job, one after the other (RFC 6902). If one fails, a test included, nothing is written.',
    type: 'array',
    maxItems: 10_000,
    items: {
      type: 'object',
      required: ['op', 'path'],
      properties: {
        op: { type: 'string', enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
        path: { type: 'string', pattern: pointer, description: 'A JSON pointer.' },
        from: { type: 'string', pattern: pointer, description: 'A JSON pointer, for move and copy.' },
        value: { description: 'For add, replace and test. Left out, it is null.' },
      },
      if: { properties: { op: { enum: ['move', 'copy'] } } },
      // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own word
      then: { required: ['from'] },
    },
  },
  Table: {
    description: 'Jobs as kubectl prints them, with the upstream’s own columns.',
    type: 'object',
    required: ['kind', 'apiVersion', 'columnDefinitions', 'rows'],
    properties: {
      kind: { type: 'string', const: 'Table' },
      apiVersion: { type: 'string', const: 'meta.k8s.io/v1' },
      metadata: reference('ListMeta'),
      columnDefinitions: { type: 'array', items: { type: 'object' } },
      rows: { type: 'array', items: { type: 'object' } },
    },
  },
  PartialObjectMetadata: {
    description: 'The metadata of a job alone.',
    type: 'object',
    required: ['kind', 'apiVersion', 'metadata'],
    properties: {
      kind: { type: 'string', const: 'PartialObjectMetadata' },
      apiVersion: { type: 'string', const: 'meta.k8s.io/v1' },
      metadata: reference('ObjectMeta'),
    },
  },
  PartialObjectMetadataList: {
    description: 'The metadata of jobs alone.',
    type: 'object',
    required: ['kind', 'apiVersion', 'metadata', 'items'],
    properties: {
      kind: { type: 'string', const: 'PartialObjectMetadataList' },
      apiVersion: { type: 'string', const: 'meta.k8s.io/v1' },
      metadata: reference('ListMeta'),
      items: { type: 'array', items: reference('PartialObjectMetadata') },
    },
  },
};
