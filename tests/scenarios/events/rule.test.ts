import { describe, expect, it, vi } from 'vitest';
import type { Rule } from '../../../lib/rule.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { deliver, detailOf, type Message, messageOf, objectOf, results, useEvents } from './harness.ts';

useEvents({ shared: true, env: { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true' } });
const printed = capturePrinted();

/** Delivers one message, and returns what the result and the log say became of it. */
async function told(message: Message) {
  printed.text = '';
  expect(await deliver([message])).toEqual([]);
  const [{ code, rule }] = printed.lines().filter((line) => line.message === 'event') as [{ code: number; rule?: string }];
  return { outcome: results()[0]?.outcome, code, rule };
}
const patched = (patch: object) => messageOf('bus', detailOf({ patch }));

describe('the log of an event that is refused names the rule of docs/decision.md:', () => {
  it.each<[Rule, number, () => Message]>([
    ['syntax', 400, () => messageOf('bus', 'no JSON')],
    ['body-size', 413, () => messageOf('bus', `"${'x'.repeat(1_000_000)}"`)],
    ['shape', 400, () => messageOf('bus', detailOf({ version: '2' }))],
    ['shape', 422, () => patched({ metadata: { labels: { app: 1 } } })],
    ['path', 404, () => messageOf('bus', detailOf({ name: 'a.b' }))],
    ['identity', 400, () => messageOf('fifo', detailOf(), { group: 'TFJob/kube-test/other' })],
    ['identity', 400, () => messageOf('bus', detailOf({ object: objectOf(({ metadata }) => Object.assign(metadata, { name: 'x' })) }))],
    ['identity', 400, () => messageOf('bus', detailOf({ uid: 'a', patch: { metadata: { uid: 'b' } } }))],
    ['identity', 409, () => messageOf('bus', detailOf({ uid: 'a' }))],
    ['resource-version', 409, () => messageOf('bus', detailOf({ resourceVersion: '1' }))],
    ['immutable-field', 403, () => patched({ spec: { backoffLimit: 7, ttlSecondsAfterFinished: 5 } })],
    ['protected-key', 403, () => patched({ metadata: { labels: { 'app.kubernetes.io/instance': 'x' } } })],
    ['field-value', 422, () => patched({ spec: { ttlSecondsAfterFinished: -1 } })],
    ['map-size', 422, () => patched({ metadata: { annotations: { note: 'x'.repeat(200_000) } } })],
  ])('%s, %i', async (rule, code, message) => {
    expect(await told(message())).toEqual({ outcome: 'Refused', code, rule });
  });

  it('and none where CCI refuses', async () => {
    expect(await told(messageOf('bus', detailOf({ name: 'no-such-job' })))).toEqual({ outcome: 'Refused', code: 404, rule: undefined });
  });

  it('and none of an event that is carried out', async () => {
    const { outcome, rule } = await told(messageOf('bus', detailOf()));
    expect([outcome, rule]).toEqual(['Succeeded', undefined]);
  });
});

describe('the log of an event that is a surprise', () => {
  it('has its name and its places, and not its message', async () => {
    const message = messageOf('bus', detailOf());
    const { byteLength } = Buffer;
    const failing = (text: string | Buffer, ...more: never[]): number => {
      if (text === message.body) throw new TypeError('a secret inside');
      return byteLength(text, ...more);
    };
    const spy = vi.spyOn(Buffer, 'byteLength').mockImplementation(failing as typeof byteLength);
    printed.text = '';
    await deliver([message]);
    spy.mockRestore();
    const line = printed.lines().find(({ message: title }) => title === 'event');
    const at = expect.arrayContaining([expect.stringMatching(/^at .*job-event.*\.mjs.*:\d+:\d+\)?$/)]);
    expect(line).toMatchObject({ level: 'ERROR', note: { reason: 'a surprise', name: 'TypeError', at } });
    expect(printed.text).not.toContain('a secret inside');
  });
});
