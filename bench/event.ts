import { randomUUID } from 'node:crypto';

export const namespace = 'kube-test';
/** The path of a job of the bench, or of all of them. */
export function pathOf(name?: string): string {
  return `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs${name === undefined ? '' : `/${name}`}`;
}

/** What API Gateway (REST) hands to a function; the body is put in, in base64, for each request. */
export type Event = ReturnType<typeof buildEvent>;

/** The event of a request for one job, or without a name for a LIST, signed by an IAM user. */
export function buildEvent(method: string, name: string | undefined, headers: Record<string, string> = {}) {
  const all = { 'Content-Type': 'application/json', Host: 'gateway.example', 'User-Agent': 'bench', 'Accept-Encoding': 'gzip', ...headers };
  return {
    resource: `/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}${name === undefined ? '' : '/{name}'}`,
    path: pathOf(name),
    httpMethod: method,
    headers: all,
    multiValueHeaders: Object.fromEntries(Object.entries(all).map(([key, value]) => [key, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { namespace, plural: 'tfjobs', ...(name !== undefined && { name }) },
    requestContext: {
      httpMethod: method,
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      identity: { userArn: 'arn:aws:iam::000000000000:user/bench' },
    },
    body: null as string | null,
    isBase64Encoded: method !== 'GET',
  };
}
