import { beforeEach, describe, expect, it } from 'vitest';
import type { AwsFault } from '../../../local/aws/aws.ts';
import { takeAuditLines } from '../../audit-lines.ts';
import { someOf } from '../../exhaustive.ts';
import { applied, calls, type Door, deliver, detailOf, messageOf, now, results, ttl, useEvents } from '../events/harness.ts';

useEvents({ env: { POWERTOOLS_LOG_LEVEL: 'SILENT', AUDIT: 'strict', AUDIT_STREAM: 'the-audit-stream' } });
beforeEach(() => void takeAuditLines());

const stages = (): string[] => now.aws.records.map(({ text }) => JSON.parse(text).stage);
const faults: [string, AwsFault][] = [
  ['throttles', { act: 'throttle' }],
  ['does not permit it', { act: 'deny' }],
  ['fails', { act: 'fail' }],
  ['hangs up though it has the event', { act: 'drop', when: 'after' }],
  ['answers too late', { act: 'late', ms: 3000, when: 'after' }],
  ['breaks off within its answer', { act: 'cut' }],
  ['answers 200 with nothing in it', { act: 'empty' }],
];

describe.each<Door>(['bus', 'fifo'])('where the audit trail is strict, an event by %s', (door) => {
  it('is written when the stream has acknowledged that it was received, and how it ended is there before its message is done', async () => {
    now.simulator.inject({ method: 'PUT', status: 500 });
    const message = messageOf(door, detailOf());
    expect(await deliver([message])).toEqual([0]);
    expect(stages()).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(await deliver([message])).toEqual([]);
    expect(stages()).toEqual(['RequestReceived', 'ResponseComplete', 'RequestReceived', 'ResponseComplete']);
    const ids = now.aws.records.map(({ text }) => JSON.parse(text).auditID);
    expect(new Set(ids)).toEqual(new Set([message.messageId]));
    expect(ttl()).toBe(1000);
  });

  it.each(someOf(faults, 3))(
    'goes back to its queue and writes nothing while the stream %s, and is applied when it does not',
    async (_title, fault) => {
      now.aws.fail({ operation: 'PutRecord', times: 9, ...fault });
      const message = messageOf(door, detailOf());
      expect(await deliver([message])).toEqual([0]);
      expect(calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
      expect([ttl(), results(), now.aws.messages]).toEqual([undefined, [], []]);
      now.aws.clear();
      expect(await deliver([message])).toEqual([]);
      // How the delivery before ended may come late, by a request that was given up.
      const its = stages().slice(stages().indexOf('RequestReceived'));
      expect([ttl(), applied().ids.length, its]).toEqual([1000, 1, ['RequestReceived', 'ResponseComplete']]);
    },
  );

  it('that was written is done, though the stream does not take how it ended', async () => {
    now.simulator.inject({ method: 'PUT', delay: 300 });
    const delivered = deliver([messageOf(door, detailOf())]);
    while (stages().length === 0) await new Promise(setImmediate);
    now.aws.fail({ operation: 'PutRecord', act: 'throttle', times: 9 });
    expect(await delivered).toEqual([]);
    expect([ttl(), stages(), results().map(({ outcome }) => outcome)]).toEqual([1000, ['RequestReceived'], ['Succeeded']]);
  });
});
