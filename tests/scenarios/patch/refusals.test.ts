import { describe, expect, it } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import { jobPath, liveJob, liveText, now, reset, useGateway } from '../gateway.ts';
import { patch, trips } from './request.ts';

useGateway();

/** Sends a patch that must be refused; the job stays letter for letter and nothing but reads reaches the upstream. */
async function refused(body: string | object, sending: Parameters<typeof patch>[1] = {}) {
  const before = liveText();
  const answer = await patch(body, sending);
  expect(liveText()).toBe(before);
  expect(trips()).not.toMatch(/PUT|PATCH/);
  return answer;
}
const fields = (body: { details?: { causes?: { field: string }[] } }) => body.details?.causes?.map(({ field }) => field);

describe('a merge patch that would change more than the five fields is refused', () => {
  it.each<[string, string[]]>([
    ['{"spec":null}', ['spec']],
    ['{"spec":{"tfReplicaSpecs":null}}', ['spec.tfReplicaSpecs']],
    ['{"spec":[]}', ['spec']],
    ['{"spec":"x"}', ['spec']],
    ['{"Spec":{"backoffLimit":1}}', ['Spec']],
    ['{"metadata":{"Labels":{"a":"b"}}}', ['metadata.Labels']],
    ['{"metadata":{"labels":{"a":"b"}},"spec":{"backoffLimit":6},"spec":{"backoffLimit":7}}', ['spec.backoffLimit']],
    ['{"metadata":{"finalizers":["a"]}}', ['metadata.finalizers']],
    ['{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u"}]}}', ['metadata.ownerReferences']],
    ['{"metadata":{"generateName":"x-"}}', ['metadata.generateName']],
    [
      '{"spec":{"tfReplicaSpecs":{"Worker":{"template":{"spec":{"containers":[{"name":"tensorflow","image":"evil"}]}}}}}}',
      ['spec.tfReplicaSpecs.Worker.template.spec.containers[0].image'],
    ],
    ['{"spec":{"tfReplicaSpecs":{"Worker":{"replicas":2}},"ttlSecondsAfterFinished":5}}', ['spec.tfReplicaSpecs.Worker.replicas']],
    ['{"spec":{"runPolicy":{"ttlSecondsAfterFinished":5}}}', ['spec.runPolicy.ttlSecondsAfterFinished']],
    ['{"constructor":{"a":1}}', ['constructor']],
  ])('%s with 403', async (body, paths) => {
    const answer = await refused(body);
    expect(answer.body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' },
    });
    expect(fields(answer.body)).toEqual(expect.arrayContaining(paths));
    expect(trips()).toBe('GET');
  });

  it.each<[string, number, string, string | RegExp]>([
    ['{"metadata":null}', 400, 'BadRequest', /name must be provided$/],
    ['{"metadata":{"name":null,"resourceVersion":""}}', 400, 'BadRequest', /name must be provided$/],
    ['{"metadata":{"name":"other"}}', 400, 'BadRequest', 'the name of the object (other) does not match the name on the URL (tfjob-test)'],
    [
      '{"metadata":{"namespace":"other"}}',
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    ['{"apiVersion":"kubeflow.org/v2"}', 422, 'Invalid', /apiVersion: Invalid value: "kubeflow.org\/v2": must be kubeflow.org\/v1$/],
    ['{"apiVersion":null}', 422, 'Invalid', /apiVersion: Invalid value: "": must be kubeflow.org\/v1$/],
    ['{"kind":"Pod"}', 422, 'Invalid', /kind/],
    ['{"kind":null}', 422, 'Invalid', /^ "" is invalid: patch: Invalid value: Object 'Kind' is missing$/],
    ['{"metadata":{"resourceVersion":5}}', 422, 'Invalid', /^ "" is invalid: patch: Invalid value: metadata.resourceVersion: /],
    [
      '{"metadata":{"resourceVersion":"0"}}',
      422,
      'Invalid',
      /^tfjobs.kubeflow.org "tfjob-test" .*Invalid value: 0: must be specified for an update$/,
    ],
    ['{"metadata":[]}', 422, 'Invalid', /^ "" is invalid: patch: /],
    ['{"metadata":7.0}', 422, 'Invalid', /^ "" is invalid: patch: /],
    [
      '{"metadata":{"uid":"other"}}',
      422,
      'Invalid',
      'TFJob.kubeflow.org "tfjob-test" is invalid: metadata.uid: Invalid value: "other": field is immutable',
    ],
    ['{"metadata":{"labels":{"a":1}}}', 422, 'Invalid', /^ "" is invalid: patch: Invalid value: metadata.labels: /],
    ['{"metadata":{"labels":"a"}}', 422, 'Invalid', /^ "" is invalid: patch: Invalid value: metadata.labels: /],
    ['{"metadata":{"annotations":{"a":{"b":"c"}}}}', 422, 'Invalid', /^ "" is invalid: patch: Invalid value: metadata.annotations: /],
    ['{"metadata":{"labels":{"a b":"c"}}}', 422, 'Invalid', /metadata.labels\[a b\]: Invalid value: "a b"/],
    ['{"metadata":{"deletionTimestamp":"2030-01-01T00:00:00Z"}}', 422, 'Invalid', /field is immutable/],
    ['{"spec":{"ttlSecondsAfterFinished":-1}}', 422, 'Invalid', /spec.ttlSecondsAfterFinished/],
    ['{"spec":{"activeDeadlineSeconds":9007199254740993}}', 422, 'Invalid', /Invalid value: 9007199254740993/],
    ['{"spec":{"cleanPodPolicy":"Some","activeDeadlineSeconds":"5"}}', 422, 'Invalid', /supported values: "All", "Running", "None"/],
  ])('%s with %i %s', async (body, code, reason, message) => {
    const answer = await refused(body);
    expect(answer.body).toMatchObject({ code, reason, message: typeof message === 'string' ? message : expect.stringMatching(message) });
    expect(trips()).toBe('GET');
  });

  it.each(['""', '"0"', 'null', '"007"', '"abc"'])('resourceVersion %s with 422', async (version) => {
    const { body } = await refused(`{"metadata":{"resourceVersion":${version},"labels":{"a":"b"}}}`);
    // Here, and nowhere else, the API server names the resource and not the kind.
    const message =
      'tfjobs.kubeflow.org "tfjob-test" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update';
    expect(body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message,
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.resourceVersion' }] },
    });
  });

  const arrays = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  it.each([['7'], ['72447176'], ['9007199254740993'], ['[]'], ['{}'], ['true'], ['100,000 arrays', arrays]])(
    'resourceVersion %s with 422 as no text',
    async (text, version = text) => {
      const { body } = await refused(`{"metadata":{"resourceVersion":${version},"labels":{"a":"b"}}}`);
      expect(body).toMatchObject({
        code: 422,
        reason: 'Invalid',
        message: ' "" is invalid: patch: Invalid value: metadata.resourceVersion: must be a string',
      });
    },
  );

  it.each([
    '{"metadata":{"resourceVersion":"1","labels":{"a":"b"}}}',
    '{"metadata":{"resourceVersion":"1"},"spec":{"tfReplicaSpecs":null}}',
    '{"metadata":{"resourceVersion":"1"}}',
  ])('with 409 where its resourceVersion is stale, whatever else it says: %s', async (patched) => {
    const before = liveText();
    const { body } = await patch(patched);
    expect(body).toMatchObject({ code: 409, reason: 'Conflict', details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' } });
    expect(body.message).toMatch(/^Operation cannot be fulfilled on tfjobs.kubeflow.org "tfjob-test": the object has been modified; /);
    expect([liveText(), trips().split(' ').length]).toEqual([before, 1]);
  });

  it.each(['null', '[]', '5', '"x"', 'true', '', ' ', '{', '{"a":01}', '\ufeff{}'])(
    'with 400 and without a call where it is no patch: %s',
    async (body) => {
      expect((await refused(body)).body).toMatchObject({ code: 400, reason: 'BadRequest' });
      expect(trips()).toBe('');
    },
  );

  it.each<[number, string]>([
    [422, '{"metadata":{"labels":{"__proto__":"x"}}}'],
    [422, '{"metadata":{"annotations":{"__proto__":"x"}}}'],
    [422, '{"metadata":{"annotations":{"\\u005f_proto__":"x"}}}'],
    [422, '{"metadata":{"labels":{"__proto__":{"a":"x"}}}}'],
    [422, '{"metadata":{"labels":{"constructor":{"prototype":{"a":"x"}}}}}'],
    [403, '{"\\u005f_proto__":1}'],
    [403, '{"spec":{"__proto__":{"backoffLimit":7}}}'],
    [403, '{"constructor":{"prototype":{"a":1}}}'],
  ])('with %i as any other name: %s', async (code, body) => {
    const before = liveText();
    expect((await refused(body)).body).toMatchObject({ code });
    expect([liveText(), ({} as { a?: unknown; backoffLimit?: unknown }).a, ({} as { backoffLimit?: unknown }).backoffLimit]).toEqual([
      before,
      undefined,
      undefined,
    ]);
  });

  const deep: [string, string][] = [
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['objects in labels', `{"metadata":{"labels":${'{"a":'.repeat(100_000)}1.0${'}'.repeat(100_000)}}}`],
    ['a policy', `{"spec":{"ttlSecondsAfterFinished":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`],
    ['arrays', `{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`],
    ['labels', `{"metadata":{"labels":${'['.repeat(500_000)}${']'.repeat(500_000)}}}`],
  ];
  it.each(someOf(deep, 3))('and not with a surprise where it is as deep as a body can be: %s', async (_title, body) => {
    expect([400, 403, 422]).toContain((await refused(body)).status);
  });
});

describe('Strict', () => {
  const strict = { query: '?fieldValidation=Strict' };
  it.each<[string, string]>([
    ['{"nope":1}', 'unknown field "nope"'],
    ['{"spec":{"nope":1}}', 'unknown field "spec.nope"'],
    ['{"metadata":{"labels":{"a":"b"},"nope":"x"}}', 'unknown field "metadata.nope"'],
    [
      '{"spec":{"activeDeadlineSecond":5}}',
      'unknown field "spec.activeDeadlineSecond" (unknown field; did you mean spec.activeDeadlineSeconds?)',
    ],
    ['{"metadata":{"labels":{"a":"b","a":"c"}}}', 'duplicate field "metadata.labels.a"'],
  ])('refuses %s with 422', async (body, mistake) => {
    const answer = await refused(body, strict);
    expect(answer.body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: ` "" is invalid: patch: Invalid value: strict decoding error: ${mistake}`,
      details: { causes: [{ reason: 'FieldValueInvalid', field: 'patch' }] },
    });
  });
});

