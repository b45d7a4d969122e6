import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type LambdaHandler, startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { loadHandler } from '../../../local/api-gateway/bundle.ts';
import { buildWith, httpHandlers } from '../../policies.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { calls, jobPath, type Loose, liveJob, liveText, now, put, requested, reset, useGateway } from '../gateway.ts';

const rules = { resourceRules: [{ apiGroups: ['kubeflow.org'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['tfjobs'] }] };
const policy = (name: string, spec: object) => ({
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: { matchConstraints: rules, ...spec },
});
const binding = (policyName: string, validationActions: string[]) => ({
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: `${policyName}-${validationActions[0]?.toLowerCase()}` },
  spec: { policyName, validationActions },
});
const ttl = 'object.spec.?ttlSecondsAfterFinished.orValue(0)';
const manifests = [
  policy('short', { validations: [{ expression: `${ttl} <= 1000`, messageExpression: `'not ' + string(${ttl})`, reason: 'Forbidden' }] }),
  policy('even', { validations: [{ expression: `${ttl} % 2 == 0`, message: 'must be even' }] }),
  policy('told', { validations: [{ expression: "!('noisy' in object.metadata.?labels.orValue({}))", message: 'say "less"' }] }),
  policy('applied', {
    validations: [{ expression: "!('keep' in oldObject.metadata.?labels.orValue({})) || 'keep' in object.metadata.?labels.orValue({})" }],
  }),
  policy('counted', {
    validations: [
      {
        expression: "!('counted' in object.metadata.?annotations.orValue({}))",
        messageExpression: "string(oldObject.metadata.generation) + ' to ' + string(object.metadata.generation)",
      },
    ],
  }),
  policy('labelled', {
    validations: [{ expression: "has(object.metadata.labels) || !('labelled' in object.metadata.?annotations.orValue({}))" }],
  }),
  binding('labelled', ['Deny']),
  binding('counted', ['Deny']),
  binding('short', ['Deny']),
  binding('even', ['Deny']),
  binding('told', ['Warn']),
  binding('applied', ['Deny']),
  policy('deadline', {
    validations: [
      { expression: 'oldObject.spec.?activeDeadlineSeconds.orValue(0) != 3600 || object.spec.?activeDeadlineSeconds.hasValue()' },
    ],
  }),
  binding('deadline', ['Deny']),
];

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true' } });
const printed = capturePrinted();
let distDir: string;
beforeAll(async () => {
  distDir = await buildWith(manifests, httpHandlers);
  await now.gateway.close();
  now.gateway = await startApiGateway({ port: 0, auth: 'none', distDir });
});
afterAll(() => rm(distDir, { recursive: true }));

const merge = { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } };
const json = { method: 'PATCH', headers: { 'content-type': 'application/json-patch+json' } };
const patchOf = (value: number): Loose => ({ spec: { ttlSecondsAfterFinished: value } });
const short = "ValidatingAdmissionPolicy 'short' with binding 'short-deny' denied request: not 1001";
const even = "ValidatingAdmissionPolicy 'even' with binding 'even-deny' denied request: must be even";

