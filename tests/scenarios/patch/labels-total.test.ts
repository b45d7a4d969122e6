import { describe, expect, it } from 'vitest';
import { liveJob, liveText, reset, useGateway } from '../gateway.ts';
import { jsonPatch, patch, trips } from './request.ts';

useGateway();

const labels = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${'p'.repeat(188)}/${String(from + n).padStart(4, '0')}`, 'v'.repeat(63)]));

describe('labels have a total of 256 KiB', () => {
  it.each<[string, object, object]>([
    ['a merge patch', { metadata: { labels: labels(1025) } }, {}],
    ['a JSON patch', [{ op: 'add', path: '/metadata/labels', value: labels(1025) }], { type: jsonPatch }],
  ])('above which %s is refused before anything is written', async (_title, body, sending) => {
    const before = liveText();
    const answer = await patch(body, sending);
    const cause = { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 262144 bytes', field: 'metadata.labels' };
    expect([answer.status, answer.body.details.causes, trips(), liveText()]).toEqual([422, [cause], 'GET', before]);
  });

  it('which many patches of many labels do not pass', async () => {
    const answers: number[] = [];
    for (let from = 0; from < 1300; from += 100) answers.push((await patch({ metadata: { labels: labels(100, from) } })).status);
    expect(answers).toEqual([...Array<number>(10).fill(200), 422, 422, 422]);
    expect(Object.keys(liveJob().metadata.labels).length).toBeLessThan(1024);
    expect(trips()).not.toContain('PATCH');
  });

  it('and a patch with no more of them than a person types takes one trip', async () => {
    const fits = { ...labels(3), a: 'x'.repeat(60), b: 'y'.repeat(63), c: 'z'.repeat(63), d: 'x'.repeat(63) };
    const size = Object.entries(fits).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    expect(size).toBeLessThanOrEqual(1024);
    expect((await patch({ metadata: { labels: fits } })).status).toBe(200);
    expect(trips()).toBe('PATCH');
    await reset();
    expect((await patch({ metadata: { labels: labels(5) } })).status).toBe(200);
    expect(trips()).toBe('GET PUT');
  });
});
