import { beforeEach, describe, expect, it, vi } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import {
  calls,
  type Delivery,
  type Door,
  deadLetterQueue,
  deliver,
  detailOf,
  type EventHandler,
  edit,
  liveJob,
  type Message,
  messageOf,
  newHandler,
  now,
  results,
  stored,
  ttl,
  useEvents,
} from './harness.ts';

useEvents({ shared: true });
// Retries, those of the AWS client too, pause a random time; no test here is about how long.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));

const doors: Door[] = ['bus', 'fifo'];
const other = 'pytorch-test';
const annotate = (value: string, more = {}) =>
  detailOf({ patch: { metadata: { annotations: { [`example.com/${value}`]: value } } }, ...more });
const annotated = () => Object.keys(liveJob().metadata.annotations ?? {}).filter((name) => name.startsWith('example.com/'));
const outcomes = () => results().map(({ outcome }) => outcome);
const attributes = () =>
  now.aws.messages.map(({ MessageAttributes }) =>
    Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue])),
  );
/** CCI is down for writes, or for one job. */
const down = (fault: object = {}) => now.simulator.inject({ method: 'PUT', status: 500, times: 1000, ...fault });
/** Delivers until nothing goes back, as a queue would, and returns how often it took. */
async function deliverAll(messages: Message[], most = 60, options?: Delivery): Promise<number> {
  for (let times = 1, waiting = messages; times <= most; times++) {
    const back = await deliver(waiting, options);
    waiting = back.map((index) => waiting[index] as Message);
    if (waiting.length === 0) return times;
  }
  return most;
}

describe.each(doors)('an event that fails for a while, by %s', (door) => {
  it('goes back without a result, and is done when it comes again', async () => {
    const message = messageOf(door, detailOf());
    down({ times: 2 });
    for (const back of [[0], [0], []]) expect(await deliver([message])).toEqual(back);
    expect(outcomes()).toEqual(['Succeeded']);
    expect(ttl()).toBe(1000);
    expect(now.aws.messages).toEqual([]);
  });

  it('only waits while CCI throttles, however often it comes, and is done when CCI has time', async () => {
    const message = messageOf(door, detailOf());
    const handler = await newHandler();
    // Later than this delivery can wait.
    down({ status: 429, retryAfter: 60 });
    for (let times = 1; times <= 20; times++) expect(await deliver([message], { handler })).toEqual([0]);
    expect([now.aws.messages, outcomes()]).toEqual([[], []]);
    now.simulator.clearFaults();
    // What fails now has all its attempts before it.
    down({ times: 4 });
    for (const back of [[0], [0], [0], [0], []]) expect(await deliver([message], { handler })).toEqual(back);
    expect(outcomes()).toEqual(['Succeeded']);
  });

  it('keeps its place while CCI throttles for a moment, and takes none of the retries that are for failures', async () => {
    const message = messageOf(door, detailOf());
    const times = someOf([1, 2, 3, 4, 5, 6], 3).length;
    now.simulator.inject({ method: 'GET', status: 429, retryAfter: 1, times });
    expect(await deliver([message], { handler: await newHandler() })).toEqual([]);
    expect(calls()).toEqual([...Array(times).fill('GET 429'), 'GET 200', 'PUT 200']);
    expect(outcomes()).toEqual(['Succeeded']);
  });

  const failures: [string, object, string, number][] = [
    ['500', { status: 500 }, 'InternalError', 500],
    ['503', { status: 503 }, 'ServiceUnavailable', 503],
    ['504', { status: 504 }, 'Timeout', 504],
    ['401', { status: 401, dialect: 'apig', method: 'GET' }, 'InternalError', 500],
    ['garbage', { act: 'garbage', method: 'GET' }, 'InternalError', 500],
  ];
  it.each(someOf(failures, 2))(
    'that ends as %s, is given up at the fifth failure of its own, with the reason',
    async (_, fault, reason, code) => {
      const detail = detailOf();
      const message = messageOf(door, detail);
      const before = now.simulator.text(...stored);
      // A process keeps count of its retries, and of credentials that were refused.
      const handler = await newHandler();
      down(fault);
      for (let times = 1; times < 5; times++) expect(await deliver([message], { handler })).toEqual([0]);
      expect([now.aws.messages, outcomes()]).toEqual([[], []]);
      expect(await deliver([message], { handler })).toEqual([]);
      expect(now.aws.messages).toMatchObject([
        {
          QueueUrl: deadLetterQueue(door),
          MessageBody: message.body,
          ...(door === 'fifo' && { MessageGroupId: message.group, MessageDeduplicationId: message.messageId }),
        },
      ]);
      const sender = door === 'bus' ? 'event:example.pipeline' : 'event:AROAPRODUCER';
      expect(attributes()).toEqual([{ reason, code: String(code), eventId: detail.id, attempts: '5', sender }]);
      expect(results()).toMatchObject([{ outcome: 'Failed', id: detail.id, status: { kind: 'Status', reason, code } }]);
      expect(now.simulator.text(...stored)).toBe(before);
    },
  );
});