describe('a write that a policy denies', () => {
  it.each([
    ['a PUT', (value: number) => put(requested((job) => Object.assign(job.spec, patchOf(value).spec)))],
    ['a merge patch', (value: number) => put(patchOf(value), merge)],
    ['a JSON patch', (value: number) => put([{ op: 'add', path: '/spec/ttlSecondsAfterFinished', value }], json)],
    ['a dry run', (value: number) => put(patchOf(value), { ...merge, query: '?dryRun=All' })],
  ])('is answered with every denial and is not made: %s', async (_title, send) => {
    const before = liveText();
    const answer = await send(1001);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      reason: 'Invalid',
      message: `tfjobs.kubeflow.org "tfjob-test" is forbidden: ${even}`,
      details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs', causes: [{ message: even }, { message: short }] },
    });
    expect(answer.headers.get('x-refused-by')).toBe('admission');
    expect(liveText()).toBe(before);
    expect(calls()).toEqual(['GET 200']);
    expect((await send(1002)).body).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect((await send(1000)).status).toBe(200);
  });

  it('is judged again on the job that another writer left', async () => {
    now.upstream.answer = ({ method }) => {
      if (method === 'PUT') {
        now.upstream.answer = undefined;
        now.simulator.put(requested((job) => (job.metadata.labels = { keep: 'x' })));
      }
      return 'hand on';
    };
    const answer = await put(requested((job) => Object.assign(job.spec, patchOf(10).spec)));
    expect(answer.body).toMatchObject({ code: 422 });
    expect(answer.body.message).toContain("ValidatingAdmissionPolicy 'applied'");
    expect(liveJob().metadata.labels).toEqual({ keep: 'x' });
    expect(calls()).toEqual(['GET 200', 'PUT 409', 'GET 200']);
  });

  it.each([
    ['the spec changes', { ttlSecondsAfterFinished: 42 }, 1],
    ['the spec stays', {}, 0],
  ])('is judged with the generation that it would have, as an API server counts it: %s', async (_title, spec, more) => {
    const { generation } = liveJob().metadata;
    const answer = await put({ metadata: { annotations: { counted: 'x' } }, spec }, merge);
    expect(answer.status).toBe(422);
    expect(answer.body.message).toMatch(`denied request: ${generation} to ${generation + more}`);
  });

  it.each([
    ['a PUT', () => put(requested((job) => (job.metadata.labels = {})))],
    ['a merge patch', () => put({ metadata: { labels: { only: null } } }, merge)],
    ['a JSON patch', () => put([{ op: 'remove', path: '/metadata/labels/only' }], json)],
  ])('is judged without labels where none is left, as an API server keeps no empty map: %s', async (_title, send) => {
    await reset((job) => Object.assign(job.metadata, { labels: { only: 'x' }, annotations: { labelled: 'x' } }));
    const answer = await send();
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain("ValidatingAdmissionPolicy 'labelled'");
  });

  it('tells warnings beside the denial', async () => {
    const answer = await put({ metadata: { labels: { noisy: 'x' } }, ...patchOf(3) }, merge);
    expect(answer.status).toBe(422);
    expect(answer.headers.get('warning')).toBe(
      '299 - "Validation failed for ValidatingAdmissionPolicy \'told\' with binding \'told-warn\': say \\"less\\""',
    );
  });
});

describe('a write that is admitted', () => {
  it('is read first, whatever a patch holds, and its warnings are told', async () => {
    const answer = await put({ metadata: { labels: { noisy: 'x' } } }, merge);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toContain("ValidatingAdmissionPolicy 'told'");
    expect(calls()).toEqual(['GET 200', 'PUT 200']);
  });

  it('is not judged where it changes nothing', async () => {
    await reset((job) => (job.spec.ttlSecondsAfterFinished = 1001));
    expect((await put(patchOf(1001), merge)).status).toBe(200);
    expect((await put(requested())).status).toBe(200);
  });

  it('to a kind that no policy is about still goes in one trip', async () => {
    const path = jobPath.replace('tfjobs', 'pytorchjobs');
    await put(patchOf(1001), { ...merge, path }).catch(() => undefined);
    expect(calls()).toEqual(['PATCH 404']);
  });
});

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

