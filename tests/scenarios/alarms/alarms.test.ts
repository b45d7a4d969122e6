import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { runbookQueries } from '../../../deploy/template/queries.ts';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { dist } from '../../../local/api-gateway/bundle.ts';
import { credential } from '../../credentials.ts';
import { lambdaContext } from '../../fakes/context.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { buildWith } from '../../policies.ts';
import { eventOf } from '../../unit/callers/authorizer.ts';
import { audience, claimsOf, makeSigner, sign, startIssuer } from '../../unit/callers/issuer.ts';
import { config, functions } from '../../unit/deploy/deployment.ts';
import { deliver, detailOf, http, messageOf, newHandler, now, objectOf, useEvents } from '../events/harness.ts';
import { handlerOf, jobEvent, jobPath, type Loose, secretName } from '../gateway.ts';
import {
  alarms,
  counting,
  entryOf,
  lambdaLine,
  neverFired,
  ofApi,
  ofFunction,
  ofQueue,
  ofStream,
  printed,
  queries,
  raised,
  samplesOf,
} from './harness.ts';

useEvents({ http: true, env: counting });
// Retries pause a random time; no test here is about how long.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
beforeEach(() => now.secrets.set(secretName, JSON.stringify({ accessKey: credential('event-ak'), secretKey: credential('event-sk') })));

const replaceWith = (ttl: number) => objectOf((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: ttl }));
/** An event of API Gateway for a function that the local one does not serve. */
const eventOfPut = (ttl: number, more: object = {}) => {
  const asked = { requestId: 'r', identity: { userArn: somebodysArn }, requestTimeEpoch: Date.now() };
  return jobEvent('PUT', asked, { body: JSON.stringify(replaceWith(ttl)), ...more });
};
const invoke = async (handler: LambdaHandler, event: unknown): Promise<Loose> =>
  handler(JSON.parse(JSON.stringify(event)), lambdaContext());
const failing = async (work: Promise<unknown>): Promise<Error> => {
  const error = await work.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  if (!error) throw new Error('it did not fail');
  return error;
};

describe('in calm', () => {
  it('no alarm goes off, with requests, refusals and events, nor where nothing happens', async () => {
    expect((await http('PUT', replaceWith(600))).spec.ttlSecondsAfterFinished).toBe(600);
    expect(
      (
        await http(
          'PUT',
          objectOf((job) => Object.assign(job.spec, { backoffLimit: 9 })),
        )
      ).code,
    ).toBe(403);
    await http('GET');
    await deliver([messageOf('bus', detailOf())]);
    const quiet = [
      ...Object.keys(functions).flatMap((name) => [ofFunction(name, 'Errors', 0), ofFunction(name, 'Throttles', 0)]),
      ...[ofApi('Count', 3), ofApi('5XXError', 0)],
      ...['JobEventQueue', 'JobEventFifoQueue'].map((id) => ofQueue(id, 'ApproximateAgeOfOldestMessage', 2)),
      // Old letters that nobody has looked at.
      ...[0, 1].map((minute) => ofQueue('JobEventDeadLetters', 'ApproximateNumberOfMessagesVisible', 3, minute)),
    ];
    const samples = [...samplesOf(1, 2, 3), ...quiet];
    expect(samples.length).toBeGreaterThan(30);
    for (const minute of [1, 3]) expect(raised(samples, { minute })).toEqual([]);
    expect(raised([])).toEqual([]);
  });
});

