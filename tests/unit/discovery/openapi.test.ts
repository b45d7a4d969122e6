import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { servedOpenApi } from '../../../lib/discovery/openapi.ts';
import { jobKinds } from '../../../lib/job/kinds.ts';
import { danglingReferences, type Loose, objectsOf } from './documents.ts';

const methods = ['get', 'put', 'patch', 'post', 'delete', 'head', 'options', 'context'];

describe.each(['cci', 'kubeflow'] as const)('the OpenAPI document that is served in the %s layout', (layout) => {
  const document: Loose = JSON.parse(JSON.stringify(servedOpenApi(layout)));
  const { schemas } = document.components;
  const job = (kind: string) => schemas[`org.kubeflow.v1.${kind}`];

  it('is valid, and of the version that kubectl reads', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.0.0');
    expect(danglingReferences(document)).toEqual([]);
  });

  it('holds nothing on which kubectl breaks: no lists of types, no numeric bounds that are exclusive, no null', () => {
    for (const [path, { type, exclusiveMinimum, exclusiveMaximum, nullable, const: constant }] of objectsOf(document)) {
      if (path.at(-1) === 'properties') continue;
      expect(Array.isArray(type), path.join('.')).toBe(false);
      expect([exclusiveMinimum, exclusiveMaximum, nullable, constant], path.join('.')).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('has the verbs that are served, and no others', () => {
    const served = Object.entries(document.paths as Record<string, object>).map(([path, item]) => [
      path.replace(/^\/apis\/kubeflow\.org\/v1/, ''),
      Object.keys(item).filter((key) => methods.includes(key)),
    ]);
    const expected = jobKinds[layout].flatMap(({ plural }) => [
      [`/${plural}`, ['get']],
      [`/namespaces/{namespace}/${plural}`, ['get']],
      [`/namespaces/{namespace}/${plural}/{name}`, ['get', 'put', 'patch']],
    ]);
    expect(served).toEqual(expected);
  });

  it.each(jobKinds[layout])('lets kubectl find $kind and see that its writes are validated here', ({ kind, plural }) => {
    const ofKind = { group: 'kubeflow.org', kind, version: 'v1' };
    expect(job(kind)['x-kubernetes-group-version-kind']).toEqual([ofKind]);
    expect(job(`${kind}List`)['x-kubernetes-group-version-kind']).toEqual([{ ...ofKind, kind: `${kind}List` }]);
    const { get, put, patch } = document.paths[`/apis/kubeflow.org/v1/namespaces/{namespace}/${plural}/{name}`];
    for (const operation of [get, put, patch]) expect(operation['x-kubernetes-group-version-kind']).toEqual(ofKind);
    for (const { parameters } of [put, patch]) {
      expect(parameters.map(({ name }: Loose) => name)).toEqual(['pretty', 'dryRun', 'fieldManager', 'fieldValidation']);
    }
    expect(Object.keys(patch.requestBody.content)).toEqual(['application/json-patch+json', 'application/merge-patch+json']);
  });

  it('describes every field of every object that has a name', () => {
    for (const [name, schema] of Object.entries(schemas as Record<string, Loose>)) {
      expect(schema.description, name).toBeTypeOf('string');
      for (const [field, property] of Object.entries((schema.properties ?? {}) as Record<string, Loose>)) {
        expect(property.description, `${name}.${field}`).toBeTypeOf('string');
      }
    }
  });

  it('says of the three fields of the policy what a request is checked for', () => {
    const { properties } = schemas[layout === 'cci' ? 'org.kubeflow.v1.TFJobSpec' : 'org.kubeflow.v1.RunPolicy'];
    expect(properties.activeDeadlineSeconds).toMatchObject({ type: 'integer', format: 'int64', minimum: 1 });
    expect(properties.ttlSecondsAfterFinished).toMatchObject({ type: 'integer', format: 'int32', minimum: 0, maximum: 2147483647 });
    expect(properties.cleanPodPolicy).toMatchObject({ type: 'string', enum: ['All', 'Running', 'None'] });
  });

  it('keeps what is below a pod template, which is not its own', () => {
    expect(schemas['org.kubeflow.v1.ReplicaSpec'].properties.template).toMatchObject({ 'x-kubernetes-preserve-unknown-fields': true });
  });
});

describe('the OpenAPI documents of the two layouts', () => {
  it('keep the policy where the layout does', () => {
    const spec = (layout: 'cci' | 'kubeflow') => Object.keys(schemasOf(layout)['org.kubeflow.v1.TFJobSpec'].properties);
    expect(spec('cci')).toContain('ttlSecondsAfterFinished');
    expect(spec('cci')).not.toContain('runPolicy');
    expect(spec('kubeflow')).toContain('runPolicy');
    expect(spec('kubeflow')).not.toContain('ttlSecondsAfterFinished');
    expect(schemasOf('cci')).not.toHaveProperty(['org.kubeflow.v1.RunPolicy']);
  });
});

function schemasOf(layout: 'cci' | 'kubeflow'): Record<string, Loose> {
  return servedOpenApi(layout).components.schemas;
}
