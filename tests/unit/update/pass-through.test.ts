import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { applyMergePatch } from '../../../lib/json/merge-patch.ts';
import { StatusError } from '../../../lib/status.ts';
import { passThroughPatch } from '../../../lib/update/pass-through.ts';
import { rfc7386 } from '../../rfc7386.ts';
import { cci, frozen, job, kubeflow, lastApplied, nested, ref } from '../job/jobs.ts';

/** Applies one JSON text to another, both frozen; the outcome as text, numbers as written. */
const merged = (target: string, patch: string): string =>
  JSON.stringify(applyMergePatch(frozen(parseExactJson(target)), frozen(parseExactJson(patch))));

describe('a merge patch', () => {
  it.each(rfc7386)('makes of %s with %s what RFC 7386 says: %s', (target, patch, result) => {
    expect(merged(target, patch)).toBe(result);
  });

  it.each([
    ['an object that takes the place of a scalar has no null left in it', '{"a":5}', '{"a":{"b":null,"c":{"d":null}}}', '{"a":{"c":{}}}'],
    ['null inside an array is a value', '{"a":1}', '{"a":[null,{"b":null}]}', '{"a":[null,{"b":null}]}'],
    ['null of what is not there does nothing', '{"a":1}', '{"b":null,"toString":null,"__proto__":null}', '{"a":1}'],
    ['__proto__ is a name like any other', '{"__proto__":{"a":1},"b":2}', '{"__proto__":{"c":3}}', '{"__proto__":{"a":1,"c":3},"b":2}'],
    ['__proto__ can be removed', '{"__proto__":{"a":1},"b":2}', '{"__proto__":null}', '{"b":2}'],
    ['constructor begins as nothing', '{}', '{"constructor":{"name":{"a":1}}}', '{"constructor":{"name":{"a":1}}}'],
    [
      'a number stays as written',
      '{"a":9007199254740993,"b":1.0}',
      '{"c":-9223372036854775808,"d":1e400}',
      '{"a":9007199254740993,"b":1.0,"c":-9223372036854775808,"d":1e400}',
    ],
    ['a number that a double cannot hold is no object to merge into', '{"a":1.0}', '{"a":{"b":2}}', '{"a":{"b":2}}'],
    ['such a number replaces an object', '{"a":{"b":1}}', '{"a":1.0}', '{"a":1.0}'],
  ])('%s', (_title, target, patch, result) => {
    expect(merged(target, patch)).toBe(result);
    expect(({} as JsonObject).c).toBeUndefined();
  });

  it('nested deeper than any job is refused with 422, and through arrays it may be as deep as it likes', () => {
    expect(() => applyMergePatch({}, nested(100_000))).toThrow(expect.objectContaining({ status: expect.objectContaining({ code: 422 }) }));
    expect(() => applyMergePatch({}, nested(400))).not.toThrow(StatusError);
    const arrays = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as Json;
    expect(applyMergePatch({ a: 1 }, { a: arrays })).toEqual({ a: expect.any(Array) });
  });
});

const direct = (patch: string, protectedKeys: string[] = [], kind = cci): string | undefined => {
  const sent = passThroughPatch(kind, { ...ref, kind }, frozen(parseExactJson(patch)), protectedKeys);
  return sent && JSON.stringify(sent);
};

