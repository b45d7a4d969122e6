import { describe, expect, it } from 'vitest';
import { calls, type Loose, liveJob, liveText, now, put, requested, reset, useGateway } from '../gateway.ts';

useGateway({ auth: 'none', env: { LAYOUT: 'kubeflow' } });

const kubeflow = ({ spec }: Loose) => {
  spec.runPolicy = { backoffLimit: spec.backoffLimit, cleanPodPolicy: 'Running' };
  delete spec.backoffLimit;
};

describe('in front of Kubeflow 1.3 and later', () => {
  it('the three fields are replaced where it keeps them, under spec.runPolicy', async () => {
    await reset(kubeflow);
    const answer = await put(requested(({ spec }) => Object.assign(spec.runPolicy, { ttlSecondsAfterFinished: 5, cleanPodPolicy: 'All' })));
    expect([answer.status, liveJob().spec]).toEqual([
      200,
      expect.objectContaining({ runPolicy: { backoffLimit: 6, cleanPodPolicy: 'All', ttlSecondsAfterFinished: 5 } }),
    ]);
  });

  it('a runPolicy that a job did not have is made for them, and emptied again', async () => {
    await reset(({ spec }) => delete spec.backoffLimit);
    expect((await put(requested(({ spec }) => Object.assign(spec, { runPolicy: { ttlSecondsAfterFinished: 5 } })))).status).toBe(200);
    expect(liveJob().spec).toMatchObject({ runPolicy: { ttlSecondsAfterFinished: 5 } });
    expect((await put(requested(({ spec }) => delete spec.runPolicy))).status).toBe(200);
    expect((liveJob().spec as Loose).runPolicy?.ttlSecondsAfterFinished).toBeUndefined();
  });

  it('what else runPolicy holds may not change', async () => {
    await reset(kubeflow);
    const before = liveText();
    const answer = await put(requested(({ spec }) => Object.assign(spec.runPolicy, { backoffLimit: 7, suspend: true })));
    expect(answer.body.details.causes.map((cause: Loose) => cause.field)).toEqual([
      'spec.runPolicy.backoffLimit',
      'spec.runPolicy.suspend',
    ]);
    expect([answer.status, liveText()]).toEqual([403, before]);
  });

  it('a field where CCI keeps it is refused with the right place', async () => {
    await reset(kubeflow);
    const answer = await put(requested(({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 5 })));
    expect([answer.status, calls()]).toEqual([403, ['GET 200']]);
    expect(answer.body.message).toContain(
      'here this field is spec.runPolicy.ttlSecondsAfterFinished: the upstream has the kubeflow layout, not cci',
    );
  });

  it('a name may have dots and 253 characters', async () => {
    const name = `${'a'.repeat(100)}.${'b'.repeat(100)}.c`;
    await reset((job) => {
      kubeflow(job);
      job.metadata.name = name;
    });
    const job = now.simulator.get('tfjobs', 'kube-test', name);
    const path = `/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/${name}`;
    expect((await put(job as object, { path })).status).toBe(200);
    for (const bad of ['a..b', '.a', 'A.b', 'a'.repeat(254)]) expect((await put('{}', { path: path.replace(name, bad) })).status).toBe(404);
  });
});
