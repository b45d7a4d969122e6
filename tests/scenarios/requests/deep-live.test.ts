import { describe, expect, it, vi } from 'vitest';
import { alsoSearched } from '../../credentials.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { handlerOf, invoke, jobPath, type Loose, liveText, now, put, requested, useGateway } from '../gateway.ts';
import { jsonPatch, patch, trips } from '../patch/request.ts';

useGateway();

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
/** The stored job as CCI would send it with a field that is nested so deep. */
const textOf = (levels: number) => liveText().replace('"backoffLimit":6', `"backoffLimit":6,"deep":${deep(levels)}`);

/** Lets CCI hold such a job: it answers reads with it, and takes no write but a patch, which it answers with it as well. */
function hold(levels: number): void {
  const text = textOf(levels);
  now.upstream.answer = ({ method }, response) => {
    if (method === 'PUT') return 'hand on';
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };
}

const policy = { spec: { ttlSecondsAfterFinished: 5 } };
const decided = { metadata: { finalizers: null }, ...policy };

describe.each([3000, 8000, 100_000])('a live job that is nested %i deep', (levels) => {
  // Of a stack that holds it the first is written, and the others are told as what they are.
  const codes = levels === 3000 ? [200, 422, 500] : [500];

  it('is not written by a decided patch, and the answer is a Status', async () => {
    hold(levels);
    const before = liveText();
    const answer = await patch(decided);
    expect(answer.status).toBeOneOf(codes);
    if (levels > 3000) {
      expect([answer.body.reason, answer.body.details, trips(), liveText()]).toEqual(['InternalError', {}, 'GET', before]);
      expect(answer.text).not.toMatch(/RangeError|stack|deep/);
    }
  });

  it('nor told in a dry run', async () => {
    hold(levels);
    expect((await patch(decided, { query: '?dryRun=All' })).status).toBeOneOf(codes);
  });

  it('refuses a PUT and a JSON patch, of which nobody can say whether they are the same so deep', async () => {
    hold(levels);
    const whole = JSON.stringify(requested()).replace('"backoffLimit":6', `"backoffLimit":6,"deep":${deep(levels)}`);
    expect((await put(whole)).status).toBe(403);
    const answer = await patch([{ op: 'add', path: '/spec/ttlSecondsAfterFinished', value: 5 }], { type: jsonPatch });
    expect(answer.status).toBe(403);
    expect((await patch([{ op: 'copy', from: '/spec/deep', path: '/spec/copy' }], { type: jsonPatch })).status).toBeOneOf([403, 422]);
    expect((await patch([{ op: 'test', path: '/spec/deep', value: 1 }], { type: jsonPatch })).status).toBe(422);
  });

  it('is read as it is, and answers a one-trip patch, indented or not', async () => {
    hold(levels);
    for (const query of ['', '?pretty=false']) {
      expect((await patch(policy, { query })).text).toBe(`${textOf(levels)}\n`);
      expect((await put('', { method: 'GET', query })).text).toBe(`${textOf(levels)}\n`);
    }
    if (levels === 3000) return;
    expect((await patch(policy, { query: '?pretty=true' })).text).toBe(`${textOf(levels)}\n`);
    expect((await put('', { method: 'GET', query: '?pretty=true' })).text).toBe(`${textOf(levels)}\n`);
  });

  it('is more than is written as YAML', async () => {
    hold(levels);
    const response = await fetch(`${now.gateway.url}${jobPath}`, { headers: { accept: 'application/yaml' } });
    expect([response.status, ((await response.json()) as Loose).reason]).toEqual([413, 'RequestEntityTooLarge']);
  });
});

it('the log says why a job that is nested too deeply was not written', async () => {
  const lines: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
  const handler = await handlerOf('patch-job', 'new');
  hold(100_000);
  const answer = await invoke(handler, {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: jobPath,
    httpMethod: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: { httpMethod: 'PATCH', identity: { userArn: somebodysArn } },
    body: JSON.stringify(decided),
  });
  alsoSearched(lines.join('\n'));
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  expect(answer.status).toBe(500);
  const said = lines.map((line) => JSON.parse(line)).find(({ message }) => message === 'request');
  expect(said).toMatchObject({ code: 500, note: { reason: 'the job is nested too deeply to be written as JSON' } });
});
