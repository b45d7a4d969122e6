/**
 * The process whose every word replace-leaks.test.ts reads: it runs the built handlers through all samples, requests that hold
 * planted values, and an upstream that fails in every way. What is answered goes to the parent over IPC, and nothing else does.
 */

import { readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../../local/cci/simulator.ts';
import { lambdaContext } from '../../fakes/context.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { type Received, startUpstream } from '../gateway-upstream.ts';
import { type Answered, envValues, key, secretName } from './leaks-planted.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests write whatever JSON can hold.
type Loose = any;

const folder = new URL('../../../events/', import.meta.url);
const jobPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const simulator = await startSimulator(key);
const upstream = await startUpstream(simulator.url);
const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
process.env.CCI_ENDPOINT = upstream.url;
process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER = secrets.url;

let instances = 0;
/** A function that was never called: neither a secret nor a refusal of it is remembered. */
async function cold(bundle = 'replace-job'): Promise<LambdaHandler> {
  const file = new URL(`../../../dist/${bundle}/index.mjs?instance=${++instances}`, import.meta.url);
  return ((await import(file.href)) as { handler: LambdaHandler }).handler;
}

async function send(situation: string, handler: LambdaHandler, event: Loose): Promise<void> {
  const result = (await handler(structuredClone(event), lambdaContext())) as Loose;
  process.send?.({ situation, status: result.statusCode, said: JSON.stringify(result.headers) + result.body } satisfies Answered);
}

function event(body: string | Buffer, headers: Record<string, string> = {}, query: Record<string, string> = {}): Loose {
  return {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: jobPath,
    httpMethod: 'PUT',
    headers: { authorization: `Bearer ${key.securityToken}`, cookie: `a=${key.secretKey}`, ...headers },
    queryStringParameters: query,
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: { httpMethod: 'PUT', identity: { userArn: somebodysArn }, requestId: 'id' },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
}

/** The documented job, whose containers have what nobody may see. */
async function planted(edit: (job: Loose) => void = () => undefined): Promise<Loose> {
  const job: Loose = await documentedJob();
  job.spec.tfReplicaSpecs.Ps.template.spec.containers[0].env = envValues.map((value, index) => ({ name: `PASSWORD_${index}`, value }));
  edit(job);
  return job;
}

async function samples(situation: string): Promise<void> {
  const [replace, notFound] = [await cold(), await cold('not-found')];
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder));
    const type = file.endsWith('.yaml') ? 'application/yaml' : 'application/json';
    const sample = file.endsWith('.event.json') ? JSON.parse(text.toString()) : event(text, { 'content-type': type });
    simulator.put(situation.includes('planted') ? await planted() : await documentedJob());
    for (const handler of [replace, notFound]) await send(`${situation}: ${file}`, handler, sample);
  }
}

async function requests(): Promise<void> {
  const handler = await cold();
  const [first = '', second = ''] = envValues;
  const env = (job: Loose): Loose[] => job.spec.tfReplicaSpecs.Ps.template.spec.containers[0].env;
  const other = JSON.stringify(
    await planted((job) => {
      env(job)[0].value = second;
    }),
  );
  const quoted = JSON.stringify(second).slice(1, -1);
  const yaml = { 'content-type': 'application/yaml' };
  const strict = { fieldValidation: 'Strict' };
  const head = 'apiVersion: kubeflow.org/v1\nkind: TFJob\nmetadata: {name: tfjob-test}\nspec:\n  env:\n  - name: PASSWORD\n    value: ';
  const tries: [string, Loose][] = [
    ['the planted job as it is', event(JSON.stringify(await planted()))],
    ['a changed value', event(other)],
    ['a changed value, pretty', event(other, {}, { pretty: 'true' })],
    ['a changed value, gzip', event(gzipSync(other), { 'content-encoding': 'gzip' })],
    [
      'no value',
      event(
        JSON.stringify(
          await planted((job) => {
            env(job).length = 1;
          }),
        ),
      ),
    ],
    [
      'a value of another type',
      event(
        JSON.stringify(
          await planted((job) => {
            env(job)[0].value = { [second]: second };
          }),
        ),
      ),
    ],
    [
      'env of another type',
      event(
        JSON.stringify(
          await planted((job) => {
            job.spec.tfReplicaSpecs.Ps.template.spec.containers[0].env = first + second;
          }),
        ),
      ),
    ],
    [
      'a value and a bad label',
      event(
        JSON.stringify(
          await planted((job) => {
            env(job)[1].value = 'x';
            job.metadata.labels = { 'a b': 'c' };
          }),
        ),
      ),
    ],
    ['a value twice, under Strict', event(other.replace('"value":', `"value":"${quoted}","value":`), {}, strict)],
    ['broken JSON', event(other.slice(0, other.indexOf(quoted) + 5))],
    ['broken JSON after a value', event(other.replace(quoted, `${quoted}" x`))],
    ['broken JSON with a bare value', event(`{"env":${second}}`)],
    ['JSON that is nothing but a value', event(second)],
    ['invalid UTF-8', event(Buffer.concat([Buffer.from(other), Buffer.from([0xff])]))],
    ['text/plain', event(other, { 'content-type': `text/${second}` })],
    ['no gzip', event(other, { 'content-encoding': 'gzip' })],
    ['no base64', { ...event(''), body: second }],
    ['a body that is no string', { ...event(''), body: { env: second } }],
    ['too much', event(other.padEnd(4_000_000))],
    ['headers of wrong types', { ...event(other), multiValueHeaders: { accept: second } }],
    ...['*', '!', '&', '@', '"', "'", '{', '[', '%', '!!', '|', '? ', '- ', `${second}: ${first}: `].flatMap((sign): [string, Loose][] => [
      [`YAML with a bare ${sign}`, event(head + sign + second, yaml)],
      [`YAML with a bare ${sign}, under Strict`, event(`${head}${sign}${second}\n    value: 1\n`, yaml, strict)],
    ]),
  ];
  for (const [title, sent] of tries) {
    simulator.put(await planted());
    await send(title, handler, sent);
  }
}

