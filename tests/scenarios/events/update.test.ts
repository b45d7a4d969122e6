import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { alsoSearched } from '../../credentials.ts';
import {
  applied,
  calls,
  type Door,
  deliver,
  detailOf,
  edit,
  liveJob,
  messageOf,
  newHandler,
  now,
  objectOf,
  results,
  ttl,
  useEvents,
} from './harness.ts';

useEvents({ shared: true });

describe.each<Door>(['bus', 'fifo'])('an event that comes by %s', (door) => {
  it('changes the job by its patch, leaves its marker in the same write, and is answered', async () => {
    const detail = detailOf({ reason: 'the nightly run has ended' });
    const message = messageOf(door, detail);
    expect(await deliver([message])).toEqual([]);
    expect(ttl()).toBe(1000);
    const hashes = [expect.stringMatching(/^[\w-]{16}$/)];
    expect(applied()).toEqual({ uid: liveJob().metadata.uid, ids: hashes, digests: hashes });
    expect(calls()).toEqual(['GET 200', 'PUT 200']);
    expect(now.aws.events).toMatchObject([{ EventBusName: 'tfjob-gateway', Source: 'tfjob-gateway', DetailType: 'Job Update Succeeded' }]);
    expect(results()).toEqual([
      {
        outcome: 'Succeeded',
        version: '1',
        id: detail.id,
        messageId: message.messageId,
        kind: 'TFJob',
        namespace: 'kube-test',
        name: 'tfjob-test',
        changed: ['spec.ttlSecondsAfterFinished'],
        resourceVersion: liveJob().metadata.resourceVersion,
      },
    ]);
  });

  it('replaces the five fields by its object: what it leaves out is removed', async () => {
    const object = objectOf((job) => {
      delete job.metadata.labels;
      job.metadata.annotations = { 'example.com/owner': 'team-a' };
      job.spec.cleanPodPolicy = 'All';
    });
    expect(await deliver([messageOf(door, detailOf({ object, sequence: 7 }))])).toEqual([]);
    const { metadata, spec } = liveJob();
    expect(metadata.labels).toBeUndefined();
    expect(Object.keys(metadata.annotations)).toEqual(['example.com/owner', 'tfjob-gateway/applied-events']);
    expect(spec.cleanPodPolicy).toBe('All');
    expect(applied()).toMatchObject({ sequence: 7 });
    expect(results()).toMatchObject([
      { outcome: 'Succeeded', sequence: 7, changed: ['metadata.labels', 'metadata.annotations', 'spec.cleanPodPolicy'] },
    ]);
  });
});

/** Lets another client write again and again while something goes on: each of the first writes of CCI then meets a conflict. */
async function amongWriters<T>(going: Promise<T>): Promise<T> {
  let ended = false;
  const end = () => {
    ended = true;
  };
  going.then(end, end);
  while (calls().length === 0) await sleep(1);
  for (let writes = 1; !ended; writes++) {
    edit((job) => Object.assign(job.metadata, { finalizers: [`example.com/f${writes}`] }));
    await sleep(10);
  }
  return going;
}

describe('an event among other writers', () => {
  it.each<[string, () => object]>([
    ['without a precondition', () => ({})],
    ['that insists on the uid', () => ({ uid: liveJob().metadata.uid })],
  ])('(%s) is tried again later where it never gets its turn, and is not refused', async (_, precondition) => {
    const message = messageOf('bus', detailOf(precondition()));
    now.simulator.inject({ method: 'PUT', delay: 60, times: 5 });
    expect(await amongWriters(deliver([message]))).toEqual([0]);
    expect(calls().filter((call) => call === 'PUT 409')).toHaveLength(5);
    expect(results()).toEqual([]);
    expect(await deliver([message])).toEqual([]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: ['spec.ttlSecondsAfterFinished'] }]);
  });

  it('that insists on a resourceVersion is refused as soon as another writer was faster', async () => {
    const { resourceVersion } = liveJob().metadata;
    now.simulator.inject({ method: 'PUT', delay: 100 });
    expect(await amongWriters(deliver([messageOf('bus', detailOf({ resourceVersion }))]))).toEqual([]);
    expect(calls()).toEqual(['GET 200', 'PUT 409', 'GET 200']);
    expect(results()).toMatchObject([{ outcome: 'Refused', status: { code: 409, reason: 'Conflict' } }]);
  });

  it.each<[string, () => object]>([
    ['without a precondition', () => ({})],
    ['that insists on a resourceVersion', () => ({ resourceVersion: liveJob().metadata.resourceVersion })],
  ])('(%s) knows its own write although nobody answered it and another came after it', async (_, precondition) => {
    const message = messageOf('fifo', detailOf(precondition()));
    now.simulator.inject({ method: 'PUT', act: 'drop', when: 'after' });
    now.simulator.inject({ method: 'GET', delay: 1 });
    now.simulator.inject({ method: 'GET', delay: 200 });
    const delivered = deliver([message]);
    while (!calls().includes('PUT 0')) await sleep(1);
    edit((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: 7 }));
    expect(await delivered).toEqual([]);
    expect(ttl()).toBe(7);
    expect(calls().filter((call) => call.startsWith('GET'))).toHaveLength(2);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: ['spec.ttlSecondsAfterFinished'] }]);
  });

  it('whose write was lost while another came is decided anew at once', async () => {
    now.simulator.inject({ method: 'PUT', act: 'drop', delay: 100 });
    const delivered = deliver([messageOf('fifo', detailOf())]);
    while (calls().length === 0) await sleep(1);
    await sleep(30);
    edit((job) => Object.assign(job.metadata, { labels: { app: 'newer' } }));
    expect(await delivered).toEqual([]);
    expect(calls()).toEqual(['GET 200', 'PUT 0', 'PUT 409', 'GET 200', 'GET 200', 'PUT 200']);
    expect(liveJob()).toMatchObject({ metadata: { labels: { app: 'newer' } }, spec: { ttlSecondsAfterFinished: 1000 } });
  });
});