describe('a FIFO batch of ten', () => {
  const batch = () => Array.from({ length: 10 }, (_, index) => messageOf('fifo', annotate(String(index))));

  it('of which one fails for ever: nine effects in order, that one in the dead-letter queue, and none of those behind it', async () => {
    const messages = batch();
    await deliver(messages.slice(0, 3));
    now.simulator.inject({ method: 'PUT', status: 500, times: 5 });
    expect(await deliverAll(messages.slice(3))).toBe(5);
    expect(annotated()).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9].map((index) => `example.com/${index}`));
    expect(now.aws.messages.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).toEqual([messages[3]?.messageId]);
    expect(attributes()).toMatchObject([{ attempts: '5' }]);
    expect(outcomes()).toEqual([...Array(3).fill('Succeeded'), 'Failed', ...Array(6).fill('Succeeded')]);
    expect(messages.map(({ received }) => received)).toEqual([1, 1, 1, 5, 5, 5, 5, 5, 5, 5]);
  });

  it('skips what stands behind a failure in its group, and nothing of other groups', async () => {
    const detail = { kind: 'PyTorchJob', name: other };
    const messages = [annotate('a'), annotate('b', detail), annotate('c'), annotate('d', detail)].map((one) => messageOf('fifo', one));
    now.simulator.inject({ method: 'PUT', path: stored[0], status: 500 });
    expect(await deliver(messages)).toEqual([0, 2]);
    expect(annotated()).toEqual([]);
    expect(results().map(({ id }) => id)).toEqual([1, 3].map((index) => JSON.parse(messages[index]?.body ?? '').detail.id));
    expect(await deliver([0, 2].map((index) => messages[index] as Message))).toEqual([]);
    expect(annotated()).toEqual(['example.com/a', 'example.com/c']);
  });

  it('counts nothing for those that were skipped, however often: each has five attempts of its own', async () => {
    const messages = batch();
    down();
    expect(await deliverAll(messages)).toBe(41);
    expect(attributes().map(({ attempts }) => attempts)).toEqual(Array(10).fill('5'));
    // Whoever stands first after a message was given up is tried in the same batch.
    expect(messages.map(({ received }) => received)).toEqual(messages.map((_, index) => 5 + 4 * index));
  });

  it('of which one is bad for ever: nine effects and one Refused', async () => {
    const messages = batch();
    const bad = messageOf('fifo', detailOf({ patch: { spec: { backoffLimit: 9 } } }));
    expect(await deliver(messages.with(4, bad))).toEqual([]);
    expect(annotated()).toHaveLength(9);
    expect(outcomes().map((outcome, index) => [index, outcome])).toEqual(
      messages.map((_, index) => [index, index === 4 ? 'Refused' : 'Succeeded']),
    );
  });

  it('says why it gives up even where every process forgot: at the last delivery before the queue itself moves it', async () => {
    const message = messageOf('fifo', detailOf(), { received: 48 });
    const behind = messageOf('fifo', detailOf());
    down({ times: 2 });
    expect(await deliver([message, behind], { handler: await newHandler() })).toEqual([0, 1]);
    expect(await deliver([message, behind], { handler: await newHandler() })).toEqual([]);
    expect(attributes()).toMatchObject([{ reason: 'InternalError', attempts: '1' }]);
  });
});

