import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { calls, expectRefused, type Loose, liveJob, liveText, now, put, requested, status, useGateway } from '../gateway.ts';

useGateway();

const documented = await readFile(new URL('../../../events/replace-tfjob.json', import.meta.url));
const about = { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' };
const aboutKind = { ...about, kind: 'TFJob' };
const json = { 'content-type': 'application/json' };

describe('the documented request', () => {
  it('is done once, is stale the second time, and is done again without a resourceVersion', async () => {
    const first = await put(documented, { headers: json });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ spec: { ttlSecondsAfterFinished: 1000 }, metadata: { generation: 3 } });
    expect(Number(first.body.metadata.resourceVersion)).toBeGreaterThan(72_447_176);
    expect(JSON.parse(liveText())).toEqual(first.body);
    expect(calls()).toEqual(['GET 200', 'PUT 200']);

    const before = liveText();
    now.upstream.received.length = 0;
    const modified = 'the object has been modified; please apply your changes to the latest version and try again';
    const version = JSON.stringify(liveJob().metadata.resourceVersion);
    const stale = { reason: 'FieldValueInvalid', message: `the live one is ${version}`, field: 'metadata.resourceVersion' };
    const message = `Operation cannot be fulfilled on tfjobs.kubeflow.org "tfjob-test": ${modified}`;
    expectRefused(await put(documented, { headers: json }), before, 409, status(409, 'Conflict', message, { ...about, causes: [stale] }));

    const whatever = JSON.parse(documented.toString());
    delete whatever.metadata.resourceVersion;
    whatever.spec.ttlSecondsAfterFinished = 2000;
    const third = await put(whatever, { headers: json });
    expect(third.status).toBe(200);
    expect(third.body.spec.ttlSecondsAfterFinished).toBe(2000);
    expect(Number(third.body.metadata.resourceVersion)).toBeGreaterThan(Number(first.body.metadata.resourceVersion));
  });

  it('writes the live job with nothing but the replaceable fields changed', async () => {
    const live = liveJob();
    await put(documented, { headers: json });
    const written = now.upstream.received.find(({ method }) => method === 'PUT');
    expect(JSON.parse(written?.body.toString() ?? '')).toEqual({
      ...live,
      spec: { ...(live.spec as object), ttlSecondsAfterFinished: 1000 },
    });
    expect(written?.headers['content-type']).toBe('application/json');
  });

  it('needs no write when the job is like that already', async () => {
    const before = liveText();
    const answer = await put(requested());
    expect(answer.status).toBe(200);
    expect(answer.text.trim()).toBe(before);
    expect(calls()).toEqual(['GET 200']);
    expect(liveText()).toBe(before);
  });

  it('may be YAML, gzip, or a gzip of YAML', async () => {
    const yaml = await readFile(new URL('../../../events/replace-tfjob.yaml', import.meta.url));
    const asYaml = { 'content-type': 'application/yaml' };
    const gzip = { 'content-encoding': 'gzip' };
    for (const [body, headers] of [
      [yaml, asYaml],
      [gzipSync(documented), { ...json, ...gzip }],
      [gzipSync(yaml), { 'content-type': 'text/yaml; charset=utf-8', 'content-encoding': 'GZIP' }],
      [yaml, { 'content-type': 'application/x-yaml' }],
    ] as const) {
      now.simulator.put({ ...liveJob(), metadata: { ...liveJob().metadata, resourceVersion: '72447176' } });
      const answer = await put(body, { headers });
      expect([answer.status, answer.body.spec.ttlSecondsAfterFinished]).toEqual([200, 1000]);
    }
  });

  it('with dryRun=All is answered as if it were done, and changes nothing', async () => {
    const before = liveText();
    const answer = await put(documented, { query: '?dryRun=All&dryRun=All' });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...JSON.parse(before), spec: { ...JSON.parse(before).spec, ttlSecondsAfterFinished: 1000 } });
    expect(now.upstream.received.map(({ method, url }) => [method, url])).toEqual([['GET', expect.not.stringContaining('dryRun')]]);
    expect(liveText()).toBe(before);
  });

  it('with dryRun=All is refused as it would be', async () => {
    const before = liveText();
    expect(
      (
        await put(
          requested((job) => Object.assign(job.spec, { backoffLimit: 7 })),
          { query: '?dryRun=All' },
        )
      ).status,
    ).toBe(403);
    expect(
      (
        await put(
          requested((job) => Object.assign(job.spec, { cleanPodPolicy: 'x' })),
          { query: '?dryRun=All' },
        )
      ).status,
    ).toBe(422);
    expect(liveText()).toBe(before);
  });
});

