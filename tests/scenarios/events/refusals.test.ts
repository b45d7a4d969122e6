import { describe, expect, it } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import { type Loose, status } from '../gateway.ts';
import {
  arns,
  type Door,
  deliver,
  detailOf,
  edit,
  http,
  liveJob,
  messageOf,
  now,
  objectOf,
  results,
  stored,
  ttl,
  useEvents,
} from './harness.ts';

useEvents({ http: true, env: { PROTECTED_KEYS: 'example.com/guarded' }, shared: true });

const doors: Door[] = ['bus', 'fifo'];
const merge = 'application/merge-patch+json';
const live = () => now.simulator.text(...stored);
const annotations = (bytes: number) => ({ metadata: { annotations: { a: 'x'.repeat(bytes - 1) } } });

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const recordOf = (name: string, more: object = {}): string =>
  JSON.stringify({ apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name, namespace: 'kube-test' }, ...more });

/** Delivers one message: it must be refused, done with, and have changed nothing. Returns the result. */
async function refused(door: Door, detail: unknown, more: object = {}): Promise<Loose> {
  const before = live();
  const message = messageOf(door, detail, more);
  expect(await deliver([message])).toEqual([]);
  expect(live()).toBe(before);
  expect(now.aws.messages).toEqual([]);
  expect(results()).toMatchObject([{ outcome: 'Refused', version: '1', messageId: message.messageId }]);
  return results()[0];
}

