import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { documentedJob } from '../../local/cci/simulator.ts';
import type { Loose } from '../scenarios/gateway.ts';
import { sign } from '../unit/callers/issuer.ts';
import { type Posted, streamed } from './runtime.ts';
import type { Surroundings } from './surroundings.ts';

/** One event for a function, and what is wrong of what it posted; undefined where nothing is. */
export interface Door {
  title: string;
  event: object;
  mistake(posted: Posted): string | undefined;
}
/** What the doors of a variant depend on. */
export interface Asked {
  around: Surroundings;
  /** Of the function: what the template gives it. */
  environment: Record<string, string>;
  /** Whether callers bring tokens. */
  isJwt: boolean;
}

const jobs = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
/** What local/aws/secrets-manager.ts says the ARN of a name begins with. */
const secrets = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:';
let count = 0;
/** A label that the job does not have yet: it is replaceable in every layout. */
const label = (): string => `n${++count}`;

/** The events of every door of a function of the template, by the key in serverless.yml. */
export const doors: Record<string, (asked: Asked) => Promise<Door[]> | Door[]> = {
  replaceJob: async (asked) => [
    http(asked, 'PUT a label', 'PUT', `${jobs}/{name}`, { body: await edited((job) => (job.metadata.labels = { door: label() })) }, 200),
    http(asked, 'PUT an image', 'PUT', `${jobs}/{name}`, { body: await edited((job) => (imageOf(job).image = 'other')) }, 403),
  ],
  patchJob: (asked) => [
    http(
      asked,
      'PATCH a label',
      'PATCH',
      `${jobs}/{name}`,
      { type: 'application/merge-patch+json', body: JSON.stringify({ metadata: { labels: { door: label() } } }) },
      200,
    ),
  ],
  readJobs: (asked) => [http(asked, 'GET a job', 'GET', `${jobs}/{name}`, {}, 200), http(asked, 'LIST', 'GET', jobs, {}, 200)],
  listJobs: (asked) => [
    stream(asked, 'LIST', {}, (text) => JSON.parse(text).kind === 'TFJobList'),
    stream(asked, 'WATCH', { watch: 'true', timeoutSeconds: '1' }, (text) => JSON.parse(text.split('\n', 1)[0] ?? '').type === 'ADDED'),
  ],
  discovery: (asked) => ['/version', '/api', '/apis', '/openapi/v3'].map((path) => http(asked, path, 'GET', path, {}, 200)),
  notFound: (asked) => [http(asked, 'an unknown path', 'GET', '/nothing', {}, 404), http(asked, 'DELETE', 'DELETE', jobs, {}, 405)],
  jobEvent: (asked) => [message(asked, 'bus', ''), message(asked, 'fifo', '.fifo')],
  authorizer: async (asked) => [
    authorize('a good token', await tokenFor(asked), (answer) => answer.policyDocument?.Statement[0].Effect === 'Allow'),
    authorize('a bad token', 'a.b.c', ({ errorMessage }) => errorMessage === 'Unauthorized'),
  ],
  rotateCredentials: ({ around, environment: { CCI_SECRET_ID = '' } }) => [
    {
      title: 'testSecret',
      event: {
        Step: 'testSecret',
        SecretId: CCI_SECRET_ID.startsWith('arn:') ? CCI_SECRET_ID : `${secrets}${CCI_SECRET_ID}-Local1`,
        ClientRequestToken: around.pendingVersion,
        RotationToken: randomUUID(),
      },
      mistake: unlessOf((answer) => answer.outcome === 'Proven'),
    },
  ],
  console: (asked) => [page(asked, 'the page', undefined), page(asked, 'no file of it', 'passwd')],
};

/** Says what was posted unless it is an answer, and as it should be. */
function unlessOf(isRight: (answer: Loose) => boolean): (posted: Posted) => string | undefined {
  return ({ path, body }) => {
    const answer = JSON.parse(body.toString()) as Loose;
    return isRight(answer) ? undefined : `${path.split('/').at(-1)}: ${body.toString().slice(0, 1000)}`;
  };
}

async function edited(edit: (job: Loose) => unknown): Promise<string> {
  const job = JSON.parse(JSON.stringify(await documentedJob()));
  delete job.metadata.resourceVersion;
  edit(job);
  return JSON.stringify(job);
}
const imageOf = (job: Loose): Loose => (Object.values(job.spec.tfReplicaSpecs) as Loose[])[0].template.spec.containers[0];

function http(
  asked: Asked,
  title: string,
  method: string,
  path: string,
  { type = 'application/json', body }: { type?: string; body?: string },
  code: number,
): Door {
  const isRight = ({ statusCode, body: text, isBase64Encoded }: Loose): boolean => {
    const bytes = Buffer.from(text ?? '', isBase64Encoded ? 'base64' : 'utf8');
    const answer = JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString());
    return statusCode === code && (code < 400 || (answer.kind === 'Status' && answer.code === code));
  };
  return { title, event: eventOf(asked, method, path, { type, body }), mistake: unlessOf(isRight) };
}