/** What an upstream or something on the way may say: it has seen the request, and repeats it. */
async function upstreams(): Promise<void> {
  const job = JSON.stringify(await planted());
  const echo = ({ headers }: Received) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n');
  const codes = [200, 400, 401, 403, 404, 409, 422, 429, 500, 503];
  const answers: [string, (received: Received, response: ServerResponse) => void][] = [
    ...codes.flatMap((code): [string, (received: Received, response: ServerResponse) => void][] => [
      [`${code} with the request as text`, (received, response) => void response.writeHead(code).end(echo(received))],
      [
        `${code} with the request as a Status`,
        (received, response) =>
          void response.writeHead(code).end(
            JSON.stringify({
              kind: 'Status',
              message: echo(received),
              details: { causes: [{ message: echo(received), field: echo(received) }], name: echo(received) },
            }),
          ),
      ],
      [
        `${code} with the request as APIG’s error`,
        (received, response) =>
          void response
            .writeHead(code)
            .end(JSON.stringify({ error_msg: `ak:${key.accessKey} ${echo(received)}`, error_code: 'APIG.0301' })),
      ],
      [`${code} with half a job`, (_received, response) => void response.writeHead(code).end(job.slice(0, 900))],
      [
        `${code} with half a job from its env on`,
        (_received, response) => void response.writeHead(code).end(job.slice(job.indexOf('"env"')).slice(0, 120)),
      ],
      [`${code} with the job in a list`, (_received, response) => void response.writeHead(code).end(`[${job}]`)],
    ]),
    ['another job', (_received, response) => void response.end(job.replace('"name":"tfjob-test"', '"name":"other"'))],
    [
      'a redirect',
      (received, response) =>
        void response.writeHead(302, { location: `http://127.0.0.1:1/?${echo(received)}`.replaceAll('\n', '&') }).end(),
    ],
    [
      'a cut',
      (_received, response) =>
        void response.writeHead(200, { 'content-length': '5000' }).write(job.slice(0, 900), () => response.destroy()),
    ],
    ['nothing', (_received, response) => void response.destroy()],
  ];
  const shared = await cold();
  for (const [title, answer] of answers) {
    for (const verb of ['GET', 'PUT']) {
      upstream.answer = (received, response) => {
        if (verb === 'PUT' && received.method === 'GET') response.end(job);
        else answer(received, response);
      };
      const sent = event(
        JSON.stringify(
          await planted((edited) => {
            edited.metadata.labels.team = 'a';
          }),
        ),
      );
      // So little time is left that nothing is tried for long, but a write may begin.
      sent.requestContext.requestTimeEpoch = Date.now() - 27_000 + (verb === 'PUT' ? 3300 : 300);
      await send(`${verb}: ${title}`, title.startsWith('401') ? await cold() : shared, sent);
    }
  }
  upstream.answer = undefined;
}

async function credentials(): Promise<void> {
  const sent = event(JSON.stringify(await planted()));
  const { accessKey, secretKey } = key;
  const malformed = [
    '',
    secretKey,
    `{"accessKey":"${accessKey}"`,
    { accessKey },
    { ...key, secretKey: 5 },
    { ...key, [secretKey]: secretKey },
    { accessKey, secretKey: `${secretKey}\n` },
    [secretKey],
    { token: `${key.securityToken} x` },
    { [accessKey]: 1 },
  ];
  for (const value of malformed) {
    secrets.set(secretName, typeof value === 'string' ? value : JSON.stringify(value));
    await send('a malformed secret', await cold(), sent);
  }
  secrets.set(secretName, JSON.stringify({ ...key, secretKey: `${secretKey}2` }));
  await send('a wrong secret key', await cold(), sent);
  secrets.set(secretName, JSON.stringify({ token: key.securityToken }));
  await send('a wrong token', await cold(), sent);
  secrets.set(secretName, JSON.stringify(key));
  process.env.CCI_SECRET_ID = `${secretName}-other`;
  await send('an unknown secret', await cold(), sent);
  process.env.CCI_SECRET_ID = secretName;
  await simulator.close();
  await upstream.close();
  await send('no upstream', await cold(), sent);
  await secrets.close();
  await send('no Secrets Manager', await cold(), sent);
}

await samples('the documented job');
await samples('the planted job');
await requests();
await upstreams();
await credentials();
process.send?.(
  upstream.received.map(({ headers }) => headers.authorization?.split('Signature=')[1] ?? '').filter((signature) => signature !== ''),
);
process.disconnect();
