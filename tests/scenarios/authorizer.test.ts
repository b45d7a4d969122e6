import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Authorized } from '../../lib/callers/authorize.ts';
import { lambdaContext } from '../fakes/context.ts';
import { capturePrinted, eventOf, outcome } from '../unit/callers/authorizer.ts';
import { audience, claimsOf, type Issuer, makeSigner, type Signer, sign, startIssuer } from '../unit/callers/issuer.ts';
import { handlerOf, invoke, jobPath, type Loose, requested, useGateway } from './gateway.ts';

useGateway({ env: { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true' } });
const printed = capturePrinted();
let issuer: Issuer;
let signer: Signer;

beforeAll(async () => {
  signer = await makeSigner('RS256');
  issuer = await startIssuer([signer]);
  Object.assign(process.env, { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience });
});
afterAll(() => issuer.close());

/** Asks the built authorizer, through JSON, as Lambda does. */
async function authorize(token: string): Promise<Authorized> {
  const handler = (await handlerOf('authorizer')) as Loose;
  return JSON.parse(JSON.stringify(await handler(eventOf(`Bearer ${token}`), lambdaContext(25_000, 'authorizer-request-id'))));
}

/** The event that API Gateway makes of a request whose authorizer gave this answer; none: there was no authorizer. */
function restEvent(token: string, answer?: Authorized): object {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/tfjobs/{name}',
    path: jobPath,
    pathParameters: { namespace: 'kube-test', name: 'tfjob-test' },
    httpMethod: 'PUT',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    requestContext: {
      httpMethod: 'PUT',
      requestId: 'request-id',
      requestTimeEpoch: Date.now(),
      identity: { userArn: null },
      ...(answer && { authorizer: { ...answer.context, principalId: answer.principalId, integrationLatency: 7 } }),
    },
    body: JSON.stringify(requested((job) => Object.assign(job.metadata, { labels: { team: 'a' } }))),
    isBase64Encoded: false,
  };
}

it('a token’s user and groups reach the log line of the request that they let in, and the token does not', async () => {
  const token = await sign(signer, claimsOf(issuer.url));
  const answer = await authorize(token);
  const { status, body } = await invoke(await handlerOf(), restEvent(token, answer));
  expect(status).toBe(200);
  expect(body.metadata.labels).toEqual({ team: 'a' });
  expect(printed.lines()).toEqual([
    expect.objectContaining({ message: 'authorizer', outcome: 'Allowed', caller: `${issuer.url}#alice` }),
    expect.objectContaining({
      message: 'request',
      code: 200,
      caller: `${issuer.url}#alice`,
      groups: '["ml","ops"]',
      job: 'tfjobs/kube-test/tfjob-test',
    }),
  ]);
  for (const part of token.split('.')) expect(printed.text).not.toContain(part);
});

it('a token that nobody has checked lets nobody in, as headers count for nothing', async () => {
  const token = await sign(signer, claimsOf(issuer.url));
  const { status } = await invoke(await handlerOf(), restEvent(token));
  expect(status).toBe(401);
  expect(printed.lines()).toEqual([expect.objectContaining({ message: 'request', code: 401 })]);
  expect(printed.lines()[0]).not.toHaveProperty('caller');
  expect(printed.text).not.toContain('alice');
});

it('the built authorizer ends a bad token as Unauthorized, and another trouble as another error', async () => {
  const expired = await sign(signer, claimsOf(issuer.url, { exp: 1 }));
  expect(await outcome(authorize(expired))).toBe('Unauthorized');
  expect(await outcome(((await handlerOf('authorizer')) as Loose)(null, {}))).toContain('could not be checked');
  const where = { name: 'TypeError', at: expect.arrayContaining([expect.stringMatching(/^at .*authorizer.*\.mjs.*:\d+:\d+\)?$/)]) };
  expect(printed.lines().at(-1)).toMatchObject({ level: 'ERROR', reason: 'a surprise', ...where });
  for (const part of expired.split('.')) expect(printed.text).not.toContain(part);
});