describe('a patch of another type', () => {
  it.each([
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
    'application/json',
    'application/yaml',
    'text/plain',
    'application/merge-patch',
    'none',
  ])('%s is 415 in the server’s words, before anything is read', async (type) => {
    const { body } = await refused('{"metadata":{"labels":{"a":"b"}}}', { type });
    expect(body).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
      message:
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
    });
    expect(trips()).toBe('');
  });

  it('goes before whatever else is wrong', async () => {
    expect((await refused('{bad', { type: 'application/json' })).status).toBe(415);
    expect((await refused('{bad', { query: '?dryRun=Some' })).status).toBe(422);
    expect((await refused(' '.repeat(3 * 2 ** 20 + 1))).status).toBe(413);
  });
});

describe('options of a patch', () => {
  it.each(['?dryRun=', '?dryRun=Some', '?dryRun=All&dryRun=None', '?fieldValidation=strict', `?fieldManager=${'x'.repeat(129)}`])(
    '%s is 422',
    async (query) => {
      const { body } = await refused({ metadata: { labels: { a: 'b' } } }, { query });
      expect(body).toMatchObject({
        code: 422,
        reason: 'Invalid',
        message: expect.stringMatching(/^PatchOptions.meta.k8s.io "" is invalid: /),
        details: { kind: 'PatchOptions' },
      });
      expect(trips()).toBe('');
    },
  );
});

