import { describe, expect, it } from 'vitest';
import {
  calls,
  type Door,
  deliver,
  detailOf,
  liveJob,
  type Message,
  messageOf,
  now,
  objectOf,
  results,
  roleId,
  ttl,
  useEvents,
} from './harness.ts';

const rule = (verbs: string[]) => [{ verbs, apiGroups: ['kubeflow.org'], resources: ['tfjobs'] }];
const role = (name: string, verbs: string[], users: string[]) => [
  { kind: 'Role', metadata: { name, namespace: 'kube-test' }, rules: rule(verbs) },
  {
    kind: 'RoleBinding',
    metadata: { name, namespace: 'kube-test' },
    subjects: users.map((user) => ({ kind: 'User', name: user })),
    roleRef: { kind: 'Role', name },
  },
];

useEvents({
  policies: [
    ...role('patcher', ['patch'], ['event:example.pipeline', 'event:AROAPRODUCER']),
    ...role('reader', ['patch', 'get'], ['event:AIDAREADER']),
  ],
});

const user: Record<Door, string> = { bus: 'event:example.pipeline', fifo: 'event:AROAPRODUCER' };
const send = async (door: Door, detail: object, more: Partial<Message> = {}) => {
  expect(await deliver([messageOf(door, detail, more)])).toEqual([]);
  return results().at(-1);
};
const other: Record<Door, Partial<Message>> = { bus: {}, fifo: { sender: 'AROAOTHER:pipeline' } };

describe.each<Door>(['bus', 'fifo'])('by %s', (door) => {
  it('who may patch does, and an object is an update, which he may not', async () => {
    expect(await send(door, detailOf())).toMatchObject({ outcome: 'Succeeded' });
    expect(ttl()).toBe(1000);
    now.simulator.requests.length = 0;
    const result = await send(door, detailOf({ object: objectOf() }));
    const why = `User "${user[door]}" cannot update resource "tfjobs" in API group "kubeflow.org" in the namespace "kube-test"`;
    expect(result).toMatchObject({
      outcome: 'Refused',
      status: {
        code: 403,
        reason: 'Forbidden',
        message: `tfjobs.kubeflow.org "tfjob-test" is forbidden: ${why}`,
        details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' },
      },
    });
    expect(calls()).toEqual([]);
  });

  it('nobody else may, and CCI is not asked, be there such a job or not; and nothing is left of it on the job', async () => {
    for (const name of ['tfjob-test', 'no-such-job']) {
      const message = messageOf(door, detailOf({ name, patch: {}, sequence: 2 ** 53 - 1 }), other[door]);
      const forged = { ...message, body: message.body.replace('example.pipeline', 'example.other') };
      expect(await deliver([forged])).toEqual([]);
      expect(results().at(-1)).toMatchObject({ outcome: 'Refused', status: { code: 403, reason: 'Forbidden' } });
    }
    expect(calls()).toEqual([]);
    expect(liveJob().metadata.annotations ?? {}).not.toHaveProperty('tfjob-gateway/applied-events');
  });

  it('a refusal tells who may not get the job its paths, and no value of it', async () => {
    const result = await send(door, detailOf({ patch: { spec: { backoffLimit: 9 } } }));
    expect(result?.status).toMatchObject({
      code: 403,
      message: 'tfjobs.kubeflow.org "tfjob-test" is forbidden: spec.backoffLimit may not be changed',
    });
    expect(JSON.stringify(result)).not.toContain('→');
  });

  it('a dead letter that the function sent counts for who sent it first, and is refused where it names nobody', async () => {
    const again = { sender: `${roleId}:tfjob-gateway-dev-jobEvent` };
    expect(await send(door, detailOf(), { ...again, firstSender: user[door] })).toMatchObject({ outcome: 'Succeeded' });
    now.simulator.requests.length = 0;
    for (const more of [again, { ...again, firstSender: 'event:' }, { ...again, firstSender: '%' }]) {
      expect(await send(door, detailOf(), more)).toMatchObject({
        outcome: 'Refused',
        status: { code: 401, reason: 'Unauthorized', message: 'Unauthorized' },
      });
    }
    expect(calls()).toEqual([]);
  });
});

it('what a message of another says of its first sender does not count', async () => {
  const result = await send('fifo', detailOf(), { sender: 'AROAOTHER:pipeline', firstSender: 'event:AROAPRODUCER' });
  expect(result).toMatchObject({ outcome: 'Refused', status: { code: 403, message: expect.stringContaining('User "event:AROAOTHER"') } });
});

it('a source that is called as a sender of the queue is nobody', async () => {
  const message = messageOf('bus', detailOf());
  const forged = { ...message, body: message.body.replace('example.pipeline', 'AROAPRODUCER') };
  expect(await deliver([forged])).toEqual([]);
  expect(results()).toMatchObject([{ outcome: 'Refused', status: { code: 401 } }]);
  expect(calls()).toEqual([]);
});

it('who may get the job is told what it holds', async () => {
  const result = await send('fifo', detailOf({ patch: { spec: { backoffLimit: 9 } } }), { sender: 'AIDAREADER' });
  expect(result?.status.message).toContain('spec.backoffLimit may not be changed: 6 → 9');
});
