import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { somebodysArn } from '../../fakes/user.ts';
import { type Answer, handlerOf, invoke, jobPath, type Loose, liveJob, liveText, now, requested, status, useGateway } from '../gateway.ts';
import type { Received } from '../gateway-upstream.ts';

useGateway();

const gatewayLimit = 27_000;
/** Sends a new label, accepted so long ago that `left` ms remain. */
async function label(left = 20_000, edit: (job: Loose) => void = () => undefined, instance?: 'new'): Promise<Answer> {
  const job = requested((job) => {
    Object.assign(job.metadata.labels, { team: 'vision' });
    edit(job);
  });
  const event = {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: jobPath,
    httpMethod: 'PUT',
    headers: {},
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: { httpMethod: 'PUT', identity: { userArn: somebodysArn }, requestTimeEpoch: Date.now() - gatewayLimit + left },
    body: JSON.stringify(job),
    isBase64Encoded: false,
  };
  return invoke(await handlerOf('replace-job', instance), event);
}

/** The upstream answers reads or writes like this; the rest it does as ever. */
function answerTo(verb: 'GET' | 'PUT' | 'all', code: number, body: unknown, headers: Record<string, string> = {}): void {
  now.upstream.answer = ({ method, body: sent }: Received, response: ServerResponse) => {
    if (verb === 'all' || method === verb) response.writeHead(code, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    else if (method === 'GET') response.end(liveText());
    else response.end(sent);
  };
}
const methods = () => now.upstream.received.map(({ method }) => method);
const internal = status(
  500,
  'InternalError',
  'Internal error occurred: the gateway could not complete the request; its log has the reason under the request id',
  {},
);
const unavailable = 'the server is currently unable to handle the request';
const throttled = 'the server has received too many requests and has asked us to try again later';

describe('Retry-After', () => {
  it('is told for a 429 whose wait is brief', async () => {
    answerTo('all', 429, { kind: 'Status', message: 'slow down' }, { 'Retry-After': '3' });
    const answer = await label(2500);
    expect(answer.body).toEqual(status(429, 'TooManyRequests', throttled, { retryAfterSeconds: 3 }));
    expect([answer.headers.get('retry-after'), methods()]).toEqual(['3', ['GET']]);
  });

  it.each(['6', '3600', '99999999999'])('is not told for a 429 that lasts %s s', async (seconds) => {
    answerTo('all', 429, '', { 'Retry-After': seconds });
    const answer = await label(2500);
    expect(answer.body).toEqual(status(429, 'TooManyRequests', throttled, {}));
    expect([answer.headers.get('retry-after'), methods()]).toEqual([null, ['GET']]);
  });

  it('is told for a 503 before anything was sent to be written', async () => {
    answerTo('all', 503, '<html>', { 'Retry-After': '3' });
    const answer = await label(2500);
    expect(answer.body).toEqual(status(503, 'ServiceUnavailable', unavailable, { retryAfterSeconds: 3 }));
    expect([answer.headers.get('retry-after'), methods()]).toEqual(['3', ['GET']]);
  });

  it.each<[number, string]>([
    [429, throttled],
    [503, unavailable],
  ])('is not told for a %i after which the gateway itself has tried again', async (code, message) => {
    answerTo('all', code, '<html>', { 'Retry-After': '1' });
    const answer = await label();
    expect(answer.body).toEqual(status(code, code === 429 ? 'TooManyRequests' : 'ServiceUnavailable', message, {}));
    expect([answer.headers.get('retry-after'), methods()]).toEqual([null, ['GET', 'GET', 'GET', 'GET']]);
  });

  it('is not told for a 503 to a write that may have been done', async () => {
    answerTo('PUT', 503, '', { 'Retry-After': '1' });
    const before = liveText();
    const answer = await label(4000);
    expect(answer.body).toEqual(status(503, 'ServiceUnavailable', unavailable, {}));
    expect([answer.headers.get('retry-after'), liveText()]).toEqual([null, before]);
    expect(methods().at(-1)).toBe('GET');
  });

  it.each([500, 501, 504, 507])('is not told for a %i, whatever the upstream says', async (code) => {
    answerTo('all', code, { kind: 'Status', details: { retryAfterSeconds: 1 } }, { 'Retry-After': '1' });
    const answer = await label(300);
    expect([answer.status, answer.body.reason]).toEqual(code === 504 ? [504, 'Timeout'] : [500, 'InternalError']);
    expect([answer.headers.get('retry-after'), answer.body.details]).toEqual([null, {}]);
  });

  it.each([400, 403, 404, 405, 409, 410, 413, 415, 422])('is not told for a %i', async (code) => {
    answerTo('all', code, { kind: 'Status', message: 'no', details: { retryAfterSeconds: 1 } }, { 'Retry-After': '1' });
    const answer = await label();
    expect([answer.status, answer.body.message, answer.headers.get('retry-after')]).toEqual([code, 'no', null]);
    expect(answer.body.details ?? {}).not.toHaveProperty('retryAfterSeconds');
  });

  it('is not told while the credentials are refused, and they are not tried again', async () => {
    answerTo(
      'all',
      401,
      { error_msg: 'Incorrect IAM authentication information: AK access failed to reach the limit', error_code: 'APIG.0301' },
      { 'Retry-After': '1' },
    );
    // They stay refused for a minute: another instance of the function keeps that from the other tests.
    const answer = await label(20_000, undefined, 'new');
    expect([answer.body, answer.headers.get('retry-after'), methods()]).toEqual([internal, null, ['GET']]);
  });
});

/** A connection that was kept alive may have died before the write: it is sent once more on a new one, then settled by reading. */
const lostTwice = ['GET', 'PUT', 'PUT', 'GET'];

describe('an upstream that answers nonsense', () => {
  const job = () => JSON.parse(liveText());
  it.each<[string, () => unknown]>([
    ['nothing', () => ''],
    ['HTML', () => '<html>Authorization: SDK-HMAC-SHA256</html>'],
    ['null', () => 'null'],
    ['a list', () => '[]'],
    ['a job that is cut off', () => liveText().slice(0, -10)],
    ['another job', () => ({ ...job(), metadata: { ...job().metadata, name: 'other' } })],
    ['another namespace’s job', () => ({ ...job(), metadata: { ...job().metadata, namespace: 'other' } })],
    ['another kind', () => ({ ...job(), kind: 'Status' })],
    ['a job without a version', () => ({ ...job(), metadata: { ...job().metadata, resourceVersion: '' } })],
    ['a job whose version is a number', () => ({ ...job(), metadata: { ...job().metadata, resourceVersion: 72447176 } })],
    ['a job without metadata', () => ({ ...job(), metadata: null })],
    ['a job above 3 MiB', () => ({ ...job(), status: 'x'.repeat(3 * 1024 * 1024) })],
  ])('is 500 where a read brings %s', async (_title, body) => {
    answerTo('GET', 200, body());
    const before = liveText();
    expect([(await label()).body, methods(), liveText()]).toEqual([internal, ['GET'], before]);
  });

  it.each([204, 206, 301, 302, 307, 308, 418])('is 500 for a %i, and no redirect is followed', async (code) => {
    answerTo('all', code, '', { Location: `${now.simulator.url}${jobPath}` });
    expect([(await label()).body, methods()]).toEqual([internal, ['GET']]);
  });

  it('is settled by reading where the answer to a write is lost', async () => {
    now.upstream.answer = ({ method, body }, response) => {
      if (method === 'GET') return void response.end(liveText());
      now.simulator.put({
        ...JSON.parse(body.toString()),
        metadata: { ...JSON.parse(body.toString()).metadata, resourceVersion: undefined },
      });
      response.destroy();
    };
    const answer = await label();
    expect([answer.status, answer.body.metadata.labels]).toEqual([200, { app: 'test', team: 'vision' }]);
    expect([liveJob().metadata.labels, methods()]).toEqual([{ app: 'test', team: 'vision' }, lostTwice]);
  });

  it('is settled by reading also where the repetition of such a write conflicts with the write itself', async () => {
    let lost = false;
    now.upstream.answer = ({ method, body }, response) => {
      if (method === 'GET') return void response.end(liveText());
      if (lost) return void response.writeHead(409).end('{"kind":"Status","reason":"Conflict","message":"modified"}');
      lost = true;
      now.simulator.put({
        ...JSON.parse(body.toString()),
        metadata: { ...JSON.parse(body.toString()).metadata, resourceVersion: undefined },
      });
      response.destroy();
    };
    const answer = await label(20_000, ({ metadata }) => Object.assign(metadata, { resourceVersion: '72447176' }));
    expect([answer.status, answer.body.metadata.labels]).toEqual([200, { app: 'test', team: 'vision' }]);
  });

  it('is 504 without an invitation to repeat where a write’s fate stays unknown', async () => {
    now.upstream.answer = ({ method }, response) => void (method === 'GET' ? response.end(liveText()) : response.destroy());
    const answer = await label();
    expect([answer.status, answer.body.reason, answer.body.details, answer.headers.get('retry-after')]).toEqual([504, 'Timeout', {}, null]);
    expect(methods()).toEqual(lostTwice);
  });
});

describe('a conflict', () => {
  it('is settled by deciding anew where the request names no resourceVersion', async () => {
    let conflicts = 0;
    now.upstream.answer = ({ method, body }, response) => {
      if (method === 'GET') return void response.end(liveText());
      if (conflicts < 2) {
        conflicts += 1;
        now.simulator.put({
          ...liveJob(),
          metadata: { ...liveJob().metadata, resourceVersion: undefined, annotations: { n: String(conflicts) } },
        });
        return void response.writeHead(409).end('{"kind":"Status","reason":"Conflict","message":"modified"}');
      }
      response.end(body);
    };
    const answer = await label();
    // A replace means replace: the annotation that somebody set meanwhile is not in the request.
    expect([answer.status, answer.body.metadata.annotations, methods()]).toEqual([
      200,
      undefined,
      ['GET', 'PUT', 'GET', 'PUT', 'GET', 'PUT'],
    ]);
  });

  it('is the answer where it names one, and after five rounds where it does not', async () => {
    answerTo('PUT', 409, { kind: 'Status', reason: 'Conflict', message: 'modified', errorCode: 'CCI.02.409101' });
    const pinned = await label(20_000, ({ metadata }) => Object.assign(metadata, { resourceVersion: '72447176' }));
    expect(pinned.body).toEqual({ ...status(409, 'Conflict', 'modified'), errorCode: 'CCI.02.409101' });
    expect([pinned.headers.get('x-upstream-error-code'), methods()]).toEqual(['CCI.02.409101', ['GET', 'PUT']]);
    now.upstream.received.length = 0;
    expect([(await label()).status, methods()]).toEqual([409, Array(5).fill(['GET', 'PUT']).flat()]);
  });
});

describe('the deadline', () => {
  it('lets no write begin with less than 3 s left', async () => {
    const answer = await label(2500);
    expect([answer.status, answer.body.reason, methods()]).toEqual([504, 'Timeout', ['GET']]);
  });

  it('that is over lets nothing begin', async () => {
    expect([(await label(-1)).body.reason, methods()]).toEqual(['Timeout', []]);
  });
});
