import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../lib/json/json.ts';
import { causes, changed, container, forbidden, job, kubeflow, kubeflowJob, nested, pod, refusal, worker } from '../jobs.ts';

const live = job();
// What is said of a field that is only in the request.
const leaveOut = '(the live job does not have it: leave it out of the manifest)';

describe('a refusal with 403 (docs/decision.md, immutable-field)', () => {
  it('names a change of backoffLimit and one of the image in two causes, and both in its message', () => {
    const requested = job({ 'spec.backoffLimit': 7, [`${container}.image`]: 'evil:v2', 'spec.ttlSecondsAfterFinished': 5 });
    expect(refusal(live, requested)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Forbidden',
      code: 403,
      message:
        'tfjobs.kubeflow.org "tfjob-test" is forbidden: spec.backoffLimit may not be changed: 6 → 7, ' +
        'spec.tfReplicaSpecs.Worker.template.spec.containers[0].image may not be changed: ' +
        '"*.*.*.215:20202/cci/tf-benchmarks-cpu:v1" → "evil:v2"\n' +
        `you may change: kubectl patch tfjob tfjob-test -n kube-test --type merge -p '{"spec":{"ttlSecondsAfterFinished":5}}'`,
      details: {
        name: 'tfjob-test',
        group: 'kubeflow.org',
        kind: 'tfjobs',
        causes: [
          forbidden('spec.backoffLimit', 'may not be changed: 6 → 7'),
          forbidden(
            'spec.tfReplicaSpecs.Worker.template.spec.containers[0].image',
            'may not be changed: "*.*.*.215:20202/cci/tf-benchmarks-cpu:v1" → "evil:v2"',
          ),
        ],
      },
    });
  });

  it('has the first five paths in its message and says how many more there are', () => {
    const requested = job(Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((n) => [`spec.field${n}`, n])));
    const { message, details } = refusal(live, requested);
    expect(details?.causes).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => forbidden(`spec.field${n}`, `may not be changed: absent → ${n} ${leaveOut}`)),
    );
    const first = [1, 2, 3, 4, 5].map((n) => `spec.field${n} may not be changed: absent → ${n} ${leaveOut}`).join(', ');
    expect(message).toBe(`tfjobs.kubeflow.org "tfjob-test" is forbidden: ${first} and 3 more`);
  });

  it('says nothing of more where there are exactly five', () => {
    const requested = job(Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`spec.field${n}`, n])));
    expect(refusal(live, requested).message).toMatch(
      /spec\.field5 may not be changed: absent → 5 \(the live job does not have it: leave it out of the manifest\)$/,
    );
  });

  it.each([
    [100, undefined],
    [101, 'and 1 more fields may not be changed'],
    [250, 'and 150 more fields may not be changed'],
  ])('lists at most 100 of %i causes, then a count, and counts all in its message', (count, last) => {
    const requested = job(Object.fromEntries(Array.from({ length: count }, (_, n) => [`spec.field${n}`, n])));
    const { message, details } = refusal(live, requested);
    const listed = Array.from({ length: 100 }, (_, n) => forbidden(`spec.field${n}`, `may not be changed: absent → ${n} ${leaveOut}`));
    expect(details?.causes).toEqual(last ? [...listed, { reason: 'FieldValueForbidden', message: last }] : listed);
    expect(message).toMatch(new RegExp(`spec\\.field4 may not be changed: absent → 4 \\(.*\\) and ${count - 5} more$`));
  });

  it('names omissions, additions, and elements that are more or fewer', () => {
    const two = [{ name: 'a' }, { name: 'b' }];
    const requested = job({ [`${pod}.hostAliases`]: [{ ip: '::1' }], [`${pod}.imagePullSecrets`]: two, 'spec.backoffLimit': undefined });
    expect(causes(live, requested)).toEqual([
      403,
      forbidden('spec.backoffLimit', 'may not be changed: 6 → absent'),
      forbidden(`${pod}.imagePullSecrets[0].name`, 'may not be changed'),
      forbidden(`${pod}.imagePullSecrets[1]`, 'may not be changed'),
      forbidden(`${pod}.hostAliases`, `may not be changed: absent → an array of 1 ${leaveOut}`),
    ]);
    const exposed = job({ [`${container}.ports`]: [{ containerPort: 8080 }] });
    expect(causes(exposed, job({ [`${container}.ports`]: [] }))).toEqual([
      403,
      forbidden(`${pod}.containers[0].ports[0]`, 'may not be changed: an object → absent'),
    ]);
    expect(causes(exposed, job({ [`${container}.ports`]: undefined }))).toEqual([
      403,
      forbidden(`${pod}.containers[0].ports`, 'may not be changed: an array of 1 → absent'),
    ]);
    expect(causes(live, job({ 'spec.tfReplicaSpecs.Ps': undefined }))).toEqual([
      403,
      forbidden('spec.tfReplicaSpecs.Ps', 'may not be changed: an object → absent'),
    ]);
  });

  it.each([
    ['true', true, 'true'],
    ['a number', 12, '12'],
    ['an object', { secret: 's3cret' }, 'an object'],
    ['an array', ['s3cret', 's3cret'], 'an array of 2'],
    ['a text with quotes', 'a "b"', '"a \\"b\\""'],
    ['a text that just fits', 'x'.repeat(62), `"${'x'.repeat(62)}"`],
    ['a long text, cut short', 'x'.repeat(10_000), `"${'x'.repeat(63)}…`],
  ])('shows %s', (_title, value, shown) => {
    expect(causes(live, job({ 'spec.new': value }))).toEqual([
      403,
      forbidden('spec.new', `may not be changed: absent → ${shown} ${leaveOut}`),
    ]);
  });

  it('puts a path in brackets where a member is not named like a field, and cuts a long name', () => {
    const metadata = { ...(live.metadata as JsonObject), 'a.b/c': 1, [`x y${'z'.repeat(5000)}`]: 2, [`p${'q'.repeat(5000)}`]: 3, '': 4 };
    expect(causes(live, job({ [`spec.x ${'y'.repeat(98)}`]: 1 }))).toMatchObject([403, { field: `spec[x ${'y'.repeat(98)}]` }]);
    expect(causes(live, { ...live, metadata })).toEqual([
      403,
      forbidden('metadata[a.b/c]', `may not be changed: absent → 1 ${leaveOut}`),
      forbidden(`metadata[x y${'z'.repeat(97)}…]`, expect.stringMatching(/^may not be changed/)),
      forbidden(`metadata[p${'q'.repeat(99)}…]`, expect.stringMatching(/^may not be changed/)),
      forbidden('metadata[]', `may not be changed: absent → 4 ${leaveOut}`),
    ]);
  });

  it('is not longer than its request by more than a few kilobytes', () => {
    const long = 'k'.repeat(1_000_000);
    const many = (value: number) => Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`m${n}`, value]));
    const deep = (value: number) =>
      Array.from({ length: 450 }).reduce<Json>((inner) => ({ [`d${'\u0001'.repeat(200)}`]: inner }), many(value));
    for (const of of [many, deep, (value: number) => ({ [long]: many(value) }), (value: number) => nested(450, many(value))]) {
      expect(JSON.stringify(refusal(job({ 'spec.new': of(1) }), job({ 'spec.new': of(2) }))).length).toBeLessThan(400_000);
      expect(JSON.stringify(refusal(live, job({ 'spec.new': of(1) }))).length).toBeLessThan(10_000);
    }
  });
});

