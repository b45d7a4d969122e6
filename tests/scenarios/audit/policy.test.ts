import { beforeEach, describe, expect, it } from 'vitest';
import { takeAuditEvents, takeAuditLines } from '../../audit-lines.ts';
import { credential } from '../../credentials.ts';
import { jobPath, type Loose, liveJob, now, put, requested, reset, useGateway } from '../gateway.ts';
import { told } from './events-of.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const jobs = { apiGroups: ['kubeflow.org'], resources: ['tfjobs'] };
const audited = [{ group: 'kubeflow.org', resources: ['tfjobs'] }];
const local = [{ kind: 'User', name: 'arn:aws:iam::000000000000:user/local' }];

useGateway({
  auth: 'none',
  policies: [
    {
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [
        { level: 'None', verbs: ['watch'] },
        { level: 'Request', verbs: ['patch'], resources: audited, omitStages: ['Panic'] },
        { level: 'Metadata', nonResourceURLs: ['/version*'] },
        { level: 'RequestResponse', verbs: ['update', 'get', 'list'], resources: audited, omitManagedFields: true },
        { level: 'Request', verbs: ['create'] },
      ],
    },
    {
      kind: 'ClusterRole',
      metadata: { name: 'all-but-get-in-other' },
      rules: [{ ...jobs, verbs: ['get', 'list', 'update', 'patch'] }],
    },
    {
      kind: 'RoleBinding',
      metadata: { name: 'here', namespace: 'kube-test' },
      subjects: local,
      roleRef: { kind: 'ClusterRole', name: 'all-but-get-in-other' },
    },
    {
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'quoting' },
      spec: {
        matchConstraints: { resourceRules: [{ ...jobs, apiVersions: ['v1'], operations: ['UPDATE'] }] },
        validations: [
          {
            expression: "object.metadata.?labels.?team.orValue('') != 'none'",
            messageExpression: "'env is ' + object.spec.tfReplicaSpecs.Worker.template.spec.containers[0].env[0].value",
          },
        ],
        auditAnnotations: [
          { key: 'env', valueExpression: "'was ' + object.spec.tfReplicaSpecs.Worker.template.spec.containers[0].env[0].value" },
          { key: 'who', valueExpression: 'request.userInfo.username' },
        ],
      },
    },
    {
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'quoting' },
      spec: { policyName: 'quoting', validationActions: ['Deny', 'Audit'] },
    },
  ],
});

const secret = credential('in-a-job');
/** Marks everything of a job that may hold a secret. */
function mark(job: Loose): void {
  for (const { template } of Object.values(job.spec.tfReplicaSpecs as Record<string, Loose>)) {
    const [container] = template.spec.containers;
    Object.assign(container, { env: [{ name: 'PASSWORD', value: secret }], args: [secret], command: ['sh', secret] });
    template.spec.initContainers = [structuredClone(container)];
  }
  const { metadata: _, ...record } = structuredClone(job);
  const { name, namespace } = job.metadata;
  job.metadata.annotations = { [lastApplied]: JSON.stringify({ ...record, metadata: { name, namespace } }), note: 'kept' };
  job.metadata.managedFields = [{ manager: 'someone', operation: 'Update' }];
}
beforeEach(async () => {
  await reset(mark);
  takeAuditLines();
});

const patch = (body: unknown, kind: 'merge' | 'json' = 'merge') =>
  put(JSON.stringify(body), {
    method: 'PATCH',
    headers: { 'content-type': `application/${kind === 'json' ? 'json' : 'merge'}-patch+json` },
  });
const toTtl = (seconds: number, edit: (job: Loose) => void = () => undefined) =>
  put(
    requested((job) => {
      job.spec.ttlSecondsAfterFinished = seconds;
      edit(job);
    }),
  );
/** The events since the last, of which no line holds the secret. */
function tellSafely() {
  const lines = takeAuditLines();
  for (const line of lines) expect(line).not.toContain(secret);
  return lines.map((line) => JSON.parse(line));
}

