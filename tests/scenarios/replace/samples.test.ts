import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { matchRoute, readRoutes } from '../../../local/api-gateway/routes.ts';
import { calls, handlerOf, invoke, type Loose, liveText, put, reset, useGateway } from '../gateway.ts';

const folder = new URL('../../../events/', import.meta.url);
const routes = readRoutes(readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8'));

/** The table of events/README.md. */
const samples = [...readFileSync(new URL('README.md', folder), 'utf8').matchAll(/^\| `(.+?)` \| .+? \| (\d+) \| (\w*) ?\|$/gm)].map(
  ([, file = '', code, reason = '']) => ({ file, code: Number(code), reason }),
);
const events = samples.filter(({ file }) => file.endsWith('.event.json'));
const bodies = samples.filter((sample) => !events.includes(sample));
/** Events that stand for no request to the local API Gateway: it encodes bodies itself, has its own callers and is no HTTP API. */
const onlyEvents = ['not-base64', 'no-caller', 'http-api-jwt', 'function-url-iam', 'load-balancer'].map((name) => `${name}.event.json`);

useGateway();

function expectAnswer(answer: { status: number; body: Loose }, before: string, { file, code, reason }: (typeof samples)[number]): void {
  expect([answer.status, answer.body.reason ?? '']).toEqual([code, reason]);
  if (code !== 200 || file === 'dry-run.event.json') {
    expect(liveText()).toBe(before);
    expect(calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
  } else {
    expect(calls()).toEqual(['GET 200', 'PUT 200']);
    expect(JSON.parse(liveText())).toEqual(answer.body);
    expect(answer.body.spec.ttlSecondsAfterFinished).toBe(1000);
    expect(answer.body.metadata.labels).toEqual(file === 'labels-removed.json' ? undefined : { app: 'test' });
  }
}

describe('the sample requests', () => {
  it('are all in the table of their README, and each row has its file', () => {
    const files = readdirSync(folder).filter(
      (file) => !['README.md', 'long-deadline.yaml'].includes(file) && !file.startsWith('job-update'),
    );
    expect(samples.map(({ file }) => file).sort()).toEqual(files.sort());
  });

  it.each(bodies)('$file is answered $code $reason', async (sample) => {
    const before = liveText();
    const type = sample.file.endsWith('.yaml') ? 'application/yaml' : 'application/json';
    const body = await readFile(new URL(sample.file, folder));
    expectAnswer(await put(body, { headers: { 'content-type': type } }), before, sample);
  });

  it.each(bodies.filter(({ file }) => !file.startsWith('replace-tfjob.')))(
    '$file is answered so after any number of changes too',
    async ({ file, code, reason }) => {
      await reset((job) => {
        delete job.metadata.resourceVersion;
        job.metadata.annotations = { owner: 'team-a' };
        job.spec.ttlSecondsAfterFinished = 600;
      });
      const type = file.endsWith('.yaml') ? 'application/yaml' : 'application/json';
      const answer = await put(await readFile(new URL(file, folder)), { headers: { 'content-type': type } });
      expect([answer.status, answer.body.reason ?? '']).toEqual([code, reason]);
    },
  );

  it.each(events)('$file is answered $code $reason by its function', async (sample) => {
    const before = liveText();
    const event = JSON.parse(await readFile(new URL(sample.file, folder), 'utf8'));
    const { method, path } = event.requestContext.http ?? { method: event.httpMethod, path: event.path };
    const match = matchRoute(routes, method, path.slice(1).split('/'));
    expect(event.resource ?? match?.route.resource).toBe(match?.route.resource);
    expectAnswer(await invoke(await handlerOf(match?.route.function.bundle), event), before, sample);
  });

  it.each(events.filter(({ file }) => !onlyEvents.includes(file)))('$file is answered $code $reason over HTTP', async (sample) => {
    const before = liveText();
    const event = JSON.parse(await readFile(new URL(sample.file, folder), 'utf8'));
    const { Host: _host, ...headers } = event.headers;
    const query = new URLSearchParams(event.queryStringParameters ?? {});
    const request = { method: event.httpMethod, path: event.path, query: query.size > 0 ? `?${query}` : '', headers };
    expectAnswer(await put(Buffer.from(event.body ?? '', 'base64'), request), before, sample);
  });
});