describe.each(doors)('by %s', (door) => {
  // The second door leads to the same rules.
  const every = door === 'bus' ? 1 : 4;
  const bad: [string, unknown, number, string, RegExp][] = [
    ['what is no JSON', '{"detail-type":"Job Update Requested",', 400, 'BadRequest', /^the event is not JSON$/],
    ['JSON null', 'null', 400, 'BadRequest', /it must be a JSON object/],
    ['a number', '5', 400, 'BadRequest', /it must be a JSON object/],
    ['a text', '"Job Update Requested"', 400, 'BadRequest', /it must be a JSON object/],
    ['an array', '[]', 400, 'BadRequest', /it must be a JSON object/],
    ['an empty object', '{}', 400, 'BadRequest', /detail-type is missing; detail is missing/],
    [
      'another detail-type',
      JSON.stringify({ 'detail-type': 'Job Update Failed', detail: detailOf() }),
      400,
      'BadRequest',
      /detail-type must be "Job Update Requested"/,
    ],
    ['no detail', JSON.stringify({ 'detail-type': 'Job Update Requested' }), 400, 'BadRequest', /detail is missing/],
    [
      'a detail that is no object',
      JSON.stringify({ 'detail-type': 'Job Update Requested', detail: [1] }),
      400,
      'BadRequest',
      /detail must be an object/,
    ],
    ['another version', detailOf({ version: '2' }), 400, 'BadRequest', /detail\.version must be "1"/],
    ['a version that is a number', detailOf({ version: 1 }), 400, 'BadRequest', /detail\.version must be "1"/],
    ['no id', detailOf({ id: undefined }), 400, 'BadRequest', /detail\.id is missing/],
    ['an empty id', detailOf({ id: '' }), 400, 'BadRequest', /detail\.id may not be empty/],
    ['an id of 257 characters', detailOf({ id: 'x'.repeat(257) }), 400, 'BadRequest', /detail\.id may have 256 characters/],
    ['an id with half a character', detailOf({ id: 'a\ud800' }), 400, 'BadRequest', /detail\.id must be well-formed Unicode/],
    ['a misspelt precondition', detailOf({ resourceversion: '1' }), 400, 'BadRequest', /detail\.resourceversion is not known here/],
    ['neither patch nor object', detailOf({ patch: undefined }), 400, 'BadRequest', /either patch or object/],
    ['both patch and object', detailOf({ patch: {}, object: {} }), 400, 'BadRequest', /either patch or object/],
    ['a patch that is no object', detailOf({ patch: [] }), 400, 'BadRequest', /detail\.patch must be an object/],
    [
      'a patch that is an inexact number',
      messageOf(door, detailOf({ patch: 7 })).body.replace('"patch":7', '"patch":1.0'),
      400,
      'BadRequest',
      /detail\.patch must be an object/,
    ],
    ['a sequence that is a text', detailOf({ sequence: '7' }), 400, 'BadRequest', /detail\.sequence must be an integer/],
    ['a negative sequence', detailOf({ sequence: -1 }), 400, 'BadRequest', /detail\.sequence must be an integer/],
    ['a sequence beyond 2^53', detailOf({ sequence: 2 ** 53 }), 400, 'BadRequest', /detail\.sequence must be an integer/],
    [
      'the resourceVersion 0, which means none elsewhere',
      detailOf({ resourceVersion: '0' }),
      400,
      'BadRequest',
      /detail\.resourceVersion must be a resourceVersion/,
    ],
    [
      'a resourceVersion that is none',
      detailOf({ resourceVersion: 'latest' }),
      400,
      'BadRequest',
      /detail\.resourceVersion must be a resourceVersion/,
    ],
    [
      'a uid that its patch contradicts',
      detailOf({ uid: 'a', patch: { metadata: { uid: 'b' } } }),
      400,
      'BadRequest',
      /metadata\.uid is another than the event's uid/,
    ],
    ['an unknown kind', detailOf({ kind: 'Pod' }), 400, 'BadRequest', /detail\.kind must be one of TFJob, PyTorchJob, MXJob$/],
    ['a namespace that can not exist', detailOf({ namespace: 'a/b' }), 404, 'NotFound', /could not find the requested resource/],
    ['a name that can not exist', detailOf({ name: 'a.b' }), 404, 'NotFound', /could not find the requested resource/],
    ['a job that does not exist', detailOf({ name: 'no-such-job' }), 404, 'NotFound', /"no-such-job" not found/],
    [
      'several mistakes',
      detailOf({ version: undefined, namespace: 7, sequence: 0.5 }),
      400,
      'BadRequest',
      /^the event is not valid: detail\.version is missing; detail\.namespace must be a string; detail\.sequence must be an integer from 0 to 2\^53 - 1$/,
    ],
  ];
  it.each(someOf(bad, every))('%s is refused', async (_, detail, code, reason, message) => {
    const { status: said, id, ...result } = await refused(door, detail);
    expect(said).toMatchObject(status(code, reason, expect.stringMatching(message)));
    if (typeof detail === 'object') expect(id).toBe((detail as Loose).id?.slice(0, 256).toWellFormed());
    expect(result).not.toHaveProperty('changed');
  });

  it('what is over 1 MB is refused, and its result tells which it was', async () => {
    const detail = detailOf({ patch: annotations(1_000_000) });
    const { status: said, id, name } = await refused(door, detail);
    expect(said).toEqual(status(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 1000000'));
    expect([id, name]).toEqual([detail.id, 'tfjob-test']);
  });

  it('a record of the last apply is rebuilt from the live one, whether a patch or an object brings it', async () => {
    const [live, asked] = [recordOf('tfjob-test', { spec: { backoffLimit: 6 } }), { spec: { cleanPodPolicy: 'All', tfReplicaSpecs: {} } }];
    for (const how of ['patch', 'object']) {
      edit(({ metadata }) => {
        metadata.annotations = { [lastApplied]: live };
      });
      const planted = { [lastApplied]: recordOf('tfjob-test', asked) };
      const object = objectOf((job) => Object.assign(job.metadata, { annotations: planted }));
      await deliver([messageOf(door, detailOf(how === 'patch' ? { patch: { metadata: { annotations: planted } } } : { object }))]);
      expect(results().at(-1)).toMatchObject({ outcome: 'Succeeded' });
      expect(JSON.parse(liveJob().metadata.annotations[lastApplied]).spec).toEqual({ backoffLimit: 6, cleanPodPolicy: 'All' });
    }
  });

  it('what is 1 MB is read', async () => {
    const empty = messageOf(door, detailOf({ patch: annotations(1) })).body.length;
    const message = messageOf(door, detailOf({ patch: annotations(1_000_000 - empty + 1) }));
    expect(Buffer.byteLength(message.body)).toBe(1_000_000);
    await deliver([message]);
    expect(results()).toMatchObject([{ outcome: 'Refused', status: { code: 422 } }]);
  });

  const asHttp: [string, Loose, 'PUT' | 'PATCH'][] = [
    ['a forbidden field', { spec: { backoffLimit: 9, tfReplicaSpecs: { Worker: { replicas: 2 } } } }, 'PATCH'],
    ['invalid values', { metadata: { labels: { 'a b': 'c d' } }, spec: { cleanPodPolicy: 'Some', activeDeadlineSeconds: -1 } }, 'PATCH'],
    ['256 KiB + 1 of annotations', annotations(256 * 1024 + 1), 'PATCH'],
    ['a protected key', { metadata: { labels: { 'example.com/guarded': 'no' } } }, 'PATCH'],
    ['the removal of the record of the last apply', { metadata: { annotations: { [lastApplied]: null } } }, 'PATCH'],
    ['the removal of all annotations, the record with them', { metadata: { annotations: null } }, 'PATCH'],
    ['an emptied record', { metadata: { annotations: { [lastApplied]: '' } } }, 'PATCH'],
    ['a record of another job', { metadata: { annotations: { [lastApplied]: recordOf('other') } } }, 'PATCH'],
    ['a record of an object that is no JSON', { metadata: { annotations: { [lastApplied]: '{' } } }, 'PUT'],
    ['a label that is a number', { metadata: { labels: { a: 7 } } }, 'PATCH'],
    ["CCI's own typo", { spec: { activeDeadlineSecond: 5 } }, 'PATCH'],
    ['the name of another job', { metadata: { name: 'other' } }, 'PATCH'],
    ['another uid in the patch', { metadata: { uid: 'another' } }, 'PATCH'],
    ['a spec that is erased', { spec: null }, 'PATCH'],
    ['a stale resourceVersion in the patch', { metadata: { resourceVersion: '1' } }, 'PATCH'],
    ['a forbidden field of an object', { spec: { backoffLimit: 9 } }, 'PUT'],
    ['an omitted field of an object', { spec: { backoffLimit: undefined } }, 'PUT'],
    ['invalid values of an object', { spec: { ttlSecondsAfterFinished: 1e10 } }, 'PUT'],
    ['another uid of an object', { metadata: { uid: 'another' } }, 'PUT'],
    ['a stale resourceVersion of an object', { metadata: { resourceVersion: '1' } }, 'PUT'],
    ['an object without a kind', { kind: undefined }, 'PUT'],
    ['an object of another kind', { kind: 'PyTorchJob' }, 'PUT'],
    ['an object of another version', { apiVersion: 'kubeflow.org/v2' }, 'PUT'],
    ['an object of another namespace', { metadata: { namespace: 'other' } }, 'PUT'],
    ['an object whose labels are none', { metadata: { labels: 'a=b' } }, 'PUT'],
  ];
  it.each(someOf(asHttp, every))('%s is refused with what HTTP answers, to the letter', async (_, change: Loose, method) => {
    const { metadata, spec, ...rest } = change;
    const object = objectOf((job) => {
      Object.assign(job, rest);
      Object.assign(job.metadata, metadata);
      Object.assign(job.spec, spec);
    });
    edit(({ metadata }) => {
      metadata.annotations = { [lastApplied]: recordOf('tfjob-test') };
    });
    const answer = method === 'PUT' ? await http('PUT', object) : await http('PATCH', change, merge);
    expect(answer).toMatchObject({ kind: 'Status', code: expect.any(Number) });
    const { status: said } = await refused(door, detailOf(method === 'PUT' ? { object } : { patch: change }));
    expect(said).toEqual(answer);
  });

  it('what CCI itself refuses is refused with what HTTP answers', async () => {
    for (const code of [400, 403, 405, 410, 413, 415, 422]) {
      now.aws.clear();
      now.simulator.inject({ method: 'PUT', status: code, times: 2 });
      const answer = await http(
        'PUT',
        objectOf((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: code })),
      );
      const { status: said } = await refused(door, detailOf({ patch: { spec: { ttlSecondsAfterFinished: code } } }));
      expect(said).toEqual(answer);
      expect(said.code).toBe(code);
    }
  });

  it('a precondition that the job does not meet is refused with 409, once and for all', async () => {
    for (const precondition of [{ uid: '00000000-0000-0000-0000-000000000000' }, { resourceVersion: '1' }]) {
      now.aws.clear();
      const { status: said } = await refused(door, detailOf(precondition));
      expect(said).toMatchObject({ code: 409, reason: 'Conflict' });
    }
  });

  it('a precondition that the job meets lets the event pass', async () => {
    const { uid, resourceVersion } = liveJob().metadata;
    await deliver([messageOf(door, detailOf({ uid, resourceVersion }))]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded' }]);
    expect(ttl()).toBe(1000);
  });

  it('one bad message never holds up the others', async () => {
    const good = [1, 2, 3].map((ttlSecondsAfterFinished) => detailOf({ patch: { spec: { ttlSecondsAfterFinished } } }));
    const group = 'TFJob/kube-test/tfjob-test';
    const batch = [
      messageOf(door, good[0]),
      messageOf(door, 'no JSON', { group: door === 'fifo' ? group : undefined }),
      ...good.slice(1).map((one) => messageOf(door, one)),
    ];
    expect(await deliver(batch)).toEqual([]);
    expect(
      results()
        .map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['Refused', 'Succeeded', 'Succeeded', 'Succeeded']);
    expect(ttl()).toBe(3);
  });
});

describe('the message group of the FIFO queue', () => {
  it('must be that of the job', async () => {
    const { status: said } = await refused('fifo', detailOf(), { group: 'TFJob/kube-test/other' });
    expect(said).toEqual(status(400, 'BadRequest', 'the message group must be TFJob/kube-test/tfjob-test'));
  });

  it('is cut at 128 characters, which is all that SQS takes', async () => {
    const long = { namespace: 'n'.repeat(63), name: 'm'.repeat(63) };
    const group = `TFJob/${long.namespace}/${long.name}`.slice(0, 128);
    const { status: said } = await refused('fifo', detailOf(long), { group });
    expect(said).toMatchObject({ code: 404, message: expect.stringMatching(/"m+" not found/) });
  });

  it('means nothing in the standard queue', async () => {
    await deliver([messageOf('bus', detailOf(), { group: 'anything' })]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded' }]);
  });
});

describe('the result of a refusal', () => {
  it('is cut where its causes are more than a bus takes', async () => {
    const labels = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`${index}${'\u0001'.repeat(250)}`, 'v']));
    const { status: said } = await refused('bus', detailOf({ patch: { metadata: { labels } } }));
    expect(said).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: expect.stringMatching(/^TFJob\.kubeflow\.org "tfjob-test" is invalid/),
    });
    expect(said.details.causes.length).toBeGreaterThanOrEqual(50);
    expect(Buffer.byteLength(now.aws.events[0]?.Detail ?? '')).toBeLessThan(256 * 1024);
  });

  it('holds no half of a character, whatever the event held', async () => {
    const { status: said } = await refused('bus', detailOf({ patch: { spec: { 'a\ud800': '\udc00' } } }));
    expect(said.code).toBe(403);
  });

  it('never quotes what is no event', async () => {
    await refused('bus', 'secret-text-that-is-no-event', { group: arns.bus });
    expect(now.aws.events[0]?.Detail).not.toContain('secret-text');
  });
});

describe('a job whose annotations are as large as Kubernetes allows', () => {
  it('has no room for the marker, so its event is refused as CCI refuses it', async () => {
    edit((job) => {
      job.metadata.annotations = { a: 'x'.repeat(256 * 1024 - 1) };
    });
    now.simulator.inject({ method: 'PUT', status: 422 });
    const { status: said } = await refused('bus', detailOf());
    expect(said).toMatchObject({ code: 422 });
  });
});
