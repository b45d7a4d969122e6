import { setTimeout as sleep } from 'node:timers/promises';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { handleBatch } from '../../../lib/events/batch.ts';

const recordOf = (messageId: string, group: string, fifo: boolean): SQSRecord =>
  ({
    messageId,
    body: JSON.stringify({ detail: { kind: 'TFJob', namespace: 'n', name: group } }),
    attributes: fifo ? { MessageGroupId: group } : {},
    eventSourceARN: `arn:events${fifo ? '.fifo' : ''}`,
  }) as unknown as SQSRecord;

/** Handles messages named `group number`, of which some fail. Returns what began and ended in order, and what goes back. */
async function run(names: string[], fifo: boolean, failing: string[] = []) {
  const seen: string[] = [];
  const handle = async ({ messageId }: SQSRecord) => {
    seen.push(`+${messageId}`);
    await sleep(5);
    seen.push(`-${messageId}`);
    if (failing.includes(messageId)) throw new Error('failed');
  };
  const event: SQSEvent = { Records: names.map((name) => recordOf(name, name[0] ?? '', fifo)) };
  const { batchItemFailures } = await handleBatch(handle)(event, {} as Context);
  return { seen: seen.join(' '), back: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) };
}

describe('a batch of a FIFO queue', () => {
  it('is handled one message after another', async () => {
    expect((await run(['a1', 'b1', 'a2'], true)).seen).toBe('+a1 -a1 +b1 -b1 +a2 -a2');
  });

  it('is not handled beyond a failure in the same group, and all of that group goes back', async () => {
    expect(await run(['a1', 'b1', 'a2', 'a3', 'b2'], true, ['a2'])).toEqual({
      seen: '+a1 -a1 +b1 -b1 +a2 -a2 +b2 -b2',
      back: ['a2', 'a3'],
    });
  });
});

describe('a batch of a standard queue', () => {
  it('is handled at once, but one message after another for one job', async () => {
    expect((await run(['a1', 'b1', 'a2'], false)).seen).toBe('+a1 +b1 -a1 +a2 -b1 -a2');
  });

  it('gives back what failed and nothing else, even where it is all', async () => {
    expect((await run(['a1', 'a2', 'b1'], false, ['a1'])).back).toEqual(['a1']);
    expect((await run(['a1', 'b1'], false, ['a1', 'b1'])).back).toEqual(['a1', 'b1']);
    expect((await run(['a1', 'b1'], false)).back).toEqual([]);
  });

  it('is handled where its bodies cannot be read', async () => {
    const records = ['no JSON', 'null', '{}', '{"detail":null}'].map((body, index) => ({ ...recordOf(`m${index}`, 'a', false), body }));
    const bodies: string[] = [];
    const handler = handleBatch(async ({ body }) => bodies.push(body));
    expect(await handler({ Records: records }, {} as Context)).toEqual({ batchItemFailures: [] });
    expect(bodies).toEqual(records.map(({ body }) => body));
  });

  it('may be empty', async () => {
    expect(await handleBatch(async () => undefined)({ Records: [] }, {} as Context)).toEqual({ batchItemFailures: [] });
  });

  it('is told apart from what is no batch of SQS, in our own words', async () => {
    const handler = handleBatch(async () => undefined);
    const given = (event: unknown) => handler(event as SQSEvent, {} as Context);
    for (const none of [{}, null, [], 'x', { Records: {} }, { Records: null }])
      await expect(given(none)).rejects.toThrow(/^this is no batch of SQS: it has no Records$/);
    const whole = recordOf('m1', 'a', false);
    for (const record of [null, {}, 'x', { ...whole, body: undefined }, { ...whole, eventSourceARN: 7 }])
      await expect(given({ Records: [whole, record] })).rejects.toThrow(/^this is no batch of SQS: a record has no /);
  });
});
