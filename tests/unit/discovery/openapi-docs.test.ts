import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { discoveryDocuments } from '../../../lib/discovery/documents.ts';
import { jobSchema, Status } from '../../../lib/discovery/schemas.ts';
import { jobKinds } from '../../../lib/job/kinds.ts';
import { jobSpecSchema } from '../../../lib/job/schema.ts';
import { reviews } from '../../../lib/reviews/review.ts';
import { openApiDocument } from '../../../scripts/openapi/document.ts';
import { danglingReferences, type Loose, objectsOf } from './documents.ts';

let text: string;
let document: Loose;
beforeAll(async () => {
  text = await readFile('docs/openapi.yaml', 'utf8');
  document = parse(text);
});

describe('docs/openapi.yaml', () => {
  it('is what scripts/openapi.ts makes of the schemas', async () => {
    expect(text).toBe(await openApiDocument());
  });

  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(parse(text));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
    expect(danglingReferences(document)).toEqual([]);
  });

  it('says of parameters and bodies what the server takes and refuses', () => {
    const found: Loose[] = [...objectsOf(document.paths)].map(([, object]) => object).filter((object) => object.in === 'query');
    const schemaOf = (name: string) => found.find((parameter) => parameter.name === name)?.schema;
    expect(schemaOf('fieldValidation').enum).toEqual(['', 'Ignore', 'Strict', 'Warn']);
    expect(schemaOf('resourceVersionMatch').enum).toEqual(['', 'Exact', 'NotOlderThan']);
    for (const name of ['limit', 'timeoutSeconds']) expect(schemaOf(name).maximum).toBe(999_999_999_999_999);
    const manager = new RegExp(schemaOf('fieldManager').pattern, 'u');
    expect(['kubectl-patch', 'é 你', 'a\nb', 'a\u0000', 'a\u200b'].map((text) => manager.test(text))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    const { ObjectMeta, MergePatch, JsonPatch } = document.components.schemas;
    expect([ObjectMeta.required, ObjectMeta.properties.name]).toEqual([
      ['name'],
      expect.objectContaining({ type: 'string', minLength: 1 }),
    ]);
    expect(MergePatch.properties.metadata.properties.resourceVersion).toMatchObject({ type: 'string', pattern: '^[1-9]\\d*$' });
    const operation = new Ajv2020({ strict: false }).compile(JsonPatch.items);
    const path = '/metadata/labels/app';
    for (const [value, valid] of [
      [{ op: 'replace', path }, true],
      [{ op: 'replace', path: 'metadata' }, false],
      [{ op: 'move', path }, false],
      [{ op: 'copy', path, from: '' }, true],
      [{ op: 'other', path }, false],
    ] as const)
      expect([value, operation(value)]).toEqual([value, valid]);
  });

  it('describes every verb on jobs, and every path of discovery and of reviews', () => {
    const jobs = '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}';
    const operations = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method} ${path}`),
    );
    const discovery = Object.keys(discoveryDocuments('cci')).map((path) => `get ${path}`);
    const ofJobs = [
      `get ${jobs}`,
      `get ${jobs}/{name}`,
      `put ${jobs}/{name}`,
      `patch ${jobs}/{name}`,
      'get /apis/kubeflow.org/v1/{plural}',
    ];
    const asked = Object.keys(reviews).map((path) => `post ${path}`);
    expect(operations.sort()).toEqual([...ofJobs, ...discovery, ...asked].sort());
  });

  it('tells apart every operation by an id, and sums it up', () => {
    const operations = [...objectsOf(document.paths)].map(([, object]) => object).filter(({ responses }) => responses);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { operationId, summary } of operations) expect(summary, operationId).toBeTypeOf('string');
  });

  it('gives every refusal its code, a description and a Status as an example', () => {
    for (const [name, { description, content }] of Object.entries(document.components.responses as Record<string, Loose>)) {
      const { schema, example } = content['application/json'];
      expect(description, name).toBeTypeOf('string');
      expect(schema).toEqual({ $ref: '#/components/schemas/Status' });
      expect(v.is(Status, example), name).toBe(true);
    }
    for (const [path, { responses }] of objectsOf(document.paths)) {
      for (const [code, { $ref }] of Object.entries((responses ?? {}) as Record<string, Loose>)) {
        if (code < '300') continue;
        const { example } = document.components.responses[$ref.split('/').at(-1)].content['application/json'];
        expect(String(example.code), path.join(' ')).toBe(code);
      }
    }
  });

  it('has a job as an example that is one', () => {
    const [kind] = jobKinds.cci;
    if (!kind) throw new Error('no kind');
    expect(v.is(jobSchema(kind, jobSpecSchema(kind)), document.components.examples.Job.value)).toBe(true);
  });

  it('describes each kind in each layout that has it', () => {
    const { TFJob, XGBoostJob, Job } = document.components.schemas;
    expect(TFJob.properties.spec.anyOf).toEqual([
      { $ref: '#/components/schemas/CciTFJobSpec' },
      { $ref: '#/components/schemas/KubeflowTFJobSpec' },
    ]);
    expect(XGBoostJob.properties.spec.$ref).toBe('#/components/schemas/KubeflowXGBoostJobSpec');
    expect(Object.keys(Job.discriminator.mapping)).toEqual(jobKinds.kubeflow.map(({ kind }) => kind));
  });

  it('says that null is read where it is, as in labels that are to be removed', () => {
    const { labels } = document.components.schemas.MergePatch.properties.metadata.properties;
    expect(labels).toEqual({ type: ['object', 'null'], additionalProperties: { type: ['string', 'null'] } });
  });
});