describe('a direct patch', () => {
  it.each([
    ['labels', '{"metadata":{"labels":{"a":"b","c":null,"x.io/y":""}}}'],
    ['annotations', '{"metadata":{"annotations":{"A.io/b":"any \\" text","c":null}}}'],
    ['no labels at all, where none is protected', '{"metadata":{"labels":null}}'],
    ['each policy', '{"spec":{"activeDeadlineSeconds":1,"ttlSecondsAfterFinished":0,"cleanPodPolicy":"Running"}}'],
    ['policies taken away', '{"spec":{"activeDeadlineSeconds":null,"ttlSecondsAfterFinished":null,"cleanPodPolicy":null}}'],
    ['the resourceVersion that it is meant for', '{"metadata":{"resourceVersion":"72447176","labels":{"a":"b"}}}'],
    ['a resourceVersion beyond 2^53', '{"metadata":{"resourceVersion":"99999999999999999999"},"spec":{"cleanPodPolicy":"All"}}'],
    ['a label named constructor', '{"metadata":{"labels":{"constructor":"a","toString":null}}}'],
  ])('sends %s', (_title, patch) => {
    expect(direct(patch)).toBe(patch);
  });

  it.each([
    [
      'what names the job itself',
      '{"apiVersion":"kubeflow.org/v1","kind":"TFJob","metadata":{"name":"tfjob-test","namespace":"kube-test","labels":{"a":"b"}}}',
      '{"metadata":{"labels":{"a":"b"}}}',
    ],
    [
      'metadata that only names the job',
      '{"metadata":{"name":"tfjob-test"},"spec":{"cleanPodPolicy":"All"}}',
      '{"spec":{"cleanPodPolicy":"All"}}',
    ],
    [
      'how an integer is written',
      '{"spec":{"activeDeadlineSeconds":5.0,"ttlSecondsAfterFinished":-0}}',
      '{"spec":{"activeDeadlineSeconds":5,"ttlSecondsAfterFinished":0}}',
    ],
    [
      'an exponent',
      '{"spec":{"activeDeadlineSeconds":6e1,"ttlSecondsAfterFinished":1200E-2}}',
      '{"spec":{"activeDeadlineSeconds":60,"ttlSecondsAfterFinished":12}}',
    ],
    [
      'the first of two keys',
      '{"metadata":{"finalizers":[]},"metadata":{"labels":{"a":"1","a":"2"}}}',
      '{"metadata":{"labels":{"a":"2"}}}',
    ],
    ['half of a surrogate pair', '{"metadata":{"annotations":{"a":"x\\ud800y"}}}', '{"metadata":{"annotations":{"a":"x\ufffdy"}}}'],
    [
      'empty objects, which a job may not have',
      '{"metadata":{"labels":{},"annotations":{"a":"b"}},"spec":{}}',
      '{"metadata":{"annotations":{"a":"b"}}}',
    ],
  ])('leaves out %s', (_title, patch, sent) => {
    expect(direct(patch)).toBe(sent);
  });

  it.each([
    ['null', 'null'],
    ['an array', '[]'],
    ['a scalar', '5'],
    ['nothing', '{}'],
    ['nothing but the job’s name', '{"kind":"TFJob","metadata":{"name":"tfjob-test"}}'],
    ['nothing but a resourceVersion', '{"metadata":{"resourceVersion":"1"}}'],
    ['nothing but empty objects', '{"metadata":{"labels":{},"annotations":{}},"spec":{}}'],
    ['metadata null', '{"metadata":null}'],
    ['metadata null beside a good spec', '{"metadata":null,"spec":{"cleanPodPolicy":"All"}}'],
    ['spec null', '{"spec":null}'],
    ['spec null beside good labels', '{"metadata":{"labels":{"a":"b"}},"spec":null}'],
    ['metadata that is a list', '{"metadata":[],"spec":{"cleanPodPolicy":"All"}}'],
    ['spec that is a number', '{"metadata":{"labels":{"a":"b"}},"spec":1.0}'],
    ['annotations null, which would take the gateway’s own', '{"metadata":{"annotations":null}}'],
    ['labels that are a list', '{"metadata":{"labels":[]}}'],
    ['a label that is a number', '{"metadata":{"labels":{"a":1}}}'],
    ['a label that is an object', '{"metadata":{"labels":{"a":{}}}}'],
    ['an annotation that is true', '{"metadata":{"annotations":{"a":true}}}'],
    ['a bad label key', '{"metadata":{"labels":{"a b":"c"}}}'],
    ['a bad label key that is to be removed', '{"metadata":{"labels":{"a b":null}}}'],
    ['a bad label value', '{"metadata":{"labels":{"a":"-"}}}'],
    ['a bad annotation key', '{"metadata":{"annotations":{"a/b/c":"d"}}}'],
    ['a label named __proto__', '{"metadata":{"labels":{"__proto__":"a"}}}'],
    ['an annotation named __proto__', '{"metadata":{"annotations":{"a":"b","__proto__":null}}}'],
    ['a member named __proto__', '{"__proto__":{"a":1},"spec":{"cleanPodPolicy":"All"}}'],
    ['annotations above 256 KiB', JSON.stringify({ metadata: { annotations: { a: 'é'.repeat(131_072) } } })],
    ['the last-applied configuration', JSON.stringify({ metadata: { annotations: { [lastApplied]: '{}' } } })],
    ['the removal of the last-applied configuration', JSON.stringify({ metadata: { annotations: { [lastApplied]: null } } })],
    ['an annotation of the gateway', '{"metadata":{"annotations":{"tfjob-gateway/a":"b"}}}'],
    ['a label of the gateway', '{"metadata":{"labels":{"tfjob-gateway/a":null}}}'],
    ['an empty resourceVersion', '{"metadata":{"resourceVersion":"","labels":{"a":"b"}}}'],
    ['resourceVersion "0"', '{"metadata":{"resourceVersion":"0","labels":{"a":"b"}}}'],
    ['resourceVersion "007"', '{"metadata":{"resourceVersion":"007","labels":{"a":"b"}}}'],
    ['resourceVersion "7 "', '{"metadata":{"resourceVersion":"7\\n","labels":{"a":"b"}}}'],
    ['resourceVersion 7', '{"metadata":{"resourceVersion":7,"labels":{"a":"b"}}}'],
    ['resourceVersion null', '{"metadata":{"resourceVersion":null,"labels":{"a":"b"}}}'],
    ['another name', '{"metadata":{"name":"other","labels":{"a":"b"}}}'],
    ['no name', '{"metadata":{"name":null,"labels":{"a":"b"}}}'],
    ['another namespace', '{"metadata":{"namespace":"","labels":{"a":"b"}}}'],
    ['another kind', '{"kind":"tfjob","metadata":{"labels":{"a":"b"}}}'],
    ['no apiVersion', '{"apiVersion":null,"metadata":{"labels":{"a":"b"}}}'],
    ['a uid', '{"metadata":{"uid":"x","labels":{"a":"b"}}}'],
    ['finalizers', '{"metadata":{"finalizers":null,"labels":{"a":"b"}}}'],
    ['owners', '{"metadata":{"ownerReferences":[],"labels":{"a":"b"}}}'],
    ['status', '{"status":{},"metadata":{"labels":{"a":"b"}}}'],
    ['Spec', '{"Spec":{"cleanPodPolicy":"All"}}'],
    ['METADATA', '{"METADATA":{"labels":{"a":"b"}},"spec":{"cleanPodPolicy":"All"}}'],
    ['another member of spec', '{"spec":{"cleanPodPolicy":"All","backoffLimit":6}}'],
    ['replicas', '{"spec":{"cleanPodPolicy":"All","tfReplicaSpecs":{}}}'],
    ['a policy in another case', '{"spec":{"CleanPodPolicy":"All"}}'],
    ['a policy in another layout', '{"spec":{"runPolicy":{"cleanPodPolicy":"All"}}}'],
    ['a deadline of 0', '{"spec":{"activeDeadlineSeconds":0}}'],
    ['a deadline beyond a double', '{"spec":{"activeDeadlineSeconds":9007199254740993}}'],
    ['a deadline as text', '{"spec":{"activeDeadlineSeconds":"5"}}'],
    ['half a second', '{"spec":{"ttlSecondsAfterFinished":0.5}}'],
    ['a TTL above 2^31-1', '{"spec":{"ttlSecondsAfterFinished":2147483648}}'],
    ['a TTL as an object', '{"spec":{"ttlSecondsAfterFinished":{}}}'],
    ['an unknown policy', '{"spec":{"cleanPodPolicy":"all"}}'],
  ])('is none for %s', (_title, patch) => {
    expect(direct(patch)).toBeUndefined();
  });

  it('is none for protected keys, nor for the removal of all labels where any is protected', () => {
    const labels = (key: string, value = '"v"') => `{"metadata":{"labels":{"${key}":${value}}}}`;
    expect(direct(labels('team'), ['team'])).toBeUndefined();
    expect(direct(labels('team', 'null'), ['team'])).toBeUndefined();
    expect(direct(labels('p.io/x'), ['p.io/*'])).toBeUndefined();
    expect(direct('{"metadata":{"annotations":{"p.io/x":"v"}}}', ['p.io/*'])).toBeUndefined();
    expect(direct('{"metadata":{"labels":null}}', ['team'])).toBeUndefined();
    expect(direct(labels('teams'), ['team', 'p.io/*'])).toBe(labels('teams'));
  });

  it('goes by where the layout keeps the policies', () => {
    const inRunPolicy = '{"spec":{"runPolicy":{"ttlSecondsAfterFinished":5,"cleanPodPolicy":null}}}';
    expect(direct(inRunPolicy, [], kubeflow)).toBe(inRunPolicy);
    expect(direct('{"metadata":{"labels":{"a":"b"}},"spec":{"runPolicy":{}}}', [], kubeflow)).toBe('{"metadata":{"labels":{"a":"b"}}}');
    for (const spec of [
      '{"runPolicy":null}',
      '{"runPolicy":[]}',
      '{"ttlSecondsAfterFinished":5}',
      '{"runPolicy":{"suspend":true}}',
      '{"runPolicy":{"runPolicy":{}}}',
      '{"runpolicy":{}}',
    ]) {
      expect(direct(`{"metadata":{"labels":{"a":"b"}},"spec":${spec}}`, [], kubeflow)).toBeUndefined();
    }
  });

  it('makes of the documented job what it says, and nothing else', () => {
    const patch = passThroughPatch(
      cci,
      ref,
      parseExactJson('{"metadata":{"labels":{"b":"c"}},"spec":{"ttlSecondsAfterFinished":1e1}}'),
      [],
    ) as Json;
    expect(applyMergePatch(frozen(job()), patch)).toEqual(
      job({ 'metadata.labels': { app: 'test', b: 'c' }, 'spec.ttlSecondsAfterFinished': 10 }),
    );
  });
});