function stream(asked: Asked, title: string, query: Record<string, string>, isRight: (text: string) => boolean): Door {
  return {
    title,
    event: { ...eventOf(asked, 'GET', jobs, {}), queryStringParameters: query },
    mistake(posted) {
      const { metadata, body } = streamed(posted);
      const isStream = posted.path.endsWith('/response') && posted.mode === 'streaming' && posted.error === undefined;
      return isStream && metadata?.statusCode === 200 && isRight(body.toString()) ? undefined : posted.body.toString().slice(0, 1000);
    },
  };
}

/** As API Gateway makes it, after its authorizer has let the caller in. */
function eventOf({ isJwt }: Asked, httpMethod: string, path: string, { type, body }: { type?: string; body?: string | undefined }): object {
  const parameters = { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' };
  const caller = isJwt
    ? { authorizer: { principalId: 'alice', groups: '["ml"]' }, identity: { sourceIp: '192.0.2.1' } }
    : { identity: { userArn: 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ml_0123456789abcdef/alice', sourceIp: '192.0.2.1' } };
  return {
    resource: path.replace('kube-test', '{namespace}').replace('tfjobs', '{plural}'),
    path: path.replace('{name}', 'tfjob-test'),
    httpMethod,
    headers: body === undefined ? {} : { 'Content-Type': type },
    queryStringParameters: null,
    pathParameters: parameters,
    requestContext: { httpMethod, requestId: randomUUID(), requestTimeEpoch: Date.now(), stage: 'dev', ...caller },
    body: body === undefined ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body !== undefined,
  };
}

function message({ around }: Asked, title: 'bus' | 'fifo', ending: string): Door {
  const detail = { version: '1', id: randomUUID(), kind: 'TFJob', namespace: 'kube-test', name: 'tfjob-test' };
  const sentDetail = { ...detail, patch: { metadata: { labels: { door: label() } } } };
  const byBridge = {
    version: '0',
    id: randomUUID(),
    account: '123456789012',
    time: '2026-11-24T00:00:00Z',
    region: 'eu-central-1',
    resources: [],
  };
  const wanted = { 'detail-type': 'Job Update Requested', source: 'example.pipeline', detail: sentDetail };
  const body = JSON.stringify({ ...(title === 'bus' && byBridge), ...wanted });
  const id = randomUUID();
  const sent = String(Date.now());
  const order = { MessageGroupId: 'TFJob/kube-test/tfjob-test', MessageDeduplicationId: id, SequenceNumber: '1' };
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: sent, ApproximateFirstReceiveTimestamp: sent };
  const record = {
    messageId: id,
    receiptHandle: id,
    body,
    attributes: { ...attributes, SenderId: 'AROAPRODUCER:pipeline', ...(ending && order) },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-central-1:123456789012:jobs${ending}`,
    awsRegion: 'eu-central-1',
  };
  return {
    title,
    event: { Records: [record] },
    mistake(posted) {
      const { batchItemFailures } = JSON.parse(posted.body.toString());
      const results = around.aws.events.filter(({ Detail }) => Detail.includes(detail.id));
      const isDone = batchItemFailures?.length === 0 && results.some(({ DetailType }) => DetailType === 'Job Update Succeeded');
      return isDone ? undefined : `${posted.body.toString().slice(0, 500)} ${JSON.stringify(results).slice(0, 500)}`;
    },
  };
}

const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3/dev/PUT/apis/kubeflow.org/v1/namespaces/n/tfjobs/*';

function authorize(title: string, token: string, isRight: (answer: Loose) => boolean): Door {
  return { title, event: { type: 'TOKEN', methodArn, authorizationToken: `Bearer ${token}` }, mistake: unlessOf(isRight) };
}

async function tokenFor({ around, environment }: Asked): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const names = { sub: 'alice', email: 'alice@example.com', email_verified: true, groups: ['ml'], roles: ['ml'] };
  const aud = environment.OIDC_AUDIENCE?.split(',')[0] ?? '';
  return sign(around.signer, { iss: around.issuer.url, aud, iat: seconds, exp: seconds + 300, ...names });
}

function page({ environment }: Asked, title: string, file: string | undefined): Door {
  const path = `/dev/console${file === undefined ? '' : `/${file}`}`;
  return {
    title,
    event: { headers: {}, pathParameters: file === undefined ? null : { file }, requestContext: { path } },
    mistake: ({ body }) => {
      const answer = JSON.parse(body.toString());
      const isPage = answer.statusCode === 200 && answer.body.includes(environment.CONSOLE_CLIENT_ID);
      return (file === undefined ? isPage : answer.statusCode === 404) ? undefined : body.toString().slice(0, 1000);
    },
  };
}