describe('an event that would change the gateway’s own annotations', () => {
  const own = 'tfjob-gateway/x';
  const warnings = [`annotations under tfjob-gateway/ are the gateway's own and stay as they are: ${own}`];

  it.each<[string, () => object]>([
    ['by a patch', () => ({ patch: { metadata: { annotations: { [own]: 'mine' } } } })],
    ['by taking it away', () => ({ patch: { metadata: { annotations: { [own]: null } } } })],
    ['by an object', () => ({ object: objectOf((job) => Object.assign(job.metadata, { annotations: { [own]: 'mine' } })) })],
  ])('(%s) succeeds without that, and its result says so', async (_, detail) => {
    edit((job) => Object.assign(job.metadata, { annotations: { [own]: 'live' } }));
    expect(await deliver([messageOf('bus', detailOf(detail()))])).toEqual([]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: [], warnings }]);
    expect(liveJob().metadata.annotations[own]).toBe('live');
  });

  it('is told nothing where it leaves them out', async () => {
    edit((job) => Object.assign(job.metadata, { annotations: { [own]: 'live' } }));
    const object = objectOf((job) => Object.assign(job, { metadata: { ...job.metadata, annotations: {} } }));
    expect(await deliver([messageOf('bus', detailOf({ object })), messageOf('bus', detailOf())])).toEqual([]);
    expect(results().map(({ outcome, warnings }) => [outcome, warnings])).toEqual([
      ['Succeeded', undefined],
      ['Succeeded', undefined],
    ]);
  });
});

describe('an event that is refused', () => {
  it('is told what of it may be had', async () => {
    const patch = { metadata: { annotations: { note: "it's" } }, spec: { ttlSecondsAfterFinished: 5, backoffLimit: 9 } };
    expect(await deliver([messageOf('fifo', detailOf({ patch }))])).toEqual([]);
    const [{ outcome, status }] = results() as [{ outcome: string; status: { message: string } }];
    const json = '{"metadata":{"annotations":{"note":"it\\u0027s"}},"spec":{"ttlSecondsAfterFinished":5}}';
    expect([outcome, status.message.split('\n')[1]]).toEqual([
      'Refused',
      `you may change: kubectl patch tfjob tfjob-test -n kube-test --type merge -p '${json}'`,
    ]);
  });
});

describe('the log', () => {
  it('tells of each event in one line who sent it and what became of it, and no value of it', async () => {
    const lines: string[] = [];
    for (const level of ['info', 'error'] as const) vi.spyOn(console, level).mockImplementation((line) => void lines.push(line));
    // Else the logger writes to the process's streams, past the console.
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
    const handler = await newHandler();
    const secret = 'a-value-that-nobody-may-read';
    const patch = { metadata: { annotations: { note: secret } } };
    const good = messageOf('bus', detailOf({ patch, sequence: 3, reason: 'nightly' }));
    const bad = messageOf('fifo', detailOf({ patch: { ...patch, spec: { backoffLimit: 9 } } }));
    const failing = messageOf('fifo', detailOf());
    await deliver([good], { handler });
    await deliver([bad], { handler });
    now.simulator.inject({ method: 'PUT', status: 500 });
    await deliver([failing], { handler });
    alsoSearched(lines.join('\n'));
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    const [succeeded, refused, returned, ...rest] = lines.map((line) => JSON.parse(line));
    expect(succeeded).toMatchObject({
      message: 'event',
      outcome: 'Succeeded',
      changed: ['metadata.annotations'],
      job: 'tfjobs/kube-test/tfjob-test',
      event: { id: JSON.parse(good.body).detail.id, sequence: 3, reason: 'nightly', source: 'example.pipeline', account: '111122223333' },
      sender: 'AIDAEVENTBRIDGE',
      queue: 'arn:aws:sqs:us-east-1:111122223333:tfjob-gateway-events',
      message_id: good.messageId,
      received: 1,
      upstream: [
        { method: 'GET', answer: 200 },
        { method: 'PUT', answer: 200 },
      ],
    });
    expect(refused).toMatchObject({
      outcome: 'Refused',
      code: 403,
      reason: 'Forbidden',
      refused: ['spec.backoffLimit'],
      sender: 'AROAPRODUCER:pipeline',
      attempts: 0,
    });
    expect(returned).toMatchObject({ outcome: 'Returned', code: 500, note: { reason: 'CCI answered 500' }, attempts: 1 });
    expect(rest).toEqual([]);
    expect(lines.join()).not.toContain(secret);
  });
});