describe('a value that may be a secret is never shown:', () => {
  const s3cret = 's3cret-0123';
  it.each([
    [`${container}.env`, [{ name: s3cret, value: s3cret }]],
    [`${container}.env`, s3cret],
    [`${container}.envFrom`, [{ secretRef: { name: s3cret }, prefix: s3cret }]],
    [`${container}.args`, [s3cret]],
    [`${container}.args.0`, s3cret],
    [`${container}.args`, s3cret],
    [`${container}.command`, [s3cret]],
    [`${container}.command`, s3cret],
    [`${container}.lifecycle.preStop.exec.command`, [s3cret]],
    [`${container}.livenessProbe.httpGet.httpHeaders`, [{ name: 'a', value: s3cret }]],
    [`${pod}.imagePullSecrets.0.name`, s3cret],
    [`${pod}.volumes`, [{ name: 'v', secret: { secretName: s3cret } }]],
    ['spec.someToken', s3cret],
    ['spec.dbPassword', s3cret],
    [`spec.long${'x'.repeat(200)}Secret`, s3cret],
    [`spec.env vars.env`, { a: s3cret }],
  ])('%s', (path, value) => {
    const before = job({
      [`${container}.env`]: [{ name: 'a', value: 'b' }],
      [`${pod}.volumes`]: [{ name: 'v', secret: { secretName: 'b' } }],
    });
    const [first, second] = [refusal(before, changed(before, { [path]: value })), refusal(changed(before, { [path]: value }), before)];
    expect(first.code).toBe(403);
    expect(JSON.stringify([first, second])).not.toContain(s3cret);
  });

  it('env, each of its values, and what it refers to', () => {
    const env = [
      { name: 'A', value: 'old' },
      { name: 'B', valueFrom: { secretKeyRef: { name: 'n', key: 'k' } } },
    ];
    const before = job({ [`${container}.env`]: env });
    const after = changed(before, { [`${container}.env.0.value`]: s3cret, [`${container}.env.1.valueFrom.secretKeyRef.key`]: s3cret });
    expect(causes(before, after)).toEqual([
      403,
      forbidden(`${pod}.containers[0].env[0].value`, 'may not be changed'),
      forbidden(`${pod}.containers[0].env[1].valueFrom.secretKeyRef.key`, 'may not be changed'),
    ]);
  });
});