it('a FIFO event that comes alone is given up at its fifth failure, in whichever processes it failed, as the queue tells it', async () => {
  const message = messageOf('fifo', detailOf());
  down();
  for (let times = 1; times < 5; times++) expect(await deliver([message], { handler: await newHandler() })).toEqual([0]);
  expect(await deliver([message], { handler: await newHandler() })).toEqual([]);
  expect(attributes()).toMatchObject([{ attempts: '5' }]);
});

it('a standard event is not given up for one failure after Lambda had nobody to take it four times', async () => {
  const message = messageOf('bus', detailOf(), { received: 4 });
  down({ times: 1 });
  expect(await deliver([message], { handler: await newHandler() })).toEqual([0]);
  expect(await deliver([message], { handler: await newHandler() })).toEqual([]);
  expect([outcomes(), now.aws.messages]).toEqual([['Succeeded'], []]);
});

it.each(doors)('an event that only waited, by %s, says why it is given up at the last delivery before the queue moves it', async (door) => {
  const message = messageOf(door, detailOf(), { received: 48 });
  down({ status: 429, retryAfter: 60 });
  expect(await deliver([message])).toEqual([0]);
  expect(await deliver([message])).toEqual([]);
  expect(attributes()).toMatchObject([{ reason: 'TooManyRequests', code: '429' }]);
});

describe.each(someOf(doors, 2))('an event that comes alone, by %s', (door) => {
  it('is not given up for a failure after others have given it back while CCI throttled', async () => {
    const message = messageOf(door, detailOf());
    down({ status: 429, retryAfter: 60 });
    const handler = await newHandler();
    for (let times = 1; times <= 6; times++) await deliver([message], { handler: times === 6 ? handler : await newHandler() });
    now.simulator.clearFaults();
    down({ times: 1 });
    expect(await deliver([message], { handler })).toEqual([0]);
    expect(await deliver([message], { handler })).toEqual([]);
    expect([outcomes(), now.aws.messages]).toEqual([['Succeeded'], []]);
  });
});

describe('a standard batch', () => {
  it('lets no event of one job wait for one that failed', async () => {
    now.simulator.inject({ method: 'PUT', status: 500 });
    expect(await deliver(['a', 'b', 'c'].map((name) => messageOf('bus', annotate(name))))).toEqual([0]);
    expect(annotated()).toEqual(['example.com/b', 'example.com/c']);
  });

  it('handles the events of one job one after another, and those of others beside them', async () => {
    now.simulator.inject({ method: 'GET', path: stored[0], delay: 300 });
    const messages = [annotate('a'), annotate('b'), annotate('c', { kind: 'PyTorchJob', name: other })].map((one) => messageOf('bus', one));
    expect(await deliver(messages)).toEqual([]);
    expect(results().map(({ kind }) => kind)).toEqual(['PyTorchJob', 'TFJob', 'TFJob']);
    expect(annotated()).toEqual(['example.com/a', 'example.com/b']);
    expect(calls().filter((call) => call === 'PUT 409')).toEqual([]);
  });
});

describe.each(doors)('what comes by %s when too little time is left', (door) => {
  it('goes back untouched, and has failed nothing', async () => {
    const message = messageOf(door, detailOf());
    for (let times = 1; times <= 10; times++) expect(await deliver([message], { left: 19_000 })).toEqual([0]);
    expect([calls(), outcomes(), now.aws.messages]).toEqual([[], [], []]);
    down();
    for (let times = 1; times < 5; times++) expect(await deliver([message])).toEqual([0]);
    expect(now.aws.messages).toEqual([]);
    expect(await deliver([message])).toEqual([]);
    expect(attributes()).toMatchObject([{ attempts: '5' }]);
  });

  it('is the rest of a batch that was slow', async () => {
    const messages = ['a', 'b', 'c'].map((name) => messageOf(door, annotate(name)));
    // The first took so long that Lambda's time has run down.
    const left = () => (calls().length === 0 ? 21_000 : 19_000);
    expect(await deliver(messages, { left })).toEqual([1, 2]);
    expect(annotated()).toEqual(['example.com/a']);
    expect(await deliver(messages.slice(1))).toEqual([]);
    expect(annotated()).toEqual(['example.com/a', 'example.com/b', 'example.com/c']);
  });
});

