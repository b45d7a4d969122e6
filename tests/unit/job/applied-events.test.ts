import { describe, expect, it } from 'vitest';
import { appliedEvents, seen, withMark } from '../../../lib/job/applied-events.ts';
import { at, type JsonObject } from '../../../lib/job/json.ts';

const jobWith = (annotation: string): JsonObject => ({ metadata: { annotations: { [appliedEvents]: annotation } } });
const annotationOf = (job: JsonObject) => at(job, ['metadata', 'annotations', appliedEvents]);
const long = (count: number) => Array.from({ length: count }, (_, index) => `id${index}`);

describe('withMark', () => {
  it('writes the ids in the order in which they came, and the highest sequence', () => {
    let job: JsonObject = { metadata: { name: 'a' }, spec: {} };
    for (const mark of [{ id: 'b', sequence: 7 }, { id: 'a' }, { id: 'c', sequence: 3 }]) job = withMark(job, mark);
    expect(job).toEqual({ metadata: { name: 'a', annotations: { [appliedEvents]: '{"sequence":7,"ids":["b","a","c"]}' } }, spec: {} });
  });

  it('writes no sequence where none was ever given, and the sequence 0', () => {
    expect(annotationOf(withMark({}, { id: 'a' }))).toBe('{"ids":["a"]}');
    expect(annotationOf(withMark({}, { id: 'a', sequence: 0 }))).toBe('{"sequence":0,"ids":["a"]}');
  });

  it('keeps 32 ids, of what somebody else made longer too', () => {
    const job = withMark(jobWith(JSON.stringify({ ids: long(100) })), { id: 'new' });
    expect(JSON.parse(String(annotationOf(job))).ids).toEqual([...long(100).slice(69), 'new']);
  });

  it('keeps the other annotations, whatever their names are, and does not change its argument', () => {
    const job = JSON.parse('{"metadata":{"annotations":{"__proto__":"x","constructor":"y"}}}');
    const before = JSON.stringify(job);
    expect(JSON.stringify(withMark(job, { id: 'a' }))).toBe(before.replace('"y"', `"y","${appliedEvents}":"{\\"ids\\":[\\"a\\"]}"`));
    expect(JSON.stringify(job)).toBe(before);
  });

  it('makes a map of annotations where there is none', () => {
    for (const annotations of [null, 'text', []])
      expect(annotationOf(withMark({ metadata: { annotations } }, { id: 'a' }))).toBe('{"ids":["a"]}');
  });
});

describe('seen', () => {
  const job = jobWith('{"sequence":5,"ids":["a","b"]}');

  it.each<[string, Parameters<typeof seen>[1], ReturnType<typeof seen>]>([
    ['an id that is remembered', { id: 'a' }, 'applied'],
    ['an id that is remembered, whatever its sequence is', { id: 'b', sequence: 9 }, 'applied'],
    ['a new id', { id: 'c' }, undefined],
    ['a higher sequence', { id: 'c', sequence: 6 }, undefined],
    ['the same sequence', { id: 'c', sequence: 5 }, 'superseded'],
    ['a lower sequence', { id: 'c', sequence: 0 }, 'superseded'],
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
    '{"sequence":"9"}',
    '{"sequence":1e99}',
    '{"sequence":1.5}',
  ])('reads nothing out of %j', (annotation) => {
    expect(seen(jobWith(annotation), { id: 'a', sequence: 0 })).toBeUndefined();
  });

  it('reads nothing out of a job without annotations', () => {
    for (const metadata of [null, {}, { annotations: null }, { annotations: { [appliedEvents]: 7 } }]) {
      expect(seen({ metadata }, { id: 'a', sequence: 0 })).toBeUndefined();
    }
  });
});

describe('a job that was made anew', () => {
  const old: JsonObject = { metadata: { uid: 'old' } };
  const copied = (uid: string): JsonObject => {
    const marked = withMark(old, { id: 'a', sequence: 1000 });
    return { metadata: { ...(marked.metadata as JsonObject), uid } };
  };

  it('does not know the events of the one whose annotations it was given', () => {
    expect(seen(copied('old'), { id: 'a' })).toBe('applied');
    expect(seen(copied('new'), { id: 'a' })).toBeUndefined();
    expect(seen(copied('new'), { id: 'b', sequence: 1 })).toBeUndefined();
  });

  it('remembers its own from then on', () => {
    const job = withMark(copied('new'), { id: 'b', sequence: 1 });
    expect(annotationOf(job)).toBe('{"uid":"new","sequence":1,"ids":["b"]}');
    expect(seen(job, { id: 'b' })).toBe('applied');
  });
});