describe('an alarm goes off, and its query tells why,', () => {
  it('where requests fail, for the functions and for API Gateway', async () => {
    now.simulator.inject({ status: 500, times: 100 });
    const answers = [await http('PUT', replaceWith(1)), await http('PUT', replaceWith(2))];
    expect(answers.map(({ code }) => code)).toEqual([500, 500]);
    // The access log is API Gateway's own: its format with what came of the request.
    const written: string = config.resources[0].Resources.ApiGatewayStage.Properties.AccessLogSetting.Format;
    const format = JSON.parse(written.replace(/,\$\{file.*:accessLog\}/, ''));
    const access = JSON.stringify({ ...format, status: '500', method: 'PUT', resourcePath: jobPath });
    const samples = [...samplesOf(1), ofApi('Count', 2), ofApi('5XXError', 2)];
    expect(raised(samples, { lines: [access], sometimes: ['note.code'] })).toEqual(['FailedShareAlarm', 'ApiFailedShareAlarm']);
    // One in two hundred is none.
    expect(raised([...Array.from({ length: 199 }, () => ofApi('Count', 1)), ofApi('Count', 1), ofApi('5XXError', 1)])).toEqual([]);
  });

  it('where requests are slow for a quarter of an hour, and not for less', async () => {
    now.simulator.inject({ delay: 2700, times: 2 });
    expect((await http('PUT', replaceWith(3))).kind).toBe('TFJob');
    expect(raised(samplesOf(1, 6), { minute: 10 })).toEqual([]);
    expect(raised(samplesOf(1, 6, 11), { minute: 15 })).toEqual(['LatencyAlarm']);
  });

  it('where CCI refuses the credentials, also where those before them still work', async () => {
    const wrong = (name: string) =>
      now.secrets.set(secretName, JSON.stringify({ accessKey: credential(name), secretKey: credential('alarm-sk') }));
    wrong('alarm-ak');
    expect((await invoke(await handlerOf('replace-job', 'new'), eventOfPut(4))).statusCode).toBe(200);
    expect(raised(samplesOf(1), { sometimes: ['note.code'] })).toEqual(['RefusedCredentialsAlarm']);
    printed.text = '';
    wrong('alarm-ak-too');
    expect((await invoke(await handlerOf('replace-job', 'new'), eventOfPut(4))).statusCode).toBe(500);
    expect(raised(samplesOf(1), { sometimes: ['note.code'] })).toEqual(['FailedShareAlarm', 'RefusedCredentialsAlarm']);
  });

  it('where a policy could not be evaluated', async () => {
    const spec = {
      failurePolicy: 'Ignore',
      matchConstraints: {
        resourceRules: [{ apiGroups: ['kubeflow.org'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['tfjobs'] }],
      },
      validations: [{ expression: 'true' }],
    };
    const manifests = [
      { kind: 'ValidatingAdmissionPolicy', metadata: { name: 'odd' }, spec },
      { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'odd' }, spec: { policyName: 'odd', validationActions: ['Deny'] } },
    ];
    // The types say that an expression is a text, and the engine relies on it.
    const folder = await buildWith(manifests, ['replace-job'], (objects) => {
      (objects.validatingAdmissionPolicies[0] as Loose).spec.validations[0].expression = 5;
    });
    const { handler } = await import(pathToFileURL(join(folder, 'replace-job/index.mjs')).href);
    expect((await invoke(handler, eventOfPut(5))).statusCode).toBe(422);
    expect(raised(samplesOf(1))).toEqual(['PolicyFaultsAlarm']);
    await rm(folder, { recursive: true });
  });

  it('where the audit stream has not the end of a write', async () => {
    const strict = { AUDIT: 'strict', AUDIT_STREAM: 'the-stream', AWS_ENDPOINT_URL_FIREHOSE: now.aws.url };
    for (const [name, value] of Object.entries(strict)) vi.stubEnv(name, value);
    const handler = await handlerOf('replace-job', 'new');
    now.simulator.inject({ method: 'PUT', delay: 300 });
    const answered = invoke(handler, eventOfPut(6));
    // The beginning is taken, and then nothing more.
    await vi.waitFor(() => expect(now.aws.records.length).toBe(1));
    now.aws.fail({ operation: 'PutRecord', act: 'throttle', times: 99 });
    expect((await answered).statusCode).toBe(200);
    vi.unstubAllEnvs();
    expect(raised(samplesOf(1))).toEqual(['AuditMissingAlarm']);
  });

  it.each(['AuditEvents', 'AuditAccess', 'AuditAcknowledged'])('where the archive does not get what the stream %s has', (id) => {
    const waiting = (seconds: number) => ofStream(id, 'DeliveryToS3.DataFreshness', seconds);
    expect(raised([waiting(120)])).toEqual([]);
    // As Firehose writes it into its log.
    const error = { deliveryStreamARN: 'arn', destination: 'arn', errorCode: 'S3.AccessDenied', errorMessage: 'Access was denied.' };
    expect(raised([waiting(1000)], { lines: [JSON.stringify(error)] })).toEqual([`${id}LateAlarm`]);
  });

  it.each(Object.keys(functions).filter((name) => !['authorizer', 'rotateCredentials'].includes(name)))(
    'where the function %s does not start for a mistake in its configuration',
    async (name) => {
      for (const variable of ['LAYOUT', 'SSO_USERNAME']) vi.stubEnv(variable, 'foo');
      const [, bundle = ''] = /^dist\/(.+)\/index/.exec(functions[name]?.handler ?? '') ?? [];
      const error = await failing(import(`${pathToFileURL(join(dist, bundle, 'index.mjs')).href}?wrong`));
      vi.unstubAllEnvs();
      expect(error.message).toMatch(/^the configuration has mistakes: (LAYOUT|SSO_USERNAME) must be/);
      const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}ErrorsAlarm`;
      expect(raised([ofFunction(name, 'Errors', 1)], { lines: [lambdaLine(error)] })).toEqual([id]);
    },
  );

  it('where the issuer is away, and not for a bad token', async () => {
    const signer = await makeSigner('RS256');
    const issuer = await startIssuer([signer]);
    for (const [name, value] of Object.entries({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience })) vi.stubEnv(name, value);
    const [handler, other] = [await handlerOf('authorizer', 'new'), await handlerOf('authorizer', 'new')];
    vi.unstubAllEnvs();
    const token = await sign(signer, claimsOf(issuer.url));
    const expired = await sign(signer, claimsOf(issuer.url, { exp: 1 }));
    expect((await failing(invoke(handler, eventOf(`Bearer ${expired}`)))).message).toBe('Unauthorized');
    expect(raised([...samplesOf(1), ofFunction('authorizer', 'Errors', 1)])).toEqual([]);
    await issuer.close();
    expect((await failing(invoke(other, eventOf(`Bearer ${token}`)))).message).not.toBe('Unauthorized');
    expect(raised([...samplesOf(1), ofFunction('authorizer', 'Errors', 2)])).toEqual(['AuthorizerFailuresAlarm']);
  });

  it('where a rotation fails', async () => {
    const handler = await handlerOf('rotate-credentials', 'new');
    const SecretId = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${secretName}-Local1`;
    const version = now.secrets.stage(secretName, JSON.stringify({ accessKey: 'a' }));
    const error = await failing(invoke(handler, { Step: 'testSecret', SecretId, ClientRequestToken: version }));
    expect(error.message).toContain('malformed');
    expect(raised([...samplesOf(1), ofFunction('rotateCredentials', 'Errors', 1)])).toEqual(['RotateCredentialsErrorsAlarm']);
  });

  it.each(Object.keys(functions))('where Lambda has no room for the function %s', async (name) => {
    await http('GET');
    const id = `${name.charAt(0).toUpperCase()}${name.slice(1)}ThrottlesAlarm`;
    // Lambda's own word for what came while as many ran as are reserved.
    expect(raised([ofFunction(name, 'Throttles', 1)])).toEqual([id]);
  });

  it.each([
    ['bus', 'JobEventDeadLetters', 'DeadLettersAlarm'],
    ['fifo', 'JobEventFifoDeadLetters', 'FifoDeadLettersAlarm'],
  ] as const)('for each new dead letter by the %s, also while others lie there', async (door, queue, id) => {
    now.simulator.inject({ method: 'PUT', status: 500, times: 1000 });
    const message = messageOf(door, detailOf());
    while ((await deliver([message])).length > 0);
    expect(now.aws.messages).toHaveLength(1);
    const lying = (count: number, minute: number) => ofQueue(queue, 'ApproximateNumberOfMessagesVisible', count, minute);
    const samples = [
      lying(3, 1),
      lying(4, 2),
      ofQueue(queue, 'NumberOfMessagesSent', now.aws.messages.length, 2),
      lying(4, 3),
      lying(4, 4),
      lying(5, 5),
    ];
    const states = [2, 3, 4, 5].map((minute) => raised(samples, { minute }));
    // The last was moved by SQS itself, which sends nothing.
    expect(states).toEqual([[id], [], [], [id]]);
    // None for one that was taken out.
    expect(raised([lying(5, 1), lying(4, 2)], { minute: 2 })).toEqual([]);
  });

  it('where EventBridge could not hand an event to its queue', async () => {
    now.simulator.inject({ method: 'PUT', status: 500, times: 1000 });
    const message = messageOf('bus', detailOf());
    while ((await deliver([message])).length > 0);
    expect(raised([ofQueue('JobEventUndelivered', 'NumberOfMessagesSent', 1)])).toEqual(['UndeliveredAlarm']);
  });

  it.each([
    ['bus', 'JobEventQueue', 'QueueAgeAlarm'],
    ['fifo', 'JobEventFifoQueue', 'FifoQueueAgeAlarm'],
  ] as const)('where an event by the %s has waited for a quarter of an hour, as CCI throttles', async (door, queue, id) => {
    now.simulator.inject({ method: 'PUT', status: 429, retryAfter: 60, times: 1000 });
    const message = messageOf(door, detailOf());
    const handler = await newHandler();
    for (let times = 0; times < 6; times++) expect(await deliver([message], { handler })).toEqual([0]);
    // It comes again every three minutes.
    const ages = Array.from({ length: 17 }, (_, minute) => ofQueue(queue, 'ApproximateAgeOfOldestMessage', minute * 60, minute));
    expect(raised(ages, { minute: 15 })).toEqual([]);
    expect(raised(ages, { minute: 16 })).toEqual([id]);
  });
});

