import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildWith } from '../../policies.ts';
import { applied, calls, deliver, detailOf, type EventHandler, messageOf, now, results, ttl, useEvents } from '../events/harness.ts';

const manifests = [
  {
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'even' },
    spec: {
      matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
      validations: [
        { expression: 'object.spec.?ttlSecondsAfterFinished.orValue(0) % 2 == 0', message: 'must be even' },
        { expression: "!('lazy' in object.metadata.?labels.orValue({}))", messageExpression: "request.userInfo.username + ' is lazy'" },
      ],
    },
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'warning' },
    spec: {
      matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] },
      validations: [{ expression: 'object.spec.?ttlSecondsAfterFinished.orValue(0) != 4', message: 'four is few' }],
    },
  },
  { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'warned' }, spec: { policyName: 'warning', validationActions: ['Warn'] } },
  { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'all' }, spec: { policyName: 'even', validationActions: ['Deny'] } },
];

let folder: string;
useEvents({ shared: true });
beforeAll(async () => {
  folder = await buildWith(manifests, ['job-event']);
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const { href } = pathToFileURL(`${folder}/job-event/index.mjs`);
  now.handler = ((await import(href)) as { handler: EventHandler }).handler;
});

describe.each(['bus', 'fifo'] as const)('an event that a policy denies, on the %s', (door) => {
  it('is told with the denial, writes nothing and leaves no marker', async () => {
    const detail = detailOf({ patch: { spec: { ttlSecondsAfterFinished: 3 } }, sequence: 1_000_000 });
    expect(await deliver([messageOf(door, detail)])).toEqual([]);
    expect(results()).toMatchObject([
      {
        outcome: 'Refused',
        status: {
          code: 422,
          message: expect.stringContaining("ValidatingAdmissionPolicy 'even' with binding 'all' denied request: must be even"),
        },
      },
    ]);
    expect(applied()).toBeNull();
    expect(calls()).toEqual(['GET 200']);
  });

  it('does not silence those that come after it', async () => {
    await deliver([messageOf(door, detailOf({ patch: { spec: { ttlSecondsAfterFinished: 3 } }, sequence: 1_000_000 }))]);
    await deliver([messageOf(door, detailOf({ patch: { spec: { ttlSecondsAfterFinished: 4 } }, sequence: 1 }))]);
    expect(ttl()).toBe(4);
    expect(results().map(({ outcome }) => outcome)).toEqual(['Refused', 'Succeeded']);
    expect(results()[1]?.warnings).toEqual([
      "Validation failed for ValidatingAdmissionPolicy 'warning' with binding 'warned': four is few",
    ]);
  });

  it('is judged even where it changes nothing but its marker', async () => {
    now.simulator.put({
      ...JSON.parse(JSON.stringify(now.simulator.get('tfjobs', 'kube-test', 'tfjob-test'))),
      metadata: { name: 'tfjob-test', namespace: 'kube-test', labels: { lazy: '' } },
    });
    await deliver([messageOf(door, detailOf({ patch: {} }))]);
    const who = door === 'bus' ? 'event:example.pipeline' : 'event:AROAPRODUCER';
    expect(results()).toMatchObject([{ outcome: 'Refused', status: { code: 422, message: expect.stringContaining(`${who} is lazy`) } }]);
    expect(applied()).toBeNull();
  });
});
