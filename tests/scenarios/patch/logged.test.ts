import { describe, expect, it } from 'vitest';
import { somebodysArn } from '../../fakes/user.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { handlerOf, invoke, jobPath, type Loose, liveJob, liveText, now, reset, useGateway } from '../gateway.ts';

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true' } });
const printed = capturePrinted();

const merge = 'application/merge-patch+json';
const ttl = 'spec.ttlSecondsAfterFinished';

/** Sends a request to a handler with or without a cache, and returns what the log says became of it. */
function caller(cache: 'on' | 'off', bundle = 'patch-job') {
  process.env.LIVE_CACHE = cache;
  const handler = handlerOf(bundle, 'new');
  return async (body: object, contentType = merge): Promise<Loose> => {
    const method = bundle === 'patch-job' ? 'PATCH' : 'PUT';
    printed.text = '';
    const answer = await invoke(await handler, {
      resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
      path: jobPath,
      httpMethod: method,
      headers: { 'content-type': contentType },
      pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
      requestContext: { httpMethod: method, identity: { userArn: somebodysArn }, requestTimeEpoch: Date.now() },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    const [{ outcome, changed, sent }, ...others] = printed.lines() as Loose[];
    expect(others).toEqual([]);
    return { outcome, changed, sent };
  };
}
const toTtl = (seconds: number, more = {}) => ({ metadata: { ...more }, spec: { ttlSecondsAfterFinished: seconds } });
const version = () => liveJob().metadata.resourceVersion;

describe('the same merge patch twice in one trip', () => {
  it('is logged as written and not as a change, where the version before it is not known', async () => {
    const patch = caller('off');
    expect(await patch(toTtl(60))).toEqual({ outcome: 'written', sent: [ttl] });
    const before = version();
    expect(await patch(toTtl(60))).toEqual({ outcome: 'written', sent: [ttl] });
    expect(version()).toBe(before);
  });

  it('is logged as unchanged, where this process knows the version before it', async () => {
    const patch = caller('on');
    expect(await patch(toTtl(60))).toEqual({ outcome: 'written', sent: [ttl] });
    expect(await patch(toTtl(60))).toEqual({ outcome: 'unchanged', changed: [] });
    // Others may have written the same between: that this one did is not claimed.
    expect(await patch(toTtl(61))).toEqual({ outcome: 'written', sent: [ttl] });
  });

  it('is logged as unchanged, where it insists on the version that the job has and keeps', async () => {
    const patch = caller('off');
    await patch(toTtl(60));
    expect(await patch(toTtl(60, { resourceVersion: version() }))).toEqual({ outcome: 'unchanged', changed: [] });
  });
});

describe('a merge patch that insists on a version', () => {
  it('is logged as a change of exactly the fields that changed, where this process knows that version', async () => {
    const patch = caller('on');
    await patch(toTtl(60));
    const sent = { ...toTtl(60, { resourceVersion: version(), labels: { a: 'b' }, annotations: { x: null } }) };
    expect(await patch(sent)).toEqual({ outcome: 'changed', changed: ['metadata.labels'] });
  });

  it('is logged as a change, of some of the fields that were sent, where it does not', async () => {
    const sent = { ...toTtl(60, { resourceVersion: version(), labels: { app: 'test' } }) };
    expect(await caller('off')(sent)).toEqual({ outcome: 'changed', sent: ['metadata.labels', ttl] });
  });
});

describe('a patch that is decided on the live job', () => {
  it('is logged as a change once, and then as unchanged', async () => {
    const patch = caller('off');
    const operations = [
      { op: 'add', path: '/spec/ttlSecondsAfterFinished', value: 60 },
      { op: 'add', path: '/metadata/labels/app', value: 'test' },
    ];
    expect(await patch(operations, 'application/json-patch+json')).toEqual({ outcome: 'changed', changed: [ttl] });
    expect(await patch(operations, 'application/json-patch+json')).toEqual({ outcome: 'unchanged', changed: [] });
  });
});

describe('a write that the upstream takes for what it has', () => {
  it.each([
    ['answering with the same version', (job: Loose) => job],
    ['answering with another version', (job: Loose) => ({ ...job, metadata: { ...job.metadata, resourceVersion: '99999999' } })],
  ])('is logged as unchanged, %s', async (_title, answered) => {
    await reset((job) => {
      job.spec.ttlSecondsAfterFinished = 60;
    });
    const live = JSON.parse(liveText());
    // A server that knows nothing of the field drops it.
    now.upstream.answer = ({ method }, response) => response.end(JSON.stringify(method === 'GET' ? live : answered(live)));
    const body = { ...live, spec: { ...live.spec, ttlSecondsAfterFinished: 61 } };
    expect(await caller('off', 'replace-job')(body, 'application/json')).toEqual({ outcome: 'unchanged', changed: [] });
  });
});