it('a patch of what is not there is 404, whichever way it goes', async () => {
  const path = jobPath.replace('tfjob-test', 'nope');
  for (const body of [{ metadata: { labels: { a: 'b' } } }, { spec: null }]) {
    const answer = await patch(body, { path });
    expect(answer.body).toMatchObject({ code: 404, reason: 'NotFound', message: 'tfjobs.kubeflow.org "nope" not found' });
  }
  expect(now.simulator.get('tfjobs', 'kube-test', 'nope')).toBeUndefined();
});

it('a patch that takes finalizers and owners away, or says null of what the server owns, changes nothing', async () => {
  await reset((job) => {
    job.metadata.finalizers = ['keep.io/me'];
    job.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }];
  });
  const before = liveText();
  const metadata = {
    finalizers: null,
    ownerReferences: null,
    uid: null,
    namespace: null,
    creationTimestamp: null,
    generation: null,
    selfLink: null,
  };
  const { status } = await patch({ metadata, status: null });
  expect([status, trips(), liveText()]).toEqual([200, 'GET', before]);
  await patch({ metadata: { ...metadata, labels: { a: 'b' } }, status: { state: 'x' } });
  const { labels, resourceVersion, ...rest } = liveJob().metadata;
  expect(rest).toEqual((({ labels: _, resourceVersion: __, ...more }) => more)(JSON.parse(before).metadata));
  expect([labels, resourceVersion, liveJob().status]).toEqual([{ app: 'test', a: 'b' }, expect.any(String), JSON.parse(before).status]);
});
