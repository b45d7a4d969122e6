import { beforeEach, describe, expect, it } from 'vitest';
import { takeAuditEvents, takeAuditLines } from '../../audit-lines.ts';
import {
  arns,
  type Door,
  deliver,
  detailOf,
  edit,
  liveJob,
  messageOf,
  now,
  objectOf,
  results,
  roleId,
  ttl,
  useEvents,
} from '../events/harness.ts';
import { notesOf, told } from './events-of.ts';

useEvents({ env: { POWERTOOLS_LOG_LEVEL: 'SILENT' } });
beforeEach(() => void takeAuditLines());

const both = ['Metadata RequestReceived', 'Metadata ResponseComplete'];
const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const marker = 'tfjob-gateway/applied-events';
const user: Record<Door, string> = { bus: 'event:example.pipeline', fifo: 'event:AROAPRODUCER' };

describe.each<Door>(['bus', 'fifo'])('an event by %s', (door) => {
  it('is told when it is received and when it is settled, as an update or patch of its job by its sender', async () => {
    const before = liveJob().metadata.resourceVersion;
    const message = messageOf(door, detailOf({ sequence: 7, reason: 'the quota is used up' }));
    await deliver([message]);
    const [received, complete, ...others] = takeAuditEvents();
    expect(others).toEqual([]);
    expect(received).toMatchObject({
      level: 'Metadata',
      stage: 'RequestReceived',
      auditID: message.messageId,
      requestURI: path,
      verb: 'patch',
      user: { username: user[door], groups: ['tfjob-gateway:events', 'system:authenticated'] },
      objectRef: { resource: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test', apiGroup: 'kubeflow.org', apiVersion: 'v1' },
    });
    expect(received).not.toHaveProperty('sourceIPs');
    expect(notesOf(received)).toMatchObject({
      queue: arns[door],
      delivery: '1',
      'event-id': JSON.parse(message.body).detail.id,
      'event-sequence': '7',
      'event-reason': 'the quota is used up',
    });
    expect(complete).toMatchObject({ stage: 'ResponseComplete', responseStatus: { metadata: {}, code: 200 } });
    expect(notesOf(complete)).toMatchObject({
      outcome: 'changed',
      changed: expect.arrayContaining(['spec.ttlSecondsAfterFinished']),
      values: { 'spec.ttlSecondsAfterFinished': { old: null, new: 1000 } },
      keys: { 'metadata.annotations': { set: [marker] } },
      'resource-version-before': before,
      'resource-version-after': liveJob().metadata.resourceVersion,
    });
  });

  it('with an object is an update', async () => {
    await deliver([messageOf(door, detailOf({ object: objectOf() }))]);
    expect(told()).toMatchObject({ stages: both, last: { verb: 'update' } });
  });

  it('that comes again is told again under its id, and changes nothing', async () => {
    const message = messageOf(door, detailOf());
    await deliver([message]);
    await deliver([message]);
    const [, first, , again] = takeAuditEvents();
    expect([first.auditID, again.auditID]).toEqual([message.messageId, message.messageId]);
    expect(again.requestReceivedTimestamp >= first.stageTimestamp).toBe(true);
    expect(notesOf(again)).toMatchObject({ outcome: 'applied', delivery: '2' });
    expect(notesOf(again)).not.toHaveProperty('values');
  });

  it('that is overtaken, or changes nothing, is told as what it is', async () => {
    await deliver([messageOf(door, detailOf({ sequence: 5, patch: { spec: { ttlSecondsAfterFinished: 5 } } }))]);
    takeAuditLines();
    await deliver([messageOf(door, detailOf({ sequence: 4 }))]);
    expect(told().notes.outcome).toBe('superseded');
    await deliver([messageOf(door, detailOf({ sequence: 6, patch: { spec: { ttlSecondsAfterFinished: 5 } } }))]);
    // Its marker is written all the same.
    const { notes } = told();
    expect(notes).toMatchObject({ outcome: 'unchanged', keys: { 'metadata.annotations': { set: [marker] } } });
    expect(notes).not.toHaveProperty('values');
  });

  it.each<[string, number, unknown, string | undefined]>([
    ['immutable-field', 403, { patch: { spec: { backoffLimit: 9 } } }, path],
    ['shape', 400, { version: '9' }, path],
    ['path', 404, { namespace: 'Not-A-Namespace' }, '/apis/kubeflow.org/v1/namespaces/Not-A-Namespace/tfjobs/tfjob-test'],
    ['shape', 400, { kind: 'NoJob' }, ''],
  ])('that is refused by the rule %s is told so, %i', async (rule, code, more, uri) => {
    await deliver([messageOf(door, { ...detailOf(), ...(more as object) }, { group: 'TFJob/kube-test/tfjob-test' })]);
    const { stages, last, notes } = told();
    expect(stages).toEqual(both);
    if (!(door === 'fifo' && notes.rule === 'identity')) {
      expect([last.responseStatus.code, notes.rule]).toEqual([code, rule]);
      expect(notes.outcome).toBe('refused');
    }
    expect(last.requestURI).toBe(uri);
  });

  it('that is no JSON, or of nobody, is told with what is known', async () => {
    await deliver([messageOf(door, 'no JSON', { group: 'g' })]);
    const { stages, last } = told();
    expect(stages).toEqual(both);
    expect(last).toMatchObject({ requestURI: '', verb: 'patch', responseStatus: { code: 400 } });
    expect(last).not.toHaveProperty('objectRef');
    // A dead letter of the function's own that does not say whose it was.
    await deliver([messageOf(door, detailOf(), { sender: `${roleId}:tfjob-gateway` })]);
    expect(told().last).toMatchObject({ user: {}, responseStatus: { code: 401 } });
  });
});

describe('an event whose result cannot be sent', () => {
  it('is told as the change that it was, with the failure', async () => {
    now.aws.fail({ operation: 'PutEvents', act: 'throttle', times: 9 });
    await deliver([messageOf('bus', detailOf())]);
    expect(results()).toEqual([]);
    expect(ttl()).toBe(1000);
    const { last, notes } = told();
    expect(last.responseStatus.code).toBe(500);
    expect(notes).toMatchObject({ outcome: 'changed', values: { 'spec.ttlSecondsAfterFinished': { old: null, new: 1000 } } });
  });
});

describe('an event that meets other writers', () => {
  it('tells the change from what it was when it was written', async () => {
    await deliver([messageOf('bus', detailOf({ patch: { spec: { ttlSecondsAfterFinished: 1 } } }))]);
    edit((job) => {
      job.spec.ttlSecondsAfterFinished = 2;
    });
    takeAuditLines();
    await deliver([messageOf('bus', detailOf({ patch: { spec: { ttlSecondsAfterFinished: 3 } } }))]);
    expect(told().notes.values).toEqual({ 'spec.ttlSecondsAfterFinished': { old: 2, new: 3 } });
  });
});