describe('an audit policy in the bundle', () => {
  it('decides how much is told, of which stages, and names the bundle', async () => {
    const got = await fetch(`${now.gateway.url}/version`);
    const { policies } = (await got.json()) as Loose;
    const [version] = tellSafely();
    expect(version).toMatchObject({
      level: 'Metadata',
      stage: 'ResponseComplete',
      verb: 'get',
      responseStatus: { metadata: {}, code: 200 },
    });
    expect(version.annotations['tfjob-gateway/policies']).toBe(policies);
    for (const path of ['/apis', '/nowhere', `${jobPath}?watch=1`.replace('/tfjob-test', '')]) await fetch(`${now.gateway.url}${path}`);
    expect(tellSafely()).toEqual([]);
  });

  it('turns on neither RBAC nor admission, and of a refusal by RBAC the reason is told', async () => {
    await toTtl(5);
    const [{ annotations }] = tellSafely();
    expect(annotations).toMatchObject({
      'authorization.k8s.io/decision': 'allow',
      'authorization.k8s.io/reason':
        'RBAC: allowed by RoleBinding "here/kube-test" of ClusterRole "all-but-get-in-other" to User "arn:aws:iam::000000000000:user/local"',
    });
    await put('', { method: 'GET', path: jobPath.replace('kube-test', 'other') });
    const [refused] = tellSafely();
    expect(refused).toMatchObject({ responseStatus: { code: 403 }, objectRef: { namespace: 'other', name: 'tfjob-test' } });
    expect(refused.annotations).toMatchObject({
      'authorization.k8s.io/decision': 'forbid',
      'authorization.k8s.io/reason': '',
      'tfjob-gateway/rule': 'authorization',
    });
    expect(refused).not.toHaveProperty('requestObject');
    expect(refused.responseObject).toMatchObject({ kind: 'Status', code: 403 });
  });
});

describe('at the level RequestResponse', () => {
  it('a replace is told with both objects, without what may hold a secret and without managed fields', async () => {
    expect((await toTtl(600)).status).toBe(200);
    const [{ level, requestObject, responseObject, ...rest }] = tellSafely();
    expect(level).toBe('RequestResponse');
    expect(requestObject.spec.ttlSecondsAfterFinished).toBe(600);
    expect(responseObject.spec.ttlSecondsAfterFinished).toBe(600);
    expect(responseObject.spec.tfReplicaSpecs.Worker.template.spec.containers[0]).toMatchObject({
      name: 'tensorflow',
      env: 'not shown',
      args: 'not shown',
      command: 'not shown',
    });
    expect(responseObject.metadata).not.toHaveProperty('managedFields');
    expect(responseObject.metadata.annotations.note).toBe('kept');
    expect(rest.objectRef.uid).toBe(liveJob().metadata.uid);
  });

  it('reads are told with what they were answered: a job, a list, a table, YAML and an indented one', async () => {
    const list = jobPath.replace('/tfjob-test', '');
    for (const [path, accept] of [
      [jobPath, 'application/json'],
      [list, 'application/json'],
      [list, 'application/json;as=Table;v=v1;g=meta.k8s.io'],
      [jobPath, 'application/yaml'],
      [`${jobPath}?pretty=1`, '*/*'],
    ] as const) {
      const answer = await fetch(`${now.gateway.url}${path}`, { headers: { accept } });
      expect([answer.status, (await answer.text()).length > 100]).toEqual([200, true]);
      const [event, ...others] = tellSafely();
      expect(others).toEqual([]);
      expect(['TFJob', 'TFJobList', 'Table']).toContain(event.responseObject.kind);
      expect(event).not.toHaveProperty('requestObject');
    }
  });

  it('what was refused is told with what was asked and the Status', async () => {
    const answer = await toTtl(5, (job) => {
      job.spec.tfReplicaSpecs.Worker.template.spec.containers[0].env[0].value = `${secret}-other`;
    });
    expect(answer.body.code).toBe(403);
    const [{ requestObject, responseObject }] = tellSafely();
    expect(requestObject.spec.ttlSecondsAfterFinished).toBe(5);
    expect(responseObject).toMatchObject({ kind: 'Status', apiVersion: 'v1', code: 403, reason: 'Forbidden' });
  });

  it('what is too large is told without its objects', async () => {
    await reset((job) => {
      mark(job);
      for (const name of ['large', 'larger']) job.metadata.annotations[name] = 'x'.repeat(60_000);
    });
    await toTtl(6);
    const [event] = tellSafely();
    expect(event.annotations['audit.k8s.io/truncated']).toBe('true');
    expect(event).not.toHaveProperty('responseObject');
    expect(told().last).toBeUndefined();
  });
});

