import { describe, expect, it } from 'vitest';
import { isCrowded } from '../../../../lib/job/rules/map-size.ts';
import { causes, changed, job, judge, lastApplied } from '../jobs.ts';

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, '']));
const record = JSON.stringify({
  apiVersion: 'kubeflow.org/v1',
  kind: 'TFJob',
  metadata: { name: 'tfjob-test', namespace: 'kube-test', annotations: {} },
});
const annotated = (annotations: Record<string, string>) => changed(job(), { 'metadata.annotations': annotations });
const KiB = 1024;

describe('how many labels or annotations a job may be brought to', () => {
  it.each(['labels', 'annotations'])('is 2,000, since a server that runs out of room forgets who owns what: %s', (name) => {
    const live = changed(job(), { [`metadata.${name}`]: {} });
    expect(judge(live, changed(live, { [`metadata.${name}`]: many(2000) })).outcome).toBe('change');
    const message = 'Too many: 2001: must have at most 2000 items';
    const refused = causes(live, changed(live, { [`metadata.${name}`]: many(2001) }));
    expect(refused).toEqual([422, { reason: 'FieldValueTooMany', message, field: `metadata.${name}` }]);
  });

  it('may stay above, and go down', () => {
    const live = annotated(many(3000));
    expect(judge(live, annotated({ ...many(3000), k0: 'other' })).outcome).toBe('change');
    expect(judge(live, annotated(many(2999))).outcome).toBe('change');
    expect(judge(live, annotated(many(3001))).outcome).toBe('refused');
  });
});

describe('annotations leave room for the record of the next kubectl apply and the markers of events', () => {
  it('of 64 KiB, whatever is there now', () => {
    const live = annotated({ [lastApplied]: record, 'tfjob-gateway/applied-events': 'x'.repeat(KiB) });
    const filled = (bytes: number) => annotated({ [lastApplied]: record, a: 'x'.repeat(bytes - 1) });
    expect(judge(live, filled(192 * KiB)).outcome).toBe('change');
    const message = `Too long: may not be more than ${192 * KiB} bytes beside kubectl's record and the gateway's own`;
    const refused = causes(live, filled(192 * KiB + 1));
    expect(refused).toEqual([422, { reason: 'FieldValueTooLong', message, field: 'metadata.annotations' }]);
  });

  it('which a record that callers make longer takes as theirs', () => {
    const live = annotated({ [lastApplied]: record });
    const longer = JSON.stringify({
      ...JSON.parse(record),
      metadata: { ...JSON.parse(record).metadata, annotations: { a: 'x'.repeat(193 * KiB) } },
    });
    expect(judge(live, annotated({ [lastApplied]: longer })).outcome).toBe('refused');
  });
});

describe('a job', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['1,000 labels', many(1000), false],
    ['1,001 labels', many(1001), true],
    ['128 KiB of them', { a: 'x'.repeat(128 * KiB - 1) }, false],
    ['more', { a: 'x'.repeat(128 * KiB) }, true],
  ])('with %s is crowded: %s', (_title, labels, crowded) => {
    expect(isCrowded(changed(job(), { 'metadata.labels': labels }))).toBe(crowded);
    expect(isCrowded(changed(job(), { 'metadata.annotations': labels }))).toBe(crowded);
  });
});
