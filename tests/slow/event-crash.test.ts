import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AwsFault } from '../../local/aws/aws.ts';
import type { Fault } from '../../local/cci/faults.ts';
import {
  applied,
  type Door,
  deliver,
  detailOf,
  edit,
  http,
  liveJob,
  type Message,
  messageOf,
  now,
  objectOf,
  results,
  stored,
  ttl,
  useEvents,
} from '../scenarios/events/harness.ts';
import { type EventProcess, startEventProcess } from '../scenarios/events/process.ts';

useEvents({ http: true });

const doors: Door[] = ['bus', 'fifo'];

/** Where the process dies: what holds it there, how it is known that it got there, and whether the job is changed by then. */
interface Point {
  cci?: Fault;
  aws?: AwsFault;
  changed: boolean;
}
const points: Record<string, Point> = {
  'before it reads the job': { cci: { method: 'GET', act: 'hang' }, changed: false },
  'before the write arrives': { cci: { method: 'PUT', act: 'hang' }, changed: false },
  'after the write, before its answer': { cci: { method: 'PUT', act: 'hang', when: 'after' }, changed: true },
  'before the result event arrives': { aws: { operation: 'PutEvents', act: 'hang' }, changed: true },
  'after the result event': { aws: { operation: 'PutEvents', act: 'hang', when: 'after' }, changed: true },
  'before the acknowledgement': { changed: true },
};

/** Delivers a batch to a process that dies at a point, so that nothing of it is acknowledged. */
async function dieAt({ cci, aws }: Point, messages: Message[], process: EventProcess = startEventProcess()): Promise<void> {
  if (cci) now.simulator.inject(cci);
  if (aws) now.aws.fail(aws);
  const answered = deliver(messages, process).then(
    () => true,
    () => false,
  );
  const isThere = () => (cci ? now.simulator.requests.some(({ status }) => status === 0) : now.aws.asked.includes(aws?.operation ?? ''));
  if (cci || aws) for (let waited = 0; !isThere() && waited < 10_000; waited += 5) await sleep(5);
  else await answered;
  await process.kill();
  expect(await answered).toBe(!cci && !aws);
}

/** How many versions of the job are the first with a TTL of 1000, or the first with an event's marker. */
function effects(): { changes: number; markers: number } {
  const jobs = now.simulator.history(...stored).map((text) => JSON.parse(text));
  const marksOf = (job: { metadata: { annotations?: Record<string, string> } }) =>
    JSON.parse(job.metadata.annotations?.['tfjob-gateway/applied-events'] ?? '{"ids":[]}').ids.length;
  const became = (test: (job: never) => boolean) =>
    jobs.filter((job, index) => index > start && test(job as never) && !test(jobs[index - 1] as never)).length;
  return {
    changes: became(({ spec }: { spec: { ttlSecondsAfterFinished?: number } }) => spec.ttlSecondsAfterFinished === 1000),
    markers: became((job) => marksOf(job) > 0),
  };
}
let start = 0;

const forms: Record<string, (more: object) => Record<string, unknown>> = {
  'a patch': (more) => detailOf(more),
  'an object with a sequence': (more) =>
    detailOf({ object: objectOf((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: 1000 })), sequence: 3, ...more }),
};
const cases = doors.flatMap((door) =>
  Object.keys(points).map((point, index) => ({ door, point, form: Object.keys(forms)[(index + doors.indexOf(door)) % 2] as string })),
);

describe('a process that dies', () => {
  it.each(cases)('$point ($form by $door) loses nothing and repeats nothing, and another writer stays', async ({ door, point, form }) => {
    start = now.simulator.history(...stored).length - 1;
    const { changed } = points[point] as Point;
    const detail = (forms[form] as (more: object) => Record<string, unknown>)({});
    const message = messageOf(door, detail);
    await dieAt(points[point] as Point, [message]);
    expect(ttl()).toBe(changed ? 1000 : undefined);

    // A replaced object says all of the five fields, so it takes back what others wrote where it comes after them.
    const writes = { metadata: { annotations: { 'example.com/writer': 'other' } }, spec: { ttlSecondsAfterFinished: 7 } };
    expect(await http('PATCH', writes, 'application/merge-patch+json')).toMatchObject({ kind: 'TFJob' });
    expect(await deliver([message], startEventProcess())).toEqual([]);

    expect(ttl()).toBe(changed ? 7 : 1000);
    expect(liveJob().metadata.annotations['example.com/writer']).toBe(changed || form === 'a patch' ? 'other' : undefined);
    expect(effects()).toEqual({ changes: 1, markers: 1 });
    expect(results().at(-1)).toMatchObject({ outcome: 'Succeeded', id: detail.id, changed: changed ? [] : expect.any(Array) });
    expect(results().length).toBe(point === 'after the result event' || point === 'before the acknowledgement' ? 2 : 1);
  });

  it.each(doors)('while its event changes nothing (by %s) undoes nothing that was written meanwhile', async (door) => {
    edit((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: 1000 }));
    const message = messageOf(door, detailOf());
    await dieAt(points['before the acknowledgement'] as Point, [message]);
    await http('PATCH', { spec: { ttlSecondsAfterFinished: 7 } }, 'application/merge-patch+json');
    expect(await deliver([message], startEventProcess())).toEqual([]);
    expect(ttl()).toBe(7);
  });

  it('in the middle of a FIFO batch leaves an order that the redelivery keeps', async () => {
    const messages = [1, 2, 3, 4, 5].map((ttlSecondsAfterFinished) =>
      messageOf('fifo', detailOf({ patch: { spec: { ttlSecondsAfterFinished } } })),
    );
    now.simulator.inject({ method: 'PUT', delay: 1 });
    now.simulator.inject({ method: 'PUT', delay: 1 });
    await dieAt({ cci: { method: 'PUT', act: 'hang', when: 'after' }, changed: true }, messages);
    expect(ttl()).toBe(3);
    expect(await deliver(messages, startEventProcess())).toEqual([]);
    const ttls = now.simulator
      .history(...stored)
      .slice(-5)
      .map((text) => JSON.parse(text).spec.ttlSecondsAfterFinished);
    expect(ttls).toEqual([1, 2, 3, 4, 5]);
    expect(applied().ids).toHaveLength(5);
  });

  it.each(doors)('before the dead letter arrives (by %s) is followed by one that sends it', async (door) => {
    const message = messageOf(door, detailOf(), { received: 49 });
    now.simulator.inject({ method: 'PUT', status: 500, times: 100 });
    await dieAt({ aws: { operation: 'SendMessage', act: 'hang' }, changed: false }, [message]);
    expect(now.aws.messages).toEqual([]);
    expect(await deliver([message], startEventProcess())).toEqual([]);
    expect(now.aws.messages).toMatchObject([{ MessageBody: message.body }]);
    expect(results().map(({ outcome }) => outcome)).toEqual(['Failed']);
  });

  it.each(doors)('after the dead letter (by %s) may leave two, which a FIFO queue knows to be one', async (door) => {
    const message = messageOf(door, detailOf(), { received: 49 });
    now.simulator.inject({ method: 'PUT', status: 500, times: 100 });
    await dieAt({ aws: { operation: 'PutEvents', act: 'hang' }, changed: false }, [message]);
    expect(now.aws.messages).toHaveLength(1);
    expect(await deliver([message], startEventProcess())).toEqual([]);
    expect(now.aws.messages.map(({ MessageBody }) => MessageBody)).toEqual([message.body, message.body]);
    expect(new Set(now.aws.messages.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(1);
    expect(results().map(({ outcome }) => outcome)).toEqual(['Failed']);
  });
});
