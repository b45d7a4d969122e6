/**
 * The function that lists and watches under AWS's own client of the Lambda Runtime API, as in Lambda: what it streams (a prelude of metadata
 * as JSON, eight NULs, the body), and that the next invocation comes at once after each end. Runs alone, after a build.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { lambdaRuntimeClient } from '../../bench/tools.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { somebodysArn } from '../fakes/user.ts';
import { type Posted, startFunction, streamed } from '../lambda/runtime.ts';
import { environmentOf } from '../load/instance.ts';
import { startUpstream } from '../scenarios/gateway-upstream.ts';
import type { Loose } from './http.ts';
import { checked, say, summary } from './report.ts';

const part = 'lambda';
const folder = fileURLToPath(new URL('../../dist/list-jobs', import.meta.url));
const key = { accessKey: credential('ak'), secretKey: credential('sk') };
const secretId = 'conformance/lambda';

/** What a function has streamed, taken apart. */
interface Streamed extends Posted {
  metadata: Loose;
}

const eventOf = (query: Record<string, string>, headers: Record<string, string> = {}) => ({
  resource: '/apis/kubeflow.org/v1/{plural}',
  path: '/apis/kubeflow.org/v1/tfjobs',
  httpMethod: 'GET',
  headers,
  queryStringParameters: query,
  pathParameters: { plural: 'tfjobs' },
  requestContext: { httpMethod: 'GET', requestId: randomUUID(), requestTimeEpoch: Date.now(), identity: { userArn: somebodysArn } },
});

function expect(holds: boolean, what: unknown): void {
  if (!holds) throw new Error(JSON.stringify(what)?.slice(0, 2000));
}
const isStream = ({ path, mode, type, error }: Streamed) =>
  path.endsWith('/response') &&
  mode === 'streaming' &&
  type === 'application/vnd.awslambda.http-integration-response' &&
  error === undefined;

say(part);
const client = await lambdaRuntimeClient();
const simulator = await startSimulator({ ...key });
const upstream = await startUpstream(simulator.url);
const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: 'v1', value: JSON.stringify(key) } } });
const lambda = await startFunction(client, {
  folder,
  environment: environmentOf({ cci: upstream.url, secretId, secretsManager: secrets.url }),
  name: 'list-jobs',
  timeout: 300,
});
const invoke = async (event: object, during?: (sofar: Buffer) => void): Promise<Streamed> => {
  const posted = await lambda.invoke(event, during);
  return { ...posted, ...streamed(posted) };
};

try {
  await checked(part, 'a watch has its prelude at once, and each change when it comes', async () => {
    const cameAt: number[] = [];
    let began = 0;
    const posted = await invoke(eventOf({ watch: 'true', timeoutSeconds: '2' }), (bytes) => {
      if (began === 0) {
        began = performance.now();
        setTimeout(() => simulator.put({ kind: 'TFJob', metadata: { namespace: 'n', name: 'later' }, spec: {} }), 1000);
      }
      while (cameAt.length < bytes.toString().split('\n').length - 1) cameAt.push(performance.now() - began);
    });
    expect(isStream(posted) && posted.metadata.statusCode === 200, [posted.path, posted.mode, posted.type, posted.error, posted.metadata]);
    expect(posted.metadata.headers['Content-Type'] === 'application/json', posted.metadata);
    const types = posted.body
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).type);
    expect(types.join() === 'ADDED,ADDED', types);
    // Each came when it was made: at once, and after a second, of two.
    const [first = Number.NaN, second = Number.NaN] = cameAt;
    expect(first < 500 && second >= 900 && second < 1900, cameAt);
    const idle = await posted.idleAfter;
    expect(idle < 100, `${idle} ms until the next invocation`);
  });

  await checked(part, 'a watch of which nothing comes has its prelude at once', async () => {
    let first = 0;
    const began = performance.now();
    const posted = await invoke(eventOf({ watch: 'true', timeoutSeconds: '2', resourceVersion: '99999999' }), () => {
      first ||= performance.now() - began;
    });
    expect(isStream(posted) && posted.body.length === 0 && first < 1000, [first, posted.body.toString()]);
  });

  await checked(part, 'what is refused before the first byte is a Status with its code', async () => {
    const cases: [Record<string, string>, Record<string, string>, number][] = [
      [{ watch: '1', limit: 'x' }, {}, 400],
      [{ watch: '1' }, { accept: 'application/yaml' }, 406],
      [{ watch: '1', resourceVersionMatch: 'Exact' }, {}, 422],
      [{ limit: 'x' }, {}, 400],
    ];
    for (const [query, headers, code] of cases) {
      const posted = await invoke(eventOf(query, headers));
      const { kind, code: told } = JSON.parse(posted.body.toString());
      expect(isStream(posted) && posted.metadata.statusCode === code && kind === 'Status' && told === code, [code, posted.metadata, told]);
      expect((await posted.idleAfter) < 100, 'the next invocation is late');
    }
    const { requestContext: _, ...nobody } = eventOf({ watch: '1' });
    const posted = await invoke(nobody);
    expect(posted.metadata.statusCode === 401, posted.metadata);
  });

  await checked(part, 'what goes wrong after it is an ERROR event, or a plain end, and no error of the function', async () => {
    const upstreamSends = (text: string, after: (response: ServerResponse) => void) => {
      upstream.answer = (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(text, () => after(response));
      };
    };
    upstreamSends('{"type":"ADDED","object":{"kind":"Secret","data":{}}}\n', () => undefined);
    const refused = await invoke(eventOf({ watch: '1' }));
    const { type, object } = JSON.parse(refused.body.toString());
    expect(isStream(refused) && type === 'ERROR' && object.code === 500, [refused.metadata, refused.body.toString()]);
    expect((await refused.idleAfter) < 100, 'the next invocation is late');
    upstreamSends('{"type":"ADDED","obj', (response) => response.destroy());
    const lost = await invoke(eventOf({ watch: '1' }));
    expect(isStream(lost) && lost.body.length === 0 && lost.metadata.statusCode === 200, [lost.metadata, lost.body.toString()]);
    expect((await lost.idleAfter) < 100, 'the next invocation is late');
    upstream.answer = undefined;
  });

  await checked(part, 'lists arrive byte for byte, packed or not, over 16 KiB and over 6 MB', async () => {
    for (const size of [100, 20_000, 2_000_000, 8_000_000]) {
      const text = JSON.stringify({ kind: 'TFJobList', items: [], x: '😀任务"\\\u0001é'.repeat(size / 20) });
      upstream.answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
      for (const headers of [{}, { 'accept-encoding': 'gzip' }] as Record<string, string>[]) {
        const posted = await invoke(eventOf({}, headers));
        const packed = posted.metadata?.headers['Content-Encoding'] === 'gzip';
        const body = packed ? gunzipSync(posted.body) : posted.body;
        expect(isStream(posted) && body.equals(Buffer.from(`${text}\n`)), [size, posted.metadata, body.length]);
        expect(packed === ('accept-encoding' in headers && text.length > 2 ** 20), [size, posted.metadata]);
      }
    }
    upstream.answer = undefined;
  });

  await checked(part, 'its log tells why each watch ended, and holds no credential', () => {
    const ends = [...lambda.printed().matchAll(/"message":"watch".*"why":"(\w+)"/g)].map(([, why]) => why);
    expect(ends.join() === 'closed,closed,refused,lost', ends);
    expect(!Object.values(key).some((value) => lambda.printed().includes(value)), 'a credential was logged');
  });
  process.exitCode = summary(part);
} finally {
  await Promise.all([lambda.stop(), upstream.close(), simulator.close(), secrets.close()]);
}
