import { describe, expect, it } from 'vitest';
import { calls, type Loose, liveJob, liveText, put, requested, reset, useGateway } from '../gateway.ts';

useGateway({ auth: 'none', env: { PROTECTED_KEYS: 'team, billing.example.com/*' } });

const annotate = (key: string, value: unknown) =>
  requested(({ metadata }) => Object.assign(metadata, { annotations: { ...metadata.annotations, [key]: value } }));

describe('a protected key', () => {
  it.each<[string, (metadata: Loose) => void, string]>([
    ['a label is added', ({ labels }) => Object.assign(labels, { team: 'b' }), 'metadata.labels[team]'],
    [
      'an annotation is added',
      (metadata) => Object.assign(metadata, { annotations: { ...metadata.annotations, team: 'b' } }),
      'metadata.annotations[team]',
    ],
    [
      'one of its prefix is changed',
      ({ annotations }) => Object.assign(annotations, { 'billing.example.com/code': '2' }),
      'metadata.annotations[billing.example.com/code]',
    ],
    ['one of its prefix is removed', (metadata) => delete metadata.annotations, 'metadata.annotations[billing.example.com/code]'],
  ])('is 403 where %s', async (_title, edit, field) => {
    await reset(({ metadata }) => Object.assign(metadata, { annotations: { 'billing.example.com/code': '1' } }));
    const before = liveText();
    const answer = await put(requested(({ metadata }) => edit(metadata)));
    expect([answer.status, answer.body.details.causes]).toEqual([
      403,
      [{ reason: 'FieldValueForbidden', message: 'is protected and may not be changed', field }],
    ]);
    expect([liveText(), calls()]).toEqual([before, ['GET 200']]);
  });

  it('does not stand in the way of what is beside it, or is spelt like it', async () => {
    await reset(({ metadata }) => Object.assign(metadata, { annotations: { 'billing.example.com/code': '1' } }));
    const answer = await put(annotate('billing.example.org/code', '2'));
    expect([answer.status, liveJob().metadata.annotations]).toEqual([
      200,
      { 'billing.example.com/code': '1', 'billing.example.org/code': '2' },
    ]);
    expect((await put(requested(({ metadata }) => Object.assign(metadata.labels, { Team: 'b', 'example.com/team': 'c' })))).status).toBe(
      200,
    );
  });
});

describe('the gateway’s own annotations', () => {
  it('stay as they are, whatever the request says', async () => {
    const own = { 'tfjob-gateway/a': '1', 'tfjob-gateway/b': '2' };
    await reset(({ metadata }) => Object.assign(metadata, { annotations: own }));
    for (const annotations of [{}, undefined, { 'tfjob-gateway/a': 'x', 'tfjob-gateway/c': 'y' }]) {
      expect([(await put(requested(({ metadata }) => Object.assign(metadata, { annotations })))).status, calls()]).toEqual([
        200,
        expect.not.arrayContaining(['PUT 200']),
      ]);
    }
    expect(
      (await put(requested(({ metadata }) => Object.assign(metadata, { annotations: { 'tfjob-gateway/a': 'x', other: 'z' } })))).status,
    ).toBe(200);
    expect(liveJob().metadata.annotations).toEqual({ ...own, other: 'z' });
  });
});
