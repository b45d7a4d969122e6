import { describe, expect, it } from 'vitest';
import { appliedEvents, seen, withMarker } from '../../../lib/job/applied-events.ts';
import { getPath, type JsonObject } from '../../../lib/json/json.ts';

const jobWith = (annotation: string): JsonObject => ({ metadata: { annotations: { [appliedEvents]: annotation } } });
const annotationOf = (job: JsonObject) => getPath(job, ['metadata', 'annotations', appliedEvents]);
const long = (count: number) => Array.from({ length: count }, (_, index) => `id${index}`);

/** A marker whose content is that of its id. */
const markerOf = (id: string, sequence?: number) => ({ id, digest: `d-${id}`, ...(sequence !== undefined && { sequence }) });

describe('withMarker', () => {
  it('writes the ids in the order in which they came with the digests of what was asked, and the highest sequence', () => {
    let job: JsonObject = { metadata: { name: 'a' }, spec: {} };
    for (const marker of [markerOf('b', 7), markerOf('a'), markerOf('c', 3)]) job = withMarker(job, marker);
    const annotation = '{"sequence":7,"ids":["b","a","c"],"digests":["d-b","d-a","d-c"]}';
    expect(job).toEqual({ metadata: { name: 'a', annotations: { [appliedEvents]: annotation } }, spec: {} });
  });

  it('writes no sequence where none was ever given, and the sequence 0', () => {
    expect(annotationOf(withMarker({}, markerOf('a')))).toBe('{"ids":["a"],"digests":["d-a"]}');
    expect(annotationOf(withMarker({}, markerOf('a', 0)))).toBe('{"sequence":0,"ids":["a"],"digests":["d-a"]}');
  });

  it('takes 4,958 bytes at most', () => {
    let job: JsonObject = { metadata: { uid: '083cc6df-ade3-11e9-aaa4-340a9837e413' } };
    const text = 'x'.repeat(16);
    for (let count = 0; count < 200; count++) job = withMarker(job, { id: text, digest: text, sequence: Number.MAX_SAFE_INTEGER });
    expect(String(annotationOf(job)).length).toBe(4958);
  });

  it('leaves open what was asked by the ids that an earlier version of the gateway wrote', () => {
    const job = withMarker(jobWith('{"ids":["a","b"]}'), markerOf('c'));
    expect(annotationOf(job)).toBe('{"ids":["a","b","c"],"digests":["","","d-c"]}');
    // An earlier version that writes after this one leaves the digests out.
    expect(annotationOf(withMarker(jobWith('{"ids":["a","b","c"],"digests":["",""]}'), markerOf('d')))).toBe(
      '{"ids":["a","b","c","d"],"digests":["","","","d-d"]}',
    );
  });

  it('keeps 128 ids, of what somebody else made longer too', () => {
    const job = withMarker(jobWith(JSON.stringify({ ids: long(200) })), markerOf('new'));
    expect(JSON.parse(String(annotationOf(job))).ids).toEqual([...long(200).slice(73), 'new']);
  });

  it('keeps the other annotations, whatever their names are, and does not change its argument', () => {
    const job = JSON.parse('{"metadata":{"annotations":{"__proto__":"x","constructor":"y"}}}');
    const before = JSON.stringify(job);
    expect(JSON.stringify(withMarker(job, markerOf('a')))).toBe(
      before.replace('"y"', `"y","${appliedEvents}":"{\\"ids\\":[\\"a\\"],\\"digests\\":[\\"d-a\\"]}"`),
    );
    expect(JSON.stringify(job)).toBe(before);
  });

  it('makes a map of annotations where there is none', () => {
    for (const annotations of [null, 'text', []])
      expect(annotationOf(withMarker({ metadata: { annotations } }, markerOf('a')))).toBe('{"ids":["a"],"digests":["d-a"]}');
  });
});

describe('seen', () => {
  const job = jobWith('{"sequence":5,"ids":["a","b","old"],"digests":["d-a","d-b",""]}');

  it.each<[string, Parameters<typeof seen>[1], ReturnType<typeof seen>]>([
    ['an id that is remembered', markerOf('a'), 'applied'],
    ['an id that is remembered, whatever its sequence is', markerOf('b', 9), 'applied'],
    ['an id that is remembered with another content', { ...markerOf('a'), digest: 'd-x' }, 'reused'],
    ['an id that is remembered with another content, before its sequence', { ...markerOf('a', 1), digest: 'd-x' }, 'reused'],
    ['an id whose content an earlier version did not write', markerOf('old'), 'applied'],
    ['a new id', markerOf('c'), undefined],
    ['a higher sequence', markerOf('c', 6), undefined],
    ['the same sequence', markerOf('c', 5), 'superseded'],
    ['a lower sequence', markerOf('c', 0), 'superseded'],
  ])('knows %s', (_, marker, expected) => {
    expect(seen(job, marker)).toBe(expected);
  });

  it.each([
    '',
    'text',
    'null',
    '[]',
    '7',
    '{}',
    '{"ids":"a"}',
    '{"ids":{"a":1}}',
    '{"ids":[["a"]]}',
    '{"digests":["d-a"]}',
    '{"ids":[],"digests":["d-a"]}',
    '{"sequence":"9"}',
    '{"sequence":1e99}',
    '{"sequence":1.5}',
  ])('reads nothing out of %j', (annotation) => {
    expect(seen(jobWith(annotation), markerOf('a', 0))).toBeUndefined();
  });

  it.each([
    '{"ids":["a"]}',
    '{"ids":["a"],"digests":[]}',
    '{"ids":["a"],"digests":["d-x","d-a"]}',
    '{"ids":["a"],"digests":"d-x"}',
    '{"ids":["a"],"digests":[7]}',
  ])('knows an id by itself where it cannot be told what it asked: %s', (annotation) => {
    expect(seen(jobWith(annotation), markerOf('a'))).toBe('applied');
  });

  it('reads nothing out of a job without annotations', () => {
    for (const metadata of [null, {}, { annotations: null }, { annotations: { [appliedEvents]: 7 } }]) {
      expect(seen({ metadata }, markerOf('a', 0))).toBeUndefined();
    }
  });
});

describe('a job that was made anew', () => {
  const old: JsonObject = { metadata: { uid: 'old' } };
  const copied = (uid: string): JsonObject => {
    const marked = withMarker(old, markerOf('a', 1000));
    return { metadata: { ...(marked.metadata as JsonObject), uid } };
  };

  it('does not know the events of the one whose annotations it was given', () => {
    expect(seen(copied('old'), markerOf('a'))).toBe('applied');
    expect(seen(copied('new'), markerOf('a'))).toBeUndefined();
    expect(seen(copied('new'), markerOf('b', 1))).toBeUndefined();
  });

  it('remembers its own from then on', () => {
    const job = withMarker(copied('new'), markerOf('b', 1));
    expect(annotationOf(job)).toBe('{"uid":"new","sequence":1,"ids":["b"],"digests":["d-b"]}');
    expect(seen(job, markerOf('b'))).toBe('applied');
  });
});
