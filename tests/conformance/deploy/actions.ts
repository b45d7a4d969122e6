/** Which action of IAM a request of the framework is, as a policy names it. */
import type { IncomingHttpHeaders } from 'node:http';

const ofS3: [method: string, what: RegExp, action: string][] = [
  ['GET', /^\/[^/]+\/?\?.*\bversions\b/, 'ListBucketVersions'],
  ['GET', /^\/[^/]+\/?\?.*\blocation\b/, 'GetBucketLocation'],
  ['GET', /^\/[^/]+\/?(\?|$)/, 'ListBucket'],
  ['HEAD', /^\/[^/]+\/?$/, 'ListBucket'],
  ['GET', /^/, 'GetObject'],
  ['HEAD', /^/, 'GetObject'],
  ['PUT', /^\/[^/]+\/./, 'PutObject'],
  ['POST', /\?delete/, 'DeleteObject'],
];

/** SERVICE:ACTION, by the service that the request is signed for. What is not known gets its method and path instead. */
export function actionOf(method: string, url: string, headers: IncomingHttpHeaders, form: URLSearchParams | undefined): string {
  const [, service = 'nobody'] = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const named = form?.get('Action') ?? String(headers['x-amz-target'] ?? '').replace(/^.*\./, '');
  if (named) return `${service}:${named}`;
  if (service === 's3') return `s3:${ofS3.find(([verb, what]) => verb === method && what.test(url))?.[2] ?? `${method} ${url}`}`;
  if (service === 'lambda' && method === 'GET' && /^\/2015-03-31\/functions\/[^/]+$/.test(url)) return 'lambda:GetFunction';
  return `${service}:${method} ${url}`;
}
