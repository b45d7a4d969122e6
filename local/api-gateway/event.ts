import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { LocalCallers } from '../callers.ts';
import type { LambdaFunction, Match } from './routes.ts';

const accountId = '000000000000';
/** The caller that AUTH=none stands for. */
const localCaller = { userArn: `arn:aws:iam::${accountId}:user/local`, caller: 'AIDALOCAL', user: 'AIDALOCAL', accountId };
// API Gateway ends these with the connection; Lambda never sees them.
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * Who may call: `none` lets everybody in as the local user; callers, whoever brings the token of one; undefined, nobody.
 */
export type LocalAuth = 'none' | LocalCallers | undefined;

/** What the event is made of: the request, where it goes, and who may call. */
export interface Received {
  request: IncomingMessage;
  path: string;
  query: string;
  body: Buffer;
  match: Match;
  auth: LocalAuth;
}

/**
 * The event that API Gateway REST hands to Lambda (proxy integration, binary media types `*` + `/*`): the body in base64, the
 * path as it is on the wire, path parameters and query decoded. The caller comes from `auth` alone: of the headers only a token counts.
 */
export function buildEvent({ request, path, query, body, match, auth }: Received): APIGatewayProxyEvent {
  const { resource } = match.route;
  const httpMethod = request.method ?? '';
  const multiValueHeaders = headersOf(request.rawHeaders);
  const multiValueQuery = group([...new URLSearchParams(query)], (name) => name);
  const hasQuery = Object.keys(multiValueQuery).length > 0;
  const now = new Date();
  return {
    resource,
    path,
    httpMethod,
    headers: lastOf(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: hasQuery ? lastOf(multiValueQuery) : null,
    multiValueQueryStringParameters: hasQuery ? multiValueQuery : null,
    pathParameters: match.pathParameters,
    stageVariables: null,
    requestContext: {
      accountId,
      apiId: 'local',
      authorizer: authorizerContext(auth, request.headers.authorization),
      domainName: '127.0.0.1',
      extendedRequestId: randomUUID(),
      httpMethod,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        user: null,
        userAgent: request.headers['user-agent'] ?? null,
        userArn: null,
        ...(auth === 'none' ? localCaller : {}),
      },
      path,
      protocol: `HTTP/${request.httpVersion}`,
      requestId: requestIdOf(request),
      requestTime: requestTime(now),
      requestTimeEpoch: now.getTime(),
      resourceId: 'local',
      resourcePath: resource,
      stage: 'local',
    },
    body: body.length > 0 ? body.toString('base64') : null,
    isBase64Encoded: body.length > 0,
  };
}

/** What our Lambda authorizer would say of a token; without an authorizer of its own, or a token that is known, a REST API sends nothing. */
function authorizerContext(auth: LocalAuth, header: string | undefined): APIGatewayProxyEvent['requestContext']['authorizer'] {
  const token = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  const caller = typeof auth === 'object' && token !== undefined ? auth.get(token) : undefined;
  if (!caller) return undefined;
  const { user, uid, groups } = caller;
  return { principalId: user, user, uid, groups: JSON.stringify(groups) };
}

/** Lambda's context for one invocation; the time that remains counts down from the function's timeout. */
export function buildContext(lambda: LambdaFunction): Context {
  const deadline = Date.now() + lambda.timeoutSeconds * 1000;
  const unsupported = () => {
    throw new Error('Lambda has no callbacks since Node 24');
  };
  return {
    awsRequestId: randomUUID(),
    callbackWaitsForEmptyEventLoop: true,
    functionName: lambda.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:${accountId}:function:${lambda.name}`,
    logGroupName: `/aws/lambda/${lambda.name}`,
    logStreamName: 'local',
    memoryLimitInMB: String(lambda.memoryMB),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: unsupported,
    fail: unsupported,
    succeed: unsupported,
  };
}

function headersOf(rawHeaders: readonly string[]): Record<string, string[]> {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (!hopByHop.has(name.toLowerCase())) pairs.push([name, rawHeaders[index + 1] as string]);
  }
  return group(pairs, (name) => name.toLowerCase());
}

/** Values by name, under the first spelling of each name. */
function group(pairs: readonly [string, string][], fold: (name: string) => string): Record<string, string[]> {
  const groups = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of pairs) {
    const found = groups.get(fold(name));
    if (found) found.values.push(value);
    else groups.set(fold(name), { name, values: [value] });
  }
  return Object.fromEntries([...groups.values()].map(({ name, values }) => [name, values]));
}

function lastOf(multiValue: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(multiValue).map(([name, values]) => [name, values.at(-1) ?? '']));
}

/** `23/Nov/2026:20:31:42 +0000`, as API Gateway writes it. */
function requestTime(now: Date): string {
  const [date = '', time = ''] = now.toISOString().split(/[T.]/);
  return `${date.slice(8)}/${months[now.getUTCMonth()]}/${date.slice(0, 4)}:${time} +0000`;
}

/** As API Gateway has it, a caller may choose it. */
function requestIdOf({ headers }: IncomingMessage): string {
  const chosen = headers['x-amzn-requestid'];
  return typeof chosen === 'string' && /^[\w.-]{1,128}$/.test(chosen) ? chosen : randomUUID();
}
