import { describe, expect, it } from 'vitest';
import { appliedEvents, seen, withMark } from '../../../lib/job/applied-events.ts';
import { getPath, type JsonObject } from '../../../lib/json/json.ts';

const jobWith = (annotation: string): JsonObject => ({ metadata: { annotations: { [appliedEvents]: annotation } } });
const annotationOf = (job: JsonObject) => getPath(job, ['metadata', 'annotations', appliedEvents]);
const long = (count: number) => Array.from({ length: count }, (_, index) => `id${index}`);

/** A mark whose content is that of its id. */
const markOf = (id: string, sequence?: number) => ({ id, digest: `d-${id}`, ...(sequence !== undefined && { sequence }) });

describe('withMark', () => {
  it('writes the ids in the order in which they came with the digests of what was asked, and the highest sequence', () => {
    let job: JsonObject = { metadata: { name: 'a' }, spec: {} };
    for (const mark of [markOf('b', 7), markOf('a'), markOf('c', 3)]) job = withMark(job, mark);
    const annotation = '{"sequence":7,"ids":["b","a","c"],"digests":["d-b","d-a","d-c"]}';
    expect(job).toEqual({ metadata: { name: 'a', annotations: { [appliedEvents]: annotation } }, spec: {} });
  });

  it('writes no sequence where none was ever given, and the sequence 0', () => {
    expect(annotationOf(withMark({}, markOf('a')))).toBe('{"ids":["a"],"digests":["d-a"]}');
    expect(annotationOf(withMark({}, markOf('a', 0)))).toBe('{"sequence":0,"ids":["a"],"digests":["d-a"]}');
  });

  it('takes 4,958 bytes at most', () => {
    let job: JsonObject = { metadata: { uid: '083cc6df-ade3-11e9-aaa4-340a9837e413' } };
    const text = 'x'.repeat(16);
    for (let count = 0; count < 200; count++) job = withMark(job, { id: text, digest: text, sequence: Number.MAX_SAFE_INTEGER });
    expect(String(annotationOf(job)).length).toBe(4958);
  });

  it('leaves open what was asked by the ids that an earlier version of the gateway wrote', () => {
    const job = withMark(jobWith('{"ids":["a","b"]}'), markOf('c'));
    expect(annotationOf(job)).toBe('{"ids":["a","b","c"],"digests":["","","d-c"]}');
    // An earlier version that writes after this one leaves the digests out.
    expect(annotationOf(withMark(jobWith('{"ids":["a","b","c"],"digests":["",""]}'), markOf('d')))).toBe(
      '{"ids":["a","b","c","d"],"digests":["","","","d-d"]}',
    );
  });

  it('keeps 128 ids, of what somebody else made longer too', () => {
    const job = withMark(jobWith(JSON.stringify({ ids: long(200) })), markOf('new'));
    expect(JSON.parse(String(annotationOf(job))).ids).toEqual([...long(200).slice(73), 'new']);
  });

  it('keeps the other annotations, whatever their names are, and does not change its argument', () => {
    const job = JSON.parse('{"metadata":{"annotations":{"__proto__":"x","constructor":"y"}}}');
    const before = JSON.stringify(job);
    expect(JSON.stringify(withMark(job, markOf('a')))).toBe(
      before.replace('"y"', `"y","${appliedEvents}":"{\\"ids\\":[\\"a\\"],\\"digests\\":[\\"d-a\\"]}"`),
    );
    expect(JSON.stringify(job)).toBe(before);
  });

  it('makes a map of annotations where there is none', () => {
    for (const annotations of [null, 'text', []])
      expect(annotationOf(withMark({ metadata: { annotations } }, markOf('a')))).toBe('{"ids":["a"],"digests":["d-a"]}');
  });
});

describe('seen', () => {
  const job = jobWith('{"sequence":5,"ids":["a","b","old"],"digests":["d-a","d-b",""]}');

  it.each<[string, Parameters<typeof seen>[1], ReturnType<typeof seen>]>([
    ['an id that is remembered', markOf('a'), 'applied'],
    ['an id that is remembered, whatever its sequence is', markOf('b', 9), 'applied'],
    ['an id that is remembered with another content', { ...markOf('a'), digest: 'd-x' }, 'reused'],
    ['an id that is remembered with another content, before its sequence', { ...markOf('a', 1), digest: 'd-x' }, 'reused'],
    ['an id whose content an earlier version did not write', markOf('old'), 'applied'],
    ['a new id', markOf('c'), undefined],
    ['a higher sequence', markOf('c', 6), undefined],
    ['the same sequence', markOf('c', 5), 'superseded'],
    ['a lower sequence', markOf('c', 0), 'superseded'],
  ])('knows %s', (_, mark, expected) => {
    expect(seen(job, mark)).toBe(expected);
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
    expect(seen(jobWith(annotation), markOf('a', 0))).toBeUndefined();
  });

  it.each([
    '{"ids":["a"]}',
    '{"ids":["a"],"digests":[]}',
    '{"ids":["a"],"digests":["d-x","d-a"]}',
    '{"ids":["a"],"digests":"d-x"}',
    '{"ids":["a"],"digests":[7]}',
  ])('knows an id by itself where it cannot be told what it asked: %s', (annotation) => {
    expect(seen(jobWith(annotation), markOf('a'))).toBe('applied');
  });

  it('reads nothing out of a job without annotations', () => {
    for (const metadata of [null, {}, { annotations: null }, { annotations: { [appliedEvents]: 7 } }]) {
      expect(seen({ metadata }, markOf('a', 0))).toBeUndefined();
    }
  });
});

describe('a job that was made anew', () => {
  const old: JsonObject = { metadata: { uid: 'old' } };
  const copied = (uid: string): JsonObject => {
    const marked = withMark(old, markOf('a', 1000));
    return { metadata: { ...(marked.metadata as JsonObject), uid } };
  };

  it('does not know the events of the one whose annotations it was given', () => {
    expect(seen(copied('old'), markOf('a'))).toBe('applied');
    expect(seen(copied('new'), markOf('a'))).toBeUndefined();
    expect(seen(copied('new'), markOf('b', 1))).toBeUndefined();
  });

  it('remembers its own from then on', () => {
    const job = withMark(copied('new'), markOf('b', 1));
    expect(annotationOf(job)).toBe('{"uid":"new","sequence":1,"ids":["b"],"digests":["d-b"]}');
    expect(seen(job, markOf('b'))).toBe('applied');
  });
});
