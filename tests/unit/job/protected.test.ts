import { describe, expect, it } from 'vitest';
import { causes, changed, forbidden, job, judge, refusal, sent } from './jobs.ts';

describe('a protected key (docs/decision.md, protected-key)', () => {
  const rules = { protectedKeys: ['team', 'example.com/*', 'quota.io/limit'] };
  const maps = {
    'metadata.labels': { team: 'a', 'example.com/x': '1', free: 'f' },
    'metadata.annotations': { team: 'a', 'quota.io/limit': '5' },
  };
  const live = job(maps);
  const ask = (name: string, map: unknown) => causes(live, changed(live, { [`metadata.${name}`]: map }), rules);
  const no = (field: string) => forbidden(field, 'is protected and may not be changed');

  it('may not be changed, added or removed, in labels and in annotations', () => {
    expect(ask('labels', { team: 'b', 'example.com/x': '1', free: 'f' })).toEqual([403, no('metadata.labels[team]')]);
    expect(ask('labels', { team: 'a', 'example.com/y': '2', free: 'f' })).toEqual([
      403,
      no('metadata.labels[example.com/x]'),
      no('metadata.labels[example.com/y]'),
    ]);
    expect(ask('labels', undefined)).toEqual([403, no('metadata.labels[team]'), no('metadata.labels[example.com/x]')]);
    expect(ask('annotations', null)).toEqual([403, no('metadata.annotations[team]'), no('metadata.annotations[quota.io/limit]')]);
    expect(ask('annotations', { team: null, 'quota.io/limit': '5' })).toEqual([403, no('metadata.annotations[team]')]);
  });

  it('is named beside every other difference, in one refusal', () => {
    const requested = changed(live, { 'metadata.labels.team': 'b', 'spec.backoffLimit': 7, 'spec.cleanPodPolicy': 'Some' });
    expect(causes(live, requested, rules)).toEqual([
      403,
      forbidden('spec.backoffLimit', 'may not be changed: 6 → 7'),
      no('metadata.labels[team]'),
    ]);
  });

  it.each(['Team', 'team2', 'tea', 'example.com', 'example.comx', 'xexample.com/x', 'quota.io/limits', 'sub.example.com/x'])(
    'is not one that only looks like it: %s',
    (key) => {
      const requested = changed(live, { 'metadata.labels': { ...(maps['metadata.labels'] as object), [key]: 'v' } });
      expect(sent(live, requested, rules).changed).toEqual(['metadata.labels']);
    },
  );

  it('may stay as it is while others change', () => {
    const requested = changed(live, { 'metadata.labels.free': 'g', 'metadata.annotations.free': 'g' });
    expect(sent(live, requested, rules).changed).toEqual(['metadata.labels', 'metadata.annotations']);
    expect(judge(live, live, rules)).toEqual({ outcome: 'unchanged' });
  });

  it('is none without configuration', () => {
    expect(sent(live, changed(live, { 'metadata.labels': undefined })).changed).toEqual(['metadata.labels']);
    expect(sent(live, changed(live, { 'metadata.labels': undefined }), { protectedKeys: [] }).changed).toEqual(['metadata.labels']);
  });

  it('may be the gateway’s own, which never changes', () => {
    const own = { protectedKeys: ['tfjob-gateway/*'] };
    expect(judge(live, changed(live, { 'metadata.annotations.tfjob-gateway/x': 'planted' }), own)).toMatchObject({ outcome: 'unchanged' });
  });

  it('is cut short where it is long, and 100 of many are listed', () => {
    const long = 'x'.repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`example.com/${long}${n}`, '']));
    const status = refusal(live, changed(live, { 'metadata.labels': { ...maps['metadata.labels'], ...many } }), rules);
    expect(status.details?.causes?.length).toBe(101);
    expect(status.message).toMatch(/ and 295 more$/);
    expect(JSON.stringify(status).length).toBeLessThan(100_000);
  });
});