describe('the record of kubectl apply', () => {
  const recordOf = (labels: object, spec: object = {}): string =>
    JSON.stringify({
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { name: 'tfjob-test', namespace: 'kube-test', labels },
      spec,
    });

  it('does not gain a name whose removal the policies would deny', async () => {
    for (const [label, isRecorded] of [
      ['keep', false],
      ['other', true],
    ] as const) {
      await reset((job) => {
        job.metadata.labels = { keep: 'x', other: 'y' };
        job.metadata.annotations = { [lastApplied]: recordOf({}) };
      });
      const annotations = { [lastApplied]: recordOf({ [label]: 'x' }) };
      expect((await put({ metadata: { annotations }, ...patchOf(10) }, merge)).status).toBe(200);
      expect(JSON.parse(liveJob().metadata.annotations[lastApplied]).metadata.labels).toEqual(isRecorded ? { [label]: 'x' } : {});
      expect(liveJob().spec.ttlSecondsAfterFinished).toBe(10);
    }
  });

  it('does not gain a field whose removal the policies would deny', async () => {
    for (const [deadline, isRecorded] of [
      [3600, false],
      [7200, true],
    ] as const) {
      await reset((job) => {
        job.spec.activeDeadlineSeconds = deadline;
        job.metadata.annotations = { [lastApplied]: recordOf({}) };
      });
      const annotations = { [lastApplied]: recordOf({}, { activeDeadlineSeconds: deadline }) };
      expect((await put({ metadata: { annotations }, ...patchOf(10) }, merge)).status).toBe(200);
      expect(JSON.parse(liveJob().metadata.annotations[lastApplied]).spec).toEqual(isRecorded ? { activeDeadlineSeconds: deadline } : {});
    }
  });
});

/** A gateway whose function for patches was built with other manifests. */
async function patchesWith(folder: string): Promise<(body: Loose) => Promise<Loose>> {
  onTestFinished(() => rm(folder, { recursive: true }));
  const load = ({ bundle }: { bundle: string }) => loadHandler<LambdaHandler>(bundle === 'patch-job' ? folder : distDir, bundle);
  const gateway = await startApiGateway({ port: 0, auth: 'none', load });
  onTestFinished(() => gateway.close());
  return async (body) => (await fetch(`${gateway.url}${jobPath}`, { ...merge, body: JSON.stringify(body) })).json();
}

describe('a fault of our own inside the engine', () => {
  it('denies every write, though its policy ignores failures and only warns', async () => {
    const lenient = [policy('odd', { failurePolicy: 'Ignore', validations: [{ expression: 'true' }] }), binding('odd', ['Warn'])];
    // The types say that an expression is a text, and the engine relies on it.
    const folder = await buildWith(lenient, ['patch-job'], (objects) => {
      objects.validatingAdmissionPolicies[0].spec.validations[0].expression = 5;
    });
    const patch = await patchesWith(folder);
    const before = liveText();
    expect(await patch(patchOf(600))).toMatchObject({
      code: 422,
      message: expect.stringContaining("'odd' with binding 'odd-warn' denied request: the policy could not be evaluated"),
    });
    expect(liveText()).toBe(before);
    expect(calls()).toEqual(['GET 200']);
    const faults = [expect.objectContaining({ name: 'TypeError' })];
    expect(printed.lines()).toContainEqual(expect.objectContaining({ code: 422, note: expect.objectContaining({ faults }) }));
  });
});

describe('a regular expression', () => {
  it('is matched wherever in an expression it is called', async () => {
    const expression =
      "object.kind == 'TFJob' &&\nmatches(string(object.spec.ttlSecondsAfterFinished), '^6') && 'a'.find// the first\n('a') == 'a'";
    const patch = await patchesWith(
      await buildWith([policy('six', { validations: [{ expression }] }), binding('six', ['Deny'])], ['patch-job']),
    );
    expect(await patch(patchOf(600))).toMatchObject({ kind: 'TFJob', spec: { ttlSecondsAfterFinished: 600 } });
    expect(await patch(patchOf(500))).toMatchObject({ code: 422, message: expect.stringContaining('failed expression') });
  });
});

describe('POLICY_MAX_COST', () => {
  it('is what all policies of a request together may cost: above it nothing is written', async () => {
    process.env.POLICY_MAX_COST = '3';
    const patch = await patchesWith(await buildWith(manifests, ['patch-job']));
    delete process.env.POLICY_MAX_COST;
    const { code, message } = await patch(patchOf(600));
    expect([code, message]).toEqual([422, expect.stringContaining('the policies of this request cost more than 3')]);
    expect(calls()).toEqual(['GET 200']);
  });
});
