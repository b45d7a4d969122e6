import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import { credential } from '../credentials.ts';
import { somebodysArn } from '../fakes/user.ts';
import { capturePrinted } from '../unit/callers/authorizer.ts';
import {
  handlerOf,
  invoke,
  jobPath,
  key,
  type Loose,
  liveJob,
  liveText,
  now,
  requested,
  reset,
  secretName,
  useGateway,
} from './gateway.ts';

useGateway({ env: { POWERTOOLS_METRICS_DISABLED: 'false', POWERTOOLS_LOG_LEVEL: 'SILENT' } });
const printed = capturePrinted();

const template = '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}';
const pathParameters = { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' };

/** Every metric that any test of this file has met. */
const seen = new Set<string>();

/** Invokes a function once and returns the counts of its record. */
async function record(bundle: string, event: object, instance: 'shared' | 'new' = 'shared'): Promise<Record<string, number>> {
  const handler = await handlerOf(bundle, instance);
  printed.text = '';
  await invoke(handler, {
    resource: template,
    path: jobPath,
    headers: {},
    pathParameters,
    body: null,
    ...event,
    requestContext: {
      httpMethod: 'any',
      identity: { userArn: somebodysArn },
      requestTimeEpoch: Date.now(),
      ...(event as Loose).requestContext,
    },
  });
  const lines = printed.lines();
  expect(lines).toHaveLength(1);
  return valuesOf(lines[0] as Loose);
}

/** A record as CloudWatch reads it: every metric that is declared has a number beside `_aws`, and nothing else stands there but the dimension. */
function valuesOf({ _aws, service, ...values }: Loose): Record<string, number> {
  const [{ Namespace, Dimensions, Metrics }, ...others] = _aws.CloudWatchMetrics;
  expect([Namespace, Dimensions, service, others]).toEqual(['TfjobGateway', [['service']], 'tfjob-gateway', []]);
  expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(60_000);
  expect(Metrics.map(({ Name }: Loose) => Name).sort()).toEqual(Object.keys(values).sort());
  for (const { Name, Unit } of Metrics) expect([Name, Unit]).toEqual([Name, Name === 'Latency' ? 'Milliseconds' : 'Count']);
  for (const name of Object.keys(values)) seen.add(name);
  const { Latency, ...counts } = values;
  expect(Latency).toBeGreaterThanOrEqual(0);
  expect(Latency).toBeLessThan(60_000);
  return counts;
}

const replace = (edit?: (job: Loose) => void, left = 20_000) => ({
  httpMethod: 'PUT',
  body: JSON.stringify(requested(edit)),
  requestContext: { requestTimeEpoch: Date.now() - 27_000 + left },
});
const label = (job: Loose) => Object.assign(job.metadata.labels, { team: 'vision' });

describe('the record of a request', () => {
  it('counts the read of the secret before the first call', async () => {
    const first = { Changed: 1, CredentialRefreshes: 1, UpstreamCalls: 2 };
    expect(await record('replace-job', replace(label), 'new')).toEqual(first);
  });

  it.each<[what: string, event: () => object, bundle: string, counts: object]>([
    ['a change', () => replace(label), 'replace-job', { Changed: 1, UpstreamCalls: 2 }],
    ['a replace without a change', () => replace(), 'replace-job', { Unchanged: 1, UpstreamCalls: 1 }],
    [
      'a dry run',
      () => ({ ...replace(label), queryStringParameters: { dryRun: 'All' } }),
      'replace-job',
      { Unchanged: 1, UpstreamCalls: 1 },
    ],
    [
      'a merge patch',
      () => ({
        httpMethod: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: '{"metadata":{"labels":{"team":"vision"}}}',
      }),
      'patch-job',
      { Written: 1, UpstreamCalls: 1 },
    ],
    [
      'a merge patch that insists on a version',
      () => ({
        httpMethod: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json' },
        body: JSON.stringify({ metadata: { resourceVersion: liveJob().metadata.resourceVersion, labels: { team: 'vision' } } }),
      }),
      'patch-job',
      { Changed: 1, UpstreamCalls: 1 },
    ],
    ['a read', () => ({ httpMethod: 'GET' }), 'read-jobs', { Read: 1, UpstreamCalls: 1 }],
    [
      'a forbidden change',
      () => replace((job) => Object.assign(job.spec, { backoffLimit: 5 })),
      'replace-job',
      { Refused: 1, UpstreamCalls: 1 },
    ],
    ['a body that is no job', () => ({ ...replace(), body: '[]' }), 'replace-job', { Refused: 1 }],
    ['a caller whom nobody knows', () => ({ ...replace(), requestContext: { identity: {} } }), 'replace-job', { Refused: 1 }],
    ['a path that there is not', () => ({ httpMethod: 'GET', resource: '/{proxy+}', path: '/x' }), 'not-found', { Refused: 1 }],
  ])('counts %s', async (_what, event, bundle, counts) => {
    await record(bundle, event());
    // The first request of a function also counts the read of the secret.
    await reset();
    expect(await record(bundle, event())).toEqual(counts);
  });

  it('counts what is asked about the gateway itself', async () => {
    const handler = (await handlerOf('discovery')) as Loose;
    printed.text = '';
    const requestContext = { httpMethod: 'GET', identity: { userArn: somebodysArn } };
    const answer = await handler({ resource: '/version', path: '/version', httpMethod: 'GET', headers: {}, requestContext }, {});
    expect([answer.statusCode, printed.lines().map(valuesOf)]).toEqual([200, [{ Read: 1 }]]);
  });

  /** The upstream answers so many requests of a method with a code, and the rest as ever. */
  const failing = (method: string, code: number, times: number): void => {
    let left = times;
    now.upstream.answer = (received, response) => {
      if (received.method === method && left-- > 0) response.writeHead(code).end();
      else if (received.method === 'GET') response.end(liveText());
      else response.end(received.body.toString().replace('"resourceVersion":"7', '"resourceVersion":"8'));
    };
  };

  it.each<[what: string, method: string, code: number, times: number, left: number, counts: object]>([
    ['calls that were repeated', 'GET', 503, 2, 20_000, { Changed: 1, UpstreamCalls: 4, Retries: 2 }],
    ['conflicts that were settled', 'PUT', 409, 1, 20_000, { Changed: 1, UpstreamCalls: 4, Conflicts: 1 }],
    ['a refusal of CCI', 'PUT', 422, 1, 20_000, { Refused: 1, UpstreamCalls: 2 }],
    ['a failure of CCI', 'GET', 500, 1, 20_000, { Failed: 1, UpstreamCalls: 1 }],
    ['that there was no time', 'GET', 200, 0, 500, { Failed: 1, UpstreamCalls: 1 }],
  ])('counts %s', async (_what, method, code, times, left, counts) => {
    await record('replace-job', replace(label));
    await reset();
    failing(method, code, times);
    expect(await record('replace-job', replace(label, left))).toEqual(counts);
  });

  it('counts a throttled request apart from what callers do wrong', async () => {
    now.upstream.answer = (_received, response) => response.writeHead(429, { 'Retry-After': '60' }).end();
    expect(await record('replace-job', replace(label))).toEqual({ Throttled: 1, UpstreamCalls: 1 });
  });

  it('counts refused versions of the secret, and the reads for another one', async () => {
    const wrong = (name: string) => JSON.stringify({ ...key, accessKey: credential(name) });
    now.secrets.set(secretName, wrong('refused'));
    const withPrevious = { UpstreamCalls: 3, CredentialRefreshes: 3, RefusedVersions: 1, Changed: 1 };
    expect(await record('replace-job', replace(label), 'new')).toEqual(withPrevious);
    now.secrets.set(secretName, wrong('refused-too'));
    const withNone = { UpstreamCalls: 2, CredentialRefreshes: 4, RefusedVersions: 2, Failed: 1 };
    await reset();
    expect(await record('replace-job', replace(label), 'new')).toEqual(withNone);
    now.secrets.set(secretName, JSON.stringify(key));
    expect(await record('replace-job', replace(label), 'new')).toEqual({
      Changed: 1,
      CredentialRefreshes: 1,
      UpstreamCalls: 2,
    });
  });
});

describe('where metrics are disabled', () => {
  it('nothing is printed but what the audit trail tells', async () => {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
    printed.text = '';
    const { status } = await invoke(await handlerOf('replace-job', 'new'), { ...replace(label), resource: template, pathParameters });
    expect([status, printed.lines()]).toEqual([401, []]);
  });

  it.each([
    [undefined, 'true'],
    ['false', 'false'],
  ])('a local gateway is among them unless it is told otherwise: %s', async (set, used) => {
    vi.stubEnv('POWERTOOLS_METRICS_DISABLED', set);
    const seen: unknown[] = [];
    const load = () => {
      seen.push(process.env.POWERTOOLS_METRICS_DISABLED);
      return () => undefined;
    };
    await (await startApiGateway({ port: 0, load })).close();
    expect(new Set(seen)).toEqual(new Set([used]));
  });
});
afterEach(() => void vi.unstubAllEnvs());

describe('docs/metrics.md', () => {
  const rows = [...readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];

  it('names every metric with its unit', () => {
    const named = Object.fromEntries(rows.map(([, name, unit]) => [name, unit]));
    expect(Object.keys(named)).toHaveLength(rows.length);
    const source = readFileSync(new URL('../../lib/runtime/metrics.ts', import.meta.url), 'utf8');
    const outcomes = [...source.matchAll(/^ {2}\| '(\w+)'|(?:addMetric|count)\('(\w+)'/gm)].map(
      ([, outcome, counted]) => outcome ?? counted ?? '',
    );
    expect(outcomes.length).toBeGreaterThan(10);
    for (const name of [...seen, ...outcomes]) {
      expect([name, named[name]]).toEqual([name, name === 'Latency' ? 'Milliseconds' : 'Count']);
    }
    expect(seen.size).toBeGreaterThan(12);
    // Each is paid for by the month. The one that the authorizer may add is counted in.
    expect(rows.length).toBeLessThanOrEqual(20);
  });
});