describe('a refusal', () => {
  it('of another backoffLimit and another image names exactly these two, in causes and message, and nothing is written', async () => {
    const before = liveText();
    const image = 'spec.tfReplicaSpecs.Worker.template.spec.containers[0].image';
    const job = requested(({ spec }: Loose) => {
      spec.backoffLimit = 7;
      spec.tfReplicaSpecs.Worker.template.spec.containers[0].image = 'other:v1';
      spec.ttlSecondsAfterFinished = 5;
    });
    const [limit, other] = ['may not be changed: 6 → 7', 'may not be changed: "*.*.*.215:20202/cci/tf-benchmarks-cpu:v1" → "other:v1"'];
    const wayOut = `you may change: kubectl patch tfjob tfjob-test -n kube-test --type merge -p '{"spec":{"ttlSecondsAfterFinished":5}}'`;
    const message = `tfjobs.kubeflow.org "tfjob-test" is forbidden: spec.backoffLimit ${limit}, ${image} ${other}\n${wayOut}`;
    const causes = [
      { reason: 'FieldValueForbidden', message: limit, field: 'spec.backoffLimit' },
      { reason: 'FieldValueForbidden', message: other, field: image },
    ];
    expectRefused(await put(job), before, 403, status(403, 'Forbidden', message, { ...about, causes }));
    expect(calls()).toEqual(['GET 200']);
  });

  it('of a bad cleanPodPolicy and a bad label has both causes', async () => {
    const before = liveText();
    const job = requested(({ spec, metadata }: Loose) => {
      spec.cleanPodPolicy = 'Some';
      metadata.labels['a b'] = 'x';
    });
    const unsupported = 'Unsupported value: "Some": supported values: "All", "Running", "None"';
    const answer = await put(job);
    const label = answer.body.details.causes[0].message;
    expect(label).toMatch(/^Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.'/);
    const message = `TFJob.kubeflow.org "tfjob-test" is invalid: [metadata.labels[a b]: ${label}, spec.cleanPodPolicy: ${unsupported}]`;
    const causes = [
      { reason: 'FieldValueInvalid', message: label, field: 'metadata.labels[a b]' },
      { reason: 'FieldValueNotSupported', message: unsupported, field: 'spec.cleanPodPolicy' },
    ];
    expectRefused(answer, before, 422, status(422, 'Invalid', message, { ...aboutKind, causes }));
  });

  it.each<[string, (job: Loose) => void, string, string]>([
    [
      'CCI’s own typo',
      ({ spec }) => Object.assign(spec, { activeDeadlineSecond: 5 }),
      'spec.activeDeadlineSecond',
      'did you mean spec.activeDeadlineSeconds?',
    ],
    [
      'a field in the wrong case',
      ({ spec }) => Object.assign(spec, { TTLSecondsAfterFinished: 5 }),
      'spec.TTLSecondsAfterFinished',
      'did you mean spec.ttlSecondsAfterFinished?',
    ],
    [
      'a field beside spec',
      (job) => Object.assign(job, { cleanPodPolicy: 'All' }),
      'cleanPodPolicy',
      'here this field is spec.cleanPodPolicy',
    ],
    [
      'a field where Kubeflow keeps it',
      ({ spec }) => Object.assign(spec, { runPolicy: { ttlSecondsAfterFinished: 5 } }),
      'spec.runPolicy.ttlSecondsAfterFinished',
      'here this field is spec.ttlSecondsAfterFinished: the upstream has the cci layout, not kubeflow',
    ],
  ])('of %s names the right field', async (_title, edit, field, help) => {
    const before = liveText();
    const answer = await put(requested(edit));
    expect(answer.body.details.causes).toEqual([{ reason: 'FieldValueForbidden', message: expect.stringContaining(help), field }]);
    const message = `tfjobs.kubeflow.org "tfjob-test" is forbidden: ${field} ${answer.body.details.causes[0].message}`;
    expectRefused(answer, before, 403, status(403, 'Forbidden', message, { ...about, causes: answer.body.details.causes }));
  });

  it('of many changes lists a hundred of them and counts the rest; the message names five', async () => {
    const before = liveText();
    const job = requested(({ spec }: Loose) => {
      for (let index = 0; index < 150; index += 1) spec[`field${index}`] = index;
    });
    const answer = await put(job);
    expect(answer.body.details.causes).toHaveLength(101);
    expect(answer.body.details.causes[100]).toEqual({ reason: 'FieldValueForbidden', message: 'and 50 more fields may not be changed' });
    const named = [0, 1, 2, 3, 4]
      .map(
        (index) => `spec.field${index} may not be changed: absent → ${index} (the live job does not have it: leave it out of the manifest)`,
      )
      .join(', ');
    expect(answer.body.message).toMatch(`tfjobs.kubeflow.org "tfjob-test" is forbidden: ${named} and `);
    expect(liveText()).toBe(before);
  });
});