describe('at the level Request', () => {
  const review = (spec: object) =>
    fetch(`${now.gateway.url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec }),
    });

  it('a review is told with what it asks, and that everybody may', async () => {
    const spec = { resourceAttributes: { verb: 'get', resource: 'tfjobs', group: 'kubeflow.org' } };
    expect((await review(spec)).status).toBe(201);
    const [event] = tellSafely();
    expect(event).toMatchObject({
      requestObject: { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec },
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    });
    expect(event).not.toHaveProperty('responseObject');
  });

  it('a review that is refused is told so as well', async () => {
    expect((await review({})).status).toBe(422);
    const [event] = tellSafely();
    expect(event).toMatchObject({ requestObject: { spec: {} }, annotations: { 'authorization.k8s.io/decision': 'allow' } });
  });

  it('a replace of another job than the path names is told with that', async () => {
    const answer = await toTtl(5, (job) => {
      job.metadata.name = 'other';
    });
    expect(answer.status).toBe(400);
    const [event] = tellSafely();
    expect(event.requestObject.metadata.name).toBe('other');
    expect(event.objectRef).toMatchObject({ name: 'tfjob-test', uid: liveJob().metadata.uid });
  });

  it('a merge patch is told as it was sent, and no answer', async () => {
    const body = { metadata: { labels: { env: 'production' } }, spec: { ttlSecondsAfterFinished: 60 } };
    await patch(body);
    const [event] = tellSafely();
    expect(event).toMatchObject({ level: 'Request', stage: 'ResponseComplete', requestObject: body });
    expect(event).not.toHaveProperty('responseObject');
  });

  const pod = '/spec/tfReplicaSpecs/Worker/template/spec';
  it.each<[string, 'merge' | 'json', unknown]>([
    ['merge', 'merge', { spec: { tfReplicaSpecs: { Worker: { template: { spec: { containers: [{ env: [{ value: secret }] }] } } } } } }],
    ['of a record of kubectl apply', 'merge', { metadata: { annotations: { [lastApplied]: `{"spec":{"env":"${secret}"` } } }],
    ['JSON, of one value', 'json', [{ op: 'replace', path: `${pod}/containers/0/env/0/value`, value: secret }]],
    ['JSON, of a container', 'json', [{ op: 'add', path: `${pod}/containers/-`, value: { name: 'x', args: [secret] } }]],
    [
      'JSON, of a template',
      'json',
      [{ op: 'add', path: '/spec/tfReplicaSpecs/Worker/template', value: { spec: { containers: [{ command: [secret] }] } } }],
    ],
    ['JSON, that tests', 'json', [{ op: 'test', path: `${pod}/containers/0/args/0`, value: secret }]],
    ['JSON, that copies', 'json', [{ op: 'copy', from: `${pod}/containers/0/env/0/value`, path: '/spec/cleanPodPolicy' }]],
  ])('no patch is told with a secret: %s', async (_title, kind, body) => {
    await patch(body, kind);
    const [event, ...others] = tellSafely();
    expect(others).toEqual([]);
    expect(event.requestObject).toBeDefined();
  });
});

it('a secret that a patch copies to a label is not shown as one either, nor where only metadata are told', async () => {
  const from = '/spec/tfReplicaSpecs/Worker/template/spec/containers/0/command/0';
  await reset((job) => {
    mark(job);
    job.spec.tfReplicaSpecs.Worker.template.spec.containers[0].command = ['a-secret-word'];
  });
  expect((await patch([{ op: 'copy', from, path: '/metadata/labels/copied' }], 'json')).status).toBe(200);
  expect(JSON.stringify(tellSafely())).not.toContain('a-secret-word');
  await put('', { method: 'GET' });
  const [event] = tellSafely();
  expect(event.responseObject.metadata.labels.copied).toBe('not shown');
});

describe('what admission policies say', () => {
  it('stands among the annotations, without the secrets that it quotes', async () => {
    await toTtl(5);
    const [{ annotations }] = tellSafely();
    expect(annotations).toMatchObject({ 'quoting/env': 'was not shown', 'quoting/who': 'arn:aws:iam::000000000000:user/local' });
  });

  it('of a denial as well, with the failure that they want to be audited', async () => {
    const answer = await toTtl(5, (job) => {
      job.metadata.labels = { team: 'none' };
    });
    expect(answer.body.message).toContain(`env is ${secret}`);
    const [event] = tellSafely();
    expect(event.responseStatus).toMatchObject({
      code: 422,
      message: expect.stringMatching(/ValidatingAdmissionPolicy 'quoting' with binding 'quoting' denied request: env is not shown$/),
    });
    expect(JSON.parse(event.annotations['validation.policy.admission.k8s.io/validation_failure'])).toMatchObject([
      { message: 'env is not shown', policy: 'quoting', binding: 'quoting', expressionIndex: 0, validationActions: ['Deny', 'Audit'] },
    ]);
    expect(event.annotations).toMatchObject({ 'tfjob-gateway/rule': 'admission', 'tfjob-gateway/outcome': 'refused' });
  });
});

it('no event was left over', () => {
  expect(takeAuditEvents()).toEqual([]);
});