describe('docs/runbook.md', () => {
  it('has an entry with a query for each alarm, and no other', () => {
    expect(alarms.length).toBeGreaterThan(25);
    expect(new Set(alarms.map(([, alarm]) => entryOf(alarm)))).toEqual(new Set(queries.keys()));
  });

  it('looks in the log of every function that can raise the alarm', () => {
    const all = [...Object.keys(functions), 'console'];
    const but = (...others: string[]) => all.filter((name) => !others.includes(name)).sort();
    const logs = Object.fromEntries(runbookQueries().map((query) => [query.entry, [...query.logs].sort()]));
    const counted = but('authorizer', 'rotateCredentials', 'console');
    expect(logs['failed-requests']).toEqual(counted);
    expect(logs['slow-requests']).toEqual(counted);
    expect(logs['refused-credentials']).toEqual(counted.filter((name) => !['discovery', 'notFound'].includes(name)));
    expect(logs['function-errors']).toEqual(but('authorizer', 'rotateCredentials'));
    expect(logs['function-throttles']).toEqual(all.sort());
  });

  it('has no alarm that these tests have not made go off', () => {
    expect(neverFired()).toEqual([]);
  });

  it('is about alarms that tell when they begin and when they are over', () => {
    for (const [id, { Properties: own }] of alarms) expect([id, own.OKActions]).toEqual([id, own.AlarmActions]);
  });
});