describe.each(doors)('a result that cannot be sent, by %s', (door) => {
  it.each(['throttle', 'entry', 'drop'] as const)('(%s) sends the message back, and the job is not changed again', async (act) => {
    const message = messageOf(door, detailOf());
    now.aws.fail({ operation: 'PutEvents', act, times: 3 });
    expect(await deliver([message])).toEqual([0]);
    edit((job) => {
      job.spec.ttlSecondsAfterFinished = 7;
    });
    expect(await deliverAll([message])).toBeLessThanOrEqual(4);
    expect(ttl()).toBe(7);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: [] }]);
  });

  it('is given up as well: the dead letter is there, and blocks nobody', async () => {
    now.aws.fail({ operation: 'PutEvents', act: 'entry', times: 1000 });
    const refused = messageOf(door, detailOf({ patch: { spec: { backoffLimit: 9 } } }));
    const good = messageOf(door, detailOf());
    expect(await deliverAll([refused])).toBe(5);
    expect(await deliverAll([good])).toBe(5);
    expect(attributes()).toMatchObject([
      { reason: 'InternalError', attempts: '5' },
      { reason: 'InternalError', attempts: '5' },
    ]);
    expect(outcomes()).toEqual([]);
  });

  it('in the end lets nothing through twice where the bus is back for the last result', async () => {
    const message = messageOf(door, detailOf());
    now.aws.fail({ operation: 'PutEvents', act: 'entry', times: 5 });
    expect(await deliverAll([message])).toBe(5);
    expect(now.aws.messages).toHaveLength(1);
    expect(outcomes()).toEqual(['Failed']);
    now.aws.clear();
    // Replayed from the dead-letter queue it is a new message.
    expect(await deliver([{ ...message, messageId: 'replayed', received: 0 }])).toEqual([]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: [] }]);
  });
});

it('a bus that gives no answer does not use up the time of a batch, whichever queue it is of', async () => {
  now.aws.fail({ operation: 'PutEvents', act: 'hang', times: 100 });
  const handlers = await Promise.all(doors.map(newHandler));
  const began = performance.now();
  const back = doors.map((door, index) => deliver([messageOf(door, annotate(door))], { handler: handlers[index] as EventHandler }));
  expect(await Promise.all(back)).toEqual([[0], [0]]);
  expect(performance.now() - began).toBeLessThan(4500);
  expect(annotated().sort()).toEqual(doors.map((door) => `example.com/${door}`));
});

describe.each(doors)('a dead letter that cannot be sent, by %s', (door) => {
  it('keeps its message in the queue, and is sent the next time', async () => {
    const message = messageOf(door, detailOf());
    down();
    now.aws.fail({ operation: 'SendMessage', act: 'throttle', times: 6 });
    expect(await deliverAll([message])).toBe(7);
    expect(attributes()).toMatchObject([{ attempts: '7' }]);
    expect(outcomes()).toEqual(['Failed']);
  });

  it('is forgotten where the event succeeds the next time', async () => {
    const message = messageOf(door, detailOf());
    down({ times: 5 });
    now.aws.fail({ operation: 'SendMessage', act: 'throttle', times: 3 });
    expect(await deliverAll([message])).toBe(6);
    expect(now.aws.messages).toEqual([]);
    expect(outcomes()).toEqual(['Succeeded']);
  });

  it('says who it is in printable ASCII, and "unknown" where the event has no id', async () => {
    const ids = ['é😀\u0007id', undefined];
    for (const id of ids) {
      now.aws.fail({ operation: 'PutEvents', act: 'entry', times: 1000 });
      await deliverAll([messageOf(door, detailOf({ id, patch: { spec: { backoffLimit: 9 } } }))]);
    }
    expect(attributes().map(({ eventId }) => eventId)).toEqual(['????id', 'unknown']);
  });
});
