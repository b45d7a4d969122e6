import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { eventUpdate } from '../../../lib/events/job-update.ts';
import { claimsOf, parseEvent, readMessage } from '../../../lib/events/parse.ts';
import { somebody } from '../../fakes/user.ts';

const detail = { version: '1', id: 'a', kind: 'TFJob', namespace: 'n', name: 'j', patch: {} };
const recordOf = (given: object, group?: string): SQSRecord =>
  ({
    body: JSON.stringify({ 'detail-type': 'Job Update Requested', detail: { ...detail, ...given } }),
    attributes: group === undefined ? {} : { MessageGroupId: group },
    eventSourceARN: group === undefined ? 'arn:events' : 'arn:events.fifo',
  }) as unknown as SQSRecord;
const parse = (record: SQSRecord, layout: 'cci' | 'kubeflow' = 'cci') => parseEvent(readMessage(record), layout, record);

describe('parseEvent', () => {
  it('knows the kinds and the names of each layout', () => {
    const dotted = { kind: 'XGBoostJob', name: 'a.b' };
    expect(parse(recordOf(dotted), 'kubeflow').kind).toMatchObject({ plural: 'xgboostjobs', policyIn: ['spec', 'runPolicy'] });
    expect(() => parse(recordOf(dotted))).toThrow('detail.kind must be one of TFJob, PyTorchJob, MXJob');
    expect(() => parse(recordOf({ name: 'a.b' }))).toThrow('could not find the requested resource');
  });

  it('cuts the group of a long name at 128 characters', () => {
    const name = 'x'.repeat(253);
    const group = `TFJob/n/${name}`.slice(0, 128);
    expect(parse(recordOf({ name }, group), 'kubeflow').ref).toMatchObject({ namespace: 'n', name });
    expect(() => parse(recordOf({ name }, group.slice(1)), 'kubeflow')).toThrow(`the message group must be ${group}`);
  });

  it('makes a marker of 16 characters, another for each id', () => {
    const markers = ['a', 'b', 'A', 'a '].map((id) => parse(recordOf({ id, sequence: 3 })).marker);
    expect(markers.every(({ id, sequence }) => /^[\w-]{16}$/.test(id) && sequence === 3)).toBe(true);
    expect(new Set(markers.map(({ id }) => id)).size).toBe(4);
    expect(parse(recordOf({})).marker).toMatchObject({ id: markers[0]?.id, sequence: undefined });
  });

  const digestOf = (given: object) =>
    parse(recordOf({ patch: { spec: { a: 1, b: [{ x: 1, y: null }] }, metadata: {} }, ...given })).marker.digest;

  it.each<[string, object]>([
    ['under another id', { id: 'b' }],
    ['for another reason', { reason: 'again' }],
    ['in another order', { patch: { metadata: {}, spec: { b: [{ y: null, x: 1 }], a: 1 } } }],
  ])('makes the same digest of what is asked %s', (_title, given) => {
    expect(digestOf(given)).toMatch(/^[\w-]{16}$/);
    expect(digestOf(given)).toBe(digestOf({}));
  });

  it('makes another digest of everything else that is asked', () => {
    const others = [
      {},
      { uid: 'u' },
      { resourceVersion: '7' },
      { sequence: 0 },
      { sequence: 1 },
      { kind: 'MXJob' },
      { namespace: 'm' },
      { name: 'k' },
      { patch: { spec: { a: '1', b: [{ x: 1, y: null }] }, metadata: {} } },
      { patch: { spec: { a: 1, b: [{ x: 1 }] }, metadata: {} } },
      { patch: { spec: { a: 1, b: [{ x: 1, y: null }] } } },
      { patch: { spec: { a: 1, b: [[{ x: 1, y: null }]] }, metadata: {} } },
      { patch: { 'spec":{"a":1,"b': [], metadata: {} } },
      { patch: undefined, object: { spec: { a: 1, b: [{ x: 1, y: null }] }, metadata: {} } },
    ];
    expect(new Set(others.map(digestOf)).size).toBe(others.length);
  });

  it('tells numbers apart that a double cannot hold, and reads what is nested without end', () => {
    const digestOfText = (patch: string) =>
      parse({ ...recordOf({}), body: recordOf({}).body.replace('"patch":{}', `"patch":${patch}`) }).marker.digest;
    expect(digestOfText('{"a":9007199254740993}')).not.toBe(digestOfText('{"a":9007199254740992}'));
    expect(digestOfText('{"__proto__":1}')).not.toBe(digestOfText('{}'));
    expect(digestOfText(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)).toMatch(/^[\w-]{16}$/);
  });
});

describe('eventUpdate', () => {
  it('is never conditional or dry, and never goes unread', () => {
    const update = eventUpdate(
      { asked: parse(recordOf({ resourceVersion: '7' })), user: somebody, access: { mayRead: true, reason: '' } },
      ['example.com/*'],
    );
    expect(update).toMatchObject({ conditional: false, dryRun: false, rules: { protectedKeys: ['example.com/*'] } });
    expect(update).not.toHaveProperty('passThrough');
  });
});

describe('claimsOf', () => {
  it('tells what can be told of anything, cut and well-formed', () => {
    for (const message of [undefined, null, 7, 'text', [], {}, { detail: null }, { detail: [1] }, { detail: { id: 7, name: {} } }]) {
      expect(claimsOf(message)).toEqual({});
    }
    expect(claimsOf({ source: 's', account: 7, detail: { id: `${'x'.repeat(300)}`, sequence: 5, reason: 'r\ud800', patch: {} } })).toEqual({
      source: 's',
      id: 'x'.repeat(256),
      sequence: 5,
      reason: 'r\ufffd',
    });
  });
});
