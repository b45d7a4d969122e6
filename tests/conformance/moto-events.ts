/** The built event function with moto's EventBridge and SQS, over the real AWS SDK and wire. Runnable alone, after a build. */
import { deepStrictEqual as expect } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { SQSRecord } from 'aws-lambda';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../local/cci/simulator.ts';
import { credential, logging } from '../credentials.ts';
import { environmentOf } from '../load/instance.ts';
import { invoke } from '../load/invoke.ts';
import { type Mapping, type Polled, poll } from '../queues/poller.ts';
import { startUpstream } from '../scenarios/gateway-upstream.ts';
import type { Loose } from './http.ts';
import { anyKey, startMoto } from './moto.ts';
import { createStack } from './moto-stack.ts';
import { killAll, whenStopped } from './processes.ts';
import { checked, say, summary } from './report.ts';

const key = { accessKey: credential('events-ak'), secretKey: credential('events-sk') };
const namespace = 'kube-test';
const doors = ['bus', 'fifo'] as const;
type Door = (typeof doors)[number];
const queueOf = { bus: 'JobEventQueue', fifo: 'JobEventFifoQueue' };
const deadLettersOf = { bus: 'JobEventDeadLetters', fifo: 'JobEventFifoDeadLetters' };
const ten = Array.from({ length: 10 }, (_, index) => String(index));
/** Whom moto's SQS says that every message is from: the gateway knows him by that. */
const motoSender = 'event:AIDAIT2UOQQY3AUEKVGXU';

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-moto-events-'));
whenStopped(() => rm(folder, { recursive: true, force: true }));
const stops: (() => Promise<void>)[] = [];

