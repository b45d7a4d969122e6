import { describe, expect, it } from 'vitest';
import { type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { changed, job, judge, kubeflow, kubeflowJob, sent } from './jobs.ts';

const withoutTtl = { 'spec.ttlSecondsAfterFinished': undefined };
const exact = (text: string): JsonObject => parseExactJson(text) as JsonObject;

describe('what is sent upstream (docs/decision.md, checked-is-written)', () => {
  it('is the live job with the five fields of the request, and nothing else of the request', () => {
    const live = job(withoutTtl, { 'metadata.resourceVersion': '7' });
    const requested = job({
      'metadata.resourceVersion': undefined,
      'metadata.labels': { app: 'other', constructor: 'c', toString: 't', hasOwnProperty: 'h' },
      'metadata.annotations': { note: 'n' },
      'spec.activeDeadlineSeconds': 60,
      'spec.cleanPodPolicy': 'All',
      // All of these are ignored or mean the same as live, and none of their spelling may travel.
      status: { conditions: 'planted' },
      'metadata.creationTimestamp': '2020-01-01T00:00:00Z',
      'metadata.generation': 99,
      'metadata.selfLink': '/planted',
      'metadata.managedFields': [{ manager: 'planted' }],
      'metadata.uid': '',
      'metadata.finalizers': [],
      'metadata.planted': null,
      'spec.planted': [],
      planted: { deeper: { still: [] } },
      'spec.tfReplicaSpecs.Worker.template.spec.containers.0.resources.limits.cpu': '2000m',
      'spec.tfReplicaSpecs.Worker.template.spec.dnsPolicy': 'ClusterFirst',
    });
    expect(sent(live, requested)).toEqual({
      object: changed(live, {
        'metadata.labels': { app: 'other', constructor: 'c', toString: 't', hasOwnProperty: 'h' },
        'metadata.annotations': { note: 'n' },
        'spec.activeDeadlineSeconds': 60,
        'spec.ttlSecondsAfterFinished': 1000,
        'spec.cleanPodPolicy': 'All',
      }),
      changed: [
        'metadata.labels',
        'metadata.annotations',
        'spec.activeDeadlineSeconds',
        'spec.ttlSecondsAfterFinished',
        'spec.cleanPodPolicy',
      ],
    });
  });

  it('takes the three scalar fields from spec.runPolicy in the kubeflow layout, and makes that where there was none', () => {
    const live = kubeflowJob();
    const requested = kubeflowJob({ 'spec.runPolicy.ttlSecondsAfterFinished': 5, 'spec.runPolicy.cleanPodPolicy': 'None' });
    expect(sent(live, requested, {}, kubeflow)).toEqual({
      object: requested,
      changed: ['spec.runPolicy.ttlSecondsAfterFinished', 'spec.runPolicy.cleanPodPolicy'],
    });
    const bare = kubeflowJob({ 'spec.runPolicy': undefined });
    expect(sent(bare, changed(bare, { 'spec.runPolicy': { activeDeadlineSeconds: 1 } }), {}, kubeflow).object).toEqual(
      changed(bare, { 'spec.runPolicy': { activeDeadlineSeconds: 1 } }),
    );
  });

  it('holds every number as the live job has it, also where a double cannot hold it', () => {
    const weird =
      '{"big":9223372036854775807,"one":1.0,"huge":1e400,"zero":-0,"e":1E5,"list":[1.50,{"x":-0.0}],"long":0.10000000000000000001}';
    const text = (ttl: string, extra: string): string =>
      `{"apiVersion":"kubeflow.org/v1","kind":"TFJob","metadata":{"name":"tfjob-test","generation":9007199254740993},` +
      `"spec":{"backoffLimit":6.0,${ttl}"extra":${extra}}}`;
    const decision = sent(exact(text('"ttlSecondsAfterFinished":10,', weird)), exact(text('"ttlSecondsAfterFinished":1e3,', weird)));
    expect(JSON.stringify(decision.object)).toBe(text('"ttlSecondsAfterFinished":1000,', weird));
    const respelled =
      '{"big":9223372036854775807.0,"one":1,"huge":10e399,"zero":0,"e":100000,"list":[1.5,{"x":0}],"long":0.100000000000000000010}';
    const same = sent(exact(text('"ttlSecondsAfterFinished":10,', weird)), exact(text('', respelled)));
    expect(JSON.stringify(same.object)).toBe(text('', weird));
  });

  it('keeps members that are named like parts of Object.prototype, in every map and wherever the live job has them', () => {
    const labels = '{"constructor":"a","toString":"b","hasOwnProperty":"c","valueOf":"d"}';
    const text = (ttl: number, own: string): string =>
      `{"apiVersion":"kubeflow.org/v1","kind":"TFJob","metadata":{"name":"tfjob-test","labels":${own},"annotations":${own}},` +
      `"spec":{"ttlSecondsAfterFinished":${ttl},"__proto__":{"x":1},"constructor":{"__proto__":[{"__proto__":2}]}}}`;
    expect(JSON.stringify(sent(exact(text(1, labels)), exact(text(2, labels))).object)).toBe(text(2, labels));
    expect(JSON.stringify(sent(exact(text(1, '{}')), exact(text(1, labels))).object)).toBe(text(1, labels));
    expect(JSON.stringify(sent(exact(text(1, labels)), exact(text(1, '{"constructor":"a"}'))).object)).toBe(text(1, '{"constructor":"a"}'));
  });

  it('takes a field from the members themselves, never from Object.prototype', () => {
    const live = exact('{"metadata":{"name":"tfjob-test"},"spec":{"backoffLimit":6}}');
    const planted = exact(
      '{"kind":"TFJob","metadata":{"name":"tfjob-test"},"spec":{"backoffLimit":6,"__proto__":{"cleanPodPolicy":"All"}}}',
    );
    expect(judge(live, planted)).toMatchObject({ outcome: 'refused', error: { status: { code: 403 } } });
  });
});

describe('a replaceable field (docs/decision.md, replace-means-replace)', () => {
  it.each([
    ['metadata.labels', undefined],
    ['metadata.labels', null],
    ['metadata.labels', {}],
    ['metadata.annotations', undefined],
    ['metadata.annotations', {}],
    ['spec.activeDeadlineSeconds', undefined],
    ['spec.activeDeadlineSeconds', null],
    ['spec.ttlSecondsAfterFinished', undefined],
    ['spec.cleanPodPolicy', null],
  ])('%s is removed where the request holds %j', (field, value) => {
    const live = job({ 'metadata.annotations': { a: 'b' }, 'spec.activeDeadlineSeconds': 9, 'spec.cleanPodPolicy': 'All' });
    expect(sent(live, changed(live, { [field]: value }))).toEqual({ object: changed(live, { [field]: undefined }), changed: [field] });
  });

  it('that live and request spell differently is a change', () => {
    const live = exact(JSON.stringify(job()).replace('"ttlSecondsAfterFinished":1000', '"ttlSecondsAfterFinished":1e3'));
    expect(sent(live, job())).toEqual({ object: job(), changed: ['spec.ttlSecondsAfterFinished'] });
    expect(sent(job({ 'metadata.labels': { a: '1' } }), job({ 'metadata.labels': { a: '1.0' } })).changed).toEqual(['metadata.labels']);
  });

  it.each(['1000', '1000.0', '1e3', '10.00e2', '1000000e-3'])('is no change where 1000 is written as %s', (number) => {
    const requested = exact(JSON.stringify(job()).replace('"ttlSecondsAfterFinished":1000', `"ttlSecondsAfterFinished":${number}`));
    expect(judge(job(), requested)).toEqual({ outcome: 'unchanged' });
  });
});

describe('a request that changes nothing (docs/decision.md, no-change-no-write)', () => {
  it.each([
    ['the live job itself', {}],
    ['one without what the server owns', { status: undefined, 'metadata.creationTimestamp': undefined, 'metadata.generation': undefined }],
    ['one with its labels in another order', { 'metadata.labels': { b: '2', a: '1' } }],
    ['one with empty annotations', { 'metadata.annotations': {} }],
    ['one without annotations', { 'metadata.annotations': null }],
  ])('is unchanged: %s', (_title, changes) => {
    const live = job({ 'metadata.labels': { a: '1', b: '2' } });
    expect(judge(live, changed(live, changes))).toEqual({ outcome: 'unchanged' });
  });
});
