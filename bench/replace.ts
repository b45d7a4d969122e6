/**
 * In one process, in alternating rounds: the built handler, and the floor under any gateway (GET, three JSON parses, one stringify,
 * PUT, by the same HTTP client). Sends CPU and wall microseconds per replace of each round to its parent.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { startSecretsManager } from '../local/secrets-manager.ts';
import { documentedJob } from './job.ts';

const rounds = 61;
const perRound = 120;

const upstream = fork(new URL('upstream.ts', import.meta.url));
const [{ port }] = (await once(upstream, 'message')) as [{ port: number }];
const secrets = { bench: { versionId: '1', value: JSON.stringify({ accessKey: 'BENCH', secretKey: randomUUID() }) } };
const secretsManager = await startSecretsManager({ secrets });
Object.assign(process.env, {
  CCI_ENDPOINT: `http://127.0.0.1:${port}`,
  CCI_SECRET_ID: 'bench',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
});
const built = new URL('../dist/replace-job/index.mjs', import.meta.url).href;
const { handler } = (await import(built)) as { handler: (event: object, context: object) => Promise<{ statusCode: number; body: string }> };

const body = JSON.stringify(documentedJob({ ttl: 1000 }));
const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const resource = '/apis/kubeflow.org/v1/namespaces/{namespace}/tfjobs/{name}';
const headers = { 'Content-Type': 'application/json', Host: 'gateway.example', 'User-Agent': 'bench' };
const event = {
  resource,
  path,
  httpMethod: 'PUT',
  headers,
  multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  queryStringParameters: null,
  multiValueQueryStringParameters: null,
  pathParameters: { namespace: 'kube-test', name: 'tfjob-test' },
  requestContext: {
    httpMethod: 'PUT',
    requestId: randomUUID(),
    requestTimeEpoch: 0,
    identity: { userArn: 'arn:aws:iam::000000000000:user/bench' },
  },
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
};
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 25_000 };

async function throughGateway(): Promise<void> {
  event.requestContext.requestTimeEpoch = Date.now();
  const { statusCode } = await handler(event, context);
  if (statusCode !== 200) throw new Error(`the handler answered ${statusCode}`);
}

const agent = new http.Agent({ keepAlive: true });
function exchange(method: string, sent?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) };
    const request = http.request({ host: '127.0.0.1', port, path, method, agent, headers: length }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    request.on('error', reject);
    request.end(sent);
  });
}
async function floor(): Promise<void> {
  const requested = JSON.parse(body);
  const live = JSON.parse(await exchange('GET'));
  live.spec.ttlSecondsAfterFinished = requested.spec.ttlSecondsAfterFinished;
  const put = await exchange('PUT', JSON.stringify(live));
  if (JSON.parse(put).spec.ttlSecondsAfterFinished !== 1000) throw new Error('the floor lost its change');
}

async function round(replace: () => Promise<void>): Promise<{ cpu: number; wall: number }> {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < perRound; i++) await replace();
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / perRound, wall: (wall * 1000) / perRound };
}

for (const replace of [throughGateway, floor]) for (let i = 0; i < 10; i++) await round(replace);
const gateway: { cpu: number; wall: number }[] = [];
const bare: { cpu: number; wall: number }[] = [];
for (let i = 0; i < rounds; i++) {
  const pair: [typeof gateway, () => Promise<void>][] = [
    [gateway, throughGateway],
    [bare, floor],
  ];
  for (const [figures, replace] of i % 2 ? pair.reverse() : pair) figures.push(await round(replace));
}
process.send?.({ gateway, floor: bare });
upstream.disconnect();
await secretsManager.close();
process.disconnect?.();