describe('a mistake with help (docs/decision.md, way-out)', () => {
  it.each([
    ['spec.activeDeadlineSecond', 'unknown field; did you mean spec.activeDeadlineSeconds?'],
    ['spec.ActiveDeadlineSeconds', 'unknown field; did you mean spec.activeDeadlineSeconds?'],
    ['spec.ttlSecondsAfterFinish', 'unknown field; did you mean spec.ttlSecondsAfterFinished?'],
    ['spec.cleanPodPolicies', undefined],
    ['spec.cleanPodpolicy', 'unknown field; did you mean spec.cleanPodPolicy?'],
    ['metadata.label', 'unknown field; did you mean metadata.labels?'],
    ['metadata.annotation', 'unknown field; did you mean metadata.annotations?'],
    ['spec.labels', 'here this field is metadata.labels'],
    ['labels', 'here this field is metadata.labels'],
    ['ttlSecondsAfterFinished', 'here this field is spec.ttlSecondsAfterFinished'],
    ['metadata.cleanPodPolicy', 'here this field is spec.cleanPodPolicy'],
    [
      'spec.runPolicy.activeDeadlineSeconds',
      'here this field is spec.activeDeadlineSeconds: the upstream has the cci layout, not kubeflow',
    ],
    [`${worker}.template.labels`, undefined],
    ['spec.tfReplicaSpecs.labels', undefined],
  ])('names the right field for %s', (path, help) => {
    const message = help ? `may not be changed (${help})` : `may not be changed: absent → "x" ${leaveOut}`;
    expect(causes(job(), job({ [path]: 'x' }))).toEqual([403, forbidden(path, message)]);
  });

  it.each([
    ['spec.cleanPodPolicy', 'here this field is spec.runPolicy.cleanPodPolicy: the upstream has the kubeflow layout, not cci'],
    ['spec.ttlSecondAfterFinished', 'unknown field; did you mean spec.runPolicy.ttlSecondsAfterFinished?'],
    ['spec.runPolicy.activeDeadlineSecond', 'unknown field; did you mean spec.runPolicy.activeDeadlineSeconds?'],
    ['spec.runPolicy.labels', 'here this field is metadata.labels'],
    ['spec.backoffLimit', 'here this field is spec.runPolicy.backoffLimit: the upstream has the kubeflow layout, not cci'],
  ])('names the right field for %s in the kubeflow layout', (path, help) => {
    const live = kubeflowJob();
    expect(causes(live, changed(live, { [path]: 'x' }), {}, kubeflow)).toEqual([403, forbidden(path, `may not be changed (${help})`)]);
  });

  it('helps with every field of a whole runPolicy that was sent to a cci upstream', () => {
    const runPolicy = { ttlSecondsAfterFinished: 1, cleanPodPolicy: 'All', backoffLimit: 3 };
    const layout = 'the upstream has the cci layout, not kubeflow';
    expect(causes(live, job({ 'spec.runPolicy': runPolicy }))).toEqual([
      403,
      forbidden(
        'spec.runPolicy.ttlSecondsAfterFinished',
        `may not be changed (here this field is spec.ttlSecondsAfterFinished: ${layout})`,
      ),
      forbidden('spec.runPolicy.cleanPodPolicy', `may not be changed (here this field is spec.cleanPodPolicy: ${layout})`),
      forbidden('spec.runPolicy.backoffLimit', `may not be changed (here this field is spec.backoffLimit: ${layout})`),
    ]);
  });

  it('does not offer a field to one who omits what the live job has under a similar name', () => {
    const before = job({ 'spec.activeDeadlineSecond': 5 });
    expect(causes(before, job())).toEqual([403, forbidden('spec.activeDeadlineSecond', 'may not be changed: 5 → absent')]);
  });

  it('says what to do of a field that the upstream did not keep, without its value where that may be a secret', () => {
    const manifest = {
      'spec.tfReplicaSpecs.Worker.template.spec.resourceClaims': [{ name: 'c' }],
      [`${container}.envFrom`]: [{ secretRef: { name: 's' } }],
      'spec.schedulingPolicy': { minAvailable: 2 },
    };
    expect(causes(live, job(manifest))).toEqual([
      403,
      forbidden(`${pod}.containers[0].envFrom`, `may not be changed ${leaveOut}`),
      forbidden(`${pod}.resourceClaims`, `may not be changed: absent → an array of 1 ${leaveOut}`),
      forbidden('spec.schedulingPolicy', `may not be changed: absent → an object ${leaveOut}`),
    ]);
  });

  it('and not of what the live job has, or of an element more', () => {
    const before = job({ [`${pod}.hostAliases`]: [{ ip: '::1' }] });
    const after = job({ [`${pod}.hostAliases`]: [{ ip: '::1' }, { ip: '::2' }], 'spec.backoffLimit': undefined });
    expect(causes(before, after).flatMap((cause) => (typeof cause === 'number' ? [] : [cause.message]))).toEqual([
      'may not be changed: 6 → absent',
      'may not be changed: absent → an object',
    ]);
  });
});