try {
  const moto = await startMoto(folder);
  stops.push(moto.stop);
  const stack = await createStack(moto.url);
  const simulator = await startSimulator(key);
  stops.push(simulator.close);
  const cci = await startUpstream(simulator.url);
  stops.push(() => cci.close());
  const secrets = await startSecretsManager({ secrets: { 'team/cci': { versionId: 'v1', value: JSON.stringify(key) } } });
  stops.push(secrets.close);
  const environment: Record<string, string> = {
    ...environmentOf({ cci: cci.url, secretId: 'team/cci', secretsManager: secrets.url, ...anyKey }),
    ...logging,
    ...stack.environment,
    LIVE_CACHE: 'off',
    AWS_ENDPOINT_URL_SQS: moto.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: moto.url,
  };
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  const built = new URL('../../dist/job-event/index.mjs', import.meta.url);
  const { handler } = (await import(built.href)) as Pick<Mapping, 'handler'>;

  let made = 0;
  /** A job of its own for each check; its name. */
  const newJob = async (): Promise<string> => {
    const job: Loose = await documentedJob();
    const name = `job-${++made}`;
    simulator.put({ ...job, metadata: { ...job.metadata, name, uid: `uid-${made}` } });
    return name;
  };
  const historyOf = (name: string): Loose[] => simulator.history('tfjobs', namespace, name).map((text) => JSON.parse(text));
  /** What events wrote into a job, in order: one for each version after the first. */
  const effectsOf = (...names: string[]): string[] =>
    names.flatMap((name) => historyOf(name).slice(1)).map(({ metadata }) => metadata.annotations['example.com/step']);
  const step = (name: string, value: string, more: object = {}) => {
    const patch = { metadata: { annotations: { 'example.com/step': value } } };
    return { version: '1', id: `${name}-${value}`, kind: 'TFJob', namespace, name, patch, ...more };
  };
  type Detail = ReturnType<typeof step>;
  const groupOf = ({ kind, name }: Detail) => `${kind}/${namespace}/${name}`;
  const bodyOf = (detail: Detail) => JSON.stringify({ 'detail-type': 'Job Update Requested', source: 'example.pipeline', detail });

  /** A producer sends an event. */
  const send = async (door: Door, detail: Detail, groupId = groupOf(detail)): Promise<void> => {
    if (door === 'fifo') return stack.queue(queueOf.fifo).send({ body: bodyOf(detail), groupId, deduplicationId: randomUUID() });
    const entry = { Source: 'example.pipeline', DetailType: 'Job Update Requested', Detail: JSON.stringify(detail) };
    const answer = await stack.bus.send(new PutEventsCommand({ Entries: [{ EventBusName: stack.busName, ...entry }] }));
    expect([answer.FailedEntryCount, answer.Entries?.length], [0, 1], 'the event is on the bus');
  };
  /** Lambda's part, until the queue is empty. */
  const run = (door: Door, instead = handler): Promise<Polled> => {
    const { batchSize, timeout } = stack.source(queueOf[door]);
    return poll(stack.queue(queueOf[door]), { handler: instead, batchSize: () => batchSize, concurrency: 1, timeout });
  };
  const drain = async (queue: ReturnType<typeof stack.queue>): Promise<SQSRecord[]> => {
    const all: SQSRecord[] = [];
    // What a check that failed has left in flight is to be seen too.
    await queue.wait();
    for (let some = await queue.receive(10); some.length > 0; some = await queue.receive(10)) {
      await queue.delete(some);
      all.push(...some);
    }
    return all;
  };
  /** The result events since the last time, oldest first. */
  const results = async (): Promise<Loose[]> => (await drain(stack.results)).map(({ body }) => JSON.parse(body));
  const outcomes = (events: Loose[]) => events.map(({ 'detail-type': type, detail: { id } }) => [type.replace('Job Update ', ''), id]);
  const deadLetters = (door: Door) => drain(stack.queue(deadLettersOf[door]));
  const attributesOf = ({ messageAttributes }: SQSRecord) =>
    Object.fromEntries(Object.entries(messageAttributes).map(([name, { stringValue }]) => [name, stringValue]));
  /** Runs a check, after which no message is left anywhere, so that each begins with nothing. */
  const show = async (title: string, body: () => Promise<void>): Promise<void> => {
    await checked('moto-events', title, async () => {
      await body();
      for (const door of doors) expect([await deadLetters(door), await drain(stack.queue(queueOf[door]))], [[], []], 'what is left');
      expect([await results(), await drain(stack.queue('JobEventUndelivered'))], [[], []], 'what is left');
    });
    cci.answer = undefined;
    for (const queue of [stack.results, ...[...Object.values(queueOf), ...Object.values(deadLettersOf)].map(stack.queue)])
      await drain(queue);
  };
  /** CCI is down for writes of this value, and for nothing else. */
  const failFor = (value: string): void => {
    cci.answer = ({ method, body }, response) => {
      if (method !== 'PUT' || !body.includes(`"example.com/step":"${value}"`)) return 'hand on';
      return response.writeHead(503, { 'content-type': 'text/plain' }).end('no healthy upstream');
    };
  };

  say('events');
  await show('an event put on the bus changes the job, and its result event is on the bus', async () => {
    const name = await newJob();
    await send('bus', step(name, 'a'));
    expect(await run('bus'), { invocations: 1, deliveries: 1, returned: 0, failed: 0 });
    expect(effectsOf(name), ['a']);
    const [{ source, 'detail-type': type, detail }, ...more] = (await results()) as [Loose, ...Loose[]];
    expect([source, type, more], ['tfjob-gateway', 'Job Update Succeeded', []]);
    const { resourceVersion } = historyOf(name)[1].metadata;
    expect([detail.id, detail.changed, detail.resourceVersion], [`${name}-a`, ['metadata.annotations'], resourceVersion]);
  });

  for (const door of doors) {
    await show(`by ${door}, an event that comes twice changes the job once, and does not undo what another wrote meanwhile`, async () => {
      const name = await newJob();
      const event = step(name, 'a');
      await send(door, event);
      await send(door, event);
      expect((await run(door)).deliveries, 2);
      // Apart: the bus hands over what is there at once in any order.
      await send(door, step(name, 'b'));
      expect((await run(door)).deliveries, 1);
      await send(door, event);
      expect((await run(door)).deliveries, 1);
      expect(effectsOf(name), ['a', 'b']);
      const said = (await results()).map(({ 'detail-type': type, detail }) => [type, detail.id, detail.changed.length]);
      const succeeded = (value: string, changed: number) => ['Job Update Succeeded', `${name}-${value}`, changed];
      expect(said, [succeeded('a', 1), succeeded('a', 0), succeeded('b', 1), succeeded('a', 0)]);
    });

    await show(`by ${door}, of ten events one is bad for ever: nine effects and one Refused, with what HTTP answers`, async () => {
      const name = await newJob();
      const patch = { metadata: { labels: { 'a b': 'c d' } }, spec: { cleanPodPolicy: 'Some', activeDeadlineSeconds: -1 } };
      const path = `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs/${name}`;
      const http = await invoke({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: patch });
      for (const value of ten) await send(door, step(name, value, value === '4' ? { patch } : {}));
      // The FIFO queue hands out one at a time.
      expect(await run(door), { invocations: door === 'fifo' ? 10 : 1, deliveries: 10, returned: 0, failed: 0 });
      expect(effectsOf(name), ten.toSpliced(4, 1));
      const said = await results();
      expect(
        outcomes(said),
        ten.map((value) => [value === '4' ? 'Refused' : 'Succeeded', `${name}-${value}`]),
      );
      const { status } = said.find(({ detail }) => detail.id === `${name}-4`).detail;
      expect(status, JSON.parse(http.text ?? ''));
      expect([status.code, status.details.causes.length >= 3], [422, true], `the causes: ${JSON.stringify(status)}`);
    });

    await show(`what is not JSON is refused by ${door}, and holds up nothing`, async () => {
      const name = await newJob();
      const groupId = door === 'fifo' ? groupOf(step(name, 'a')) : undefined;
      const deduplicationId = door === 'fifo' ? randomUUID() : undefined;
      await stack.queue(queueOf[door]).send({ body: '{"detail":', groupId, deduplicationId });
      await send(door, step(name, 'a'));
      expect(await run(door), { invocations: door === 'fifo' ? 2 : 1, deliveries: 2, returned: 0, failed: 0 });
      expect(effectsOf(name), ['a']);
      const said = (await results()).map(({ detail: { id, status } }) => [id, status?.code, status?.message]);
      // In a standard queue the two have no order.
      expect(
        new Set(said),
        new Set([
          [undefined, 400, 'the event is not JSON'],
          [`${name}-a`, undefined, undefined],
        ]),
      );
    });
  }

  await show('of ten FIFO events for one job one fails for ever: nine effects in order, and that one alone is a dead letter', async () => {
    const name = await newJob();
    failFor('3');
    for (const value of ten) await send('fifo', step(name, value));
    // The fourth fails five times, and none behind it is delivered meanwhile.
    expect(await run('fifo'), { invocations: 10 + 4, deliveries: 10 + 4, returned: 4, failed: 0 });
    expect(effectsOf(name), ten.toSpliced(3, 1));
    const dead = await deadLetters('fifo');
    expect(dead.map(attributesOf), [
      { reason: 'ServiceUnavailable', code: '503', eventId: `${name}-3`, attempts: '5', sender: motoSender },
    ]);
    expect([dead[0]?.body, dead[0]?.attributes.MessageGroupId], [bodyOf(step(name, '3')), groupOf(step(name, '3'))]);
    expect(
      outcomes(await results()),
      ten.map((value) => [value === '3' ? 'Failed' : 'Succeeded', `${name}-${value}`]),
    );
  });

  await show('of ten FIFO events for ten jobs one fails for ever: the nine others are done at once', async () => {
    const names: string[] = [];
    for (const _ of ten) names.push(await newJob());
    failFor('3');
    for (const value of ten) await send('fifo', step(names[Number(value)] as string, value));
    expect(await run('fifo'), { invocations: 10 + 4, deliveries: 10 + 4, returned: 1 + 3, failed: 0 });
    expect(effectsOf(...names), ten.toSpliced(3, 1));
    expect(
      (await deadLetters('fifo')).map(attributesOf).map(({ eventId, attempts }) => [eventId, attempts]),
      [[`${names[3]}-3`, '5']],
    );
    expect((await results()).length, 10);
  });

  await show('a message whose group is not that of its job is refused', async () => {
    const name = await newJob();
    await send('fifo', step(name, 'a'), `TFJob/${namespace}/another`);
    expect((await run('fifo')).returned, 0);
    expect(effectsOf(name), []);
    const said = (await results()).map(({ 'detail-type': type, detail: { id, status } }) => [type, id, status.code, status.message]);
    expect(said, [['Job Update Refused', `${name}-a`, 400, `the message group must be ${groupOf(step(name, 'a'))}`]]);
  });

  for (const door of doors) {
    await show(
      `by ${door}, a message at which every process crashes ends in the dead-letter queue after 50 deliveries, without a reason`,
      async () => {
        const name = await newJob();
        await send(door, step(name, 'a'));
        const crash = () => Promise.reject(new Error('it crashed'));
        expect(await run(door, crash), { invocations: 50, deliveries: 50, returned: 50, failed: 50 });
        const dead = await deadLetters(door);
        expect(
          dead.map((record) => [JSON.parse(record.body).detail.id, attributesOf(record)]),
          [[`${name}-a`, {}]],
        );
      },
    );
  }
  process.exitCode = summary('moto-events');
} finally {
  for (const stop of stops.reverse()) await stop();
  killAll();
  await rm(folder, { recursive: true, force: true });
}
