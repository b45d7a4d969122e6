import { fork } from 'node:child_process';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { somebodysArn } from '../fakes/user.ts';
import { environment, jobPath, liveText, now, reset, status, useGateway } from '../scenarios/gateway.ts';
import { answerWith, read } from '../scenarios/read/request.ts';
import type { Asked, Measured } from './read-memory-run.ts';

useGateway();

const MiB = 2 ** 20;
const list = '/apis/kubeflow.org/v1/tfjobs';
const gzip = { 'accept-encoding': 'gzip' };
const yaml = { accept: 'application/yaml', ...gzip };
const tooLarge = status(413, 'RequestEntityTooLarge', expect.stringMatching(/ask for JSON without pretty, or use limit and continue/));
const job = (name: string) => liveText().replace('"tfjob-test"', `"${name}"`);
/** A list of so many bytes. */
const listOf = (size: number, filled: (space: number) => string): string => {
  const [head, tail] = ['{"kind":"TFJobList","apiVersion":"kubeflow.org/v1","metadata":{"resourceVersion":"1"},"items":[', ']}'];
  const items = filled(size - head.length - tail.length);
  return `${head}${items}${' '.repeat(size - head.length - tail.length - items.length)}${tail}`;
};
const repeated = (text: string) => (space: number) =>
  Array(Math.floor((space + 1) / (text.length + 1)))
    .fill(text)
    .join(',');
const jobs = (size: number) => listOf(size, repeated(job('some-job')));

describe('YAML and indentation', () => {
  it('are made of a list of 4 MiB, and of no longer one', async () => {
    for (const [headers, query] of [
      [yaml, ''],
      [gzip, '?pretty=true'],
    ] as const) {
      answerWith(jobs(4 * MiB));
      expect((await read(`${list}${query}`, headers)).status).toBe(200);
      answerWith(jobs(4 * MiB + 1));
      expect((await read(`${list}${query}`, headers)).body).toEqual(tooLarge);
    }
    answerWith(jobs(20 * MiB));
    expect((await read(list, gzip)).status).toBe(200);
    expect((await read(list, yaml)).body).toEqual(tooLarge);
    expect((await read(`${list}?pretty=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', ...gzip })).body).toEqual(tooLarge);
  });

  it('of a long list say what it says', async () => {
    const long = (text: string) => text.repeat(120_000 / text.length);
    const texts = JSON.stringify([
      [long('a: b\r\n'), { '$&': long('\u0085\u2028😀 # '), 'a\nb': [long('$1\n')] }],
      long('"\u007f\u00a0\ufeff'),
    ]);
    const odd = JSON.stringify({
      '?': ['a\n\n', '\n b\n', 'a\r\nb', '- a', { '__proto__ ': 1.5 }, [[], {}, [[null]]]],
      'a\nb': '~',
      'k: v': 'x\n\n\n',
    });
    const text = listOf(
      2 * MiB,
      (space) =>
        `${repeated(odd)(space - 700_000)},[[${repeated('1.0')(40_000)}]],${texts},{"a":${'['.repeat(300)}${repeated('{}')(20_000)}${']'.repeat(300)}}`,
    );
    answerWith(text);
    expect(load((await read(list, yaml)).text, { maxDepth: 500 })).toEqual(JSON.parse(text));
    expect((await read(`${list}?pretty=true`, gzip)).text).toBe(
      `${JSON.stringify(JSON.parse(text.replaceAll('1.0', '"1.0"')), undefined, 2).replaceAll('"1.0"', '1.0')}\n`,
    );
  });

  it('are refused, or left out, where nesting would make too much of little', async () => {
    const deep = (depth: number) => listOf(MiB, () => `${'['.repeat(depth)}${repeated('1')(400_000)}${']'.repeat(depth)}`);
    for (const depth of [400, 600, 20_000]) {
      answerWith(deep(depth));
      expect((await read(list, yaml)).body).toEqual(tooLarge);
      expect((await read(`${list}?pretty=true`, gzip)).text).toBe(`${deep(depth)}\n`);
    }
  });

  it('of a single job of 3 MiB are answered, and the job that is put', async () => {
    const annotated = (line: string, size: number) =>
      reset((live) => {
        live.spec.tfReplicaSpecs.Worker.template.metadata = { annotations: { big: line.repeat(size / (JSON.stringify(line).length - 2)) } };
      });
    for (const line of ['x\n', `${'x'.repeat(998)}\n`]) {
      await annotated(line, 2.9 * MiB);
      const plain = await read(jobPath, { accept: 'application/yaml' });
      expect([plain.status, plain.type, load(plain.text)]).toEqual([200, 'application/yaml', JSON.parse(liveText())]);
    }
    expect((await read(`${jobPath}?pretty=true`)).status).toBe(200);
    const answer = await read(jobPath, yaml);
    const put = await read(
      `${jobPath}?pretty=true`,
      { 'content-type': 'application/yaml', ...gzip },
      'PUT',
      answer.text.replace('app: test', 'app: other'),
    );
    expect([put.status, put.body.metadata.labels.app]).toEqual([200, 'other']);
  });
});

describe('the memory of a read', () => {
  /** What a function of memorySize 512 needs: its Node takes a quarter of the memory twice for its heap. */
  async function measure(
    text: string,
    headers: Record<string, string>,
    query: Record<string, string> = {},
    bundle = 'read-jobs',
  ): Promise<Measured> {
    answerWith(text);
    const child = fork(new URL('read-memory-run.ts', import.meta.url), {
      env: { PATH: process.env.PATH, ...environment(now.upstream.url, now.secrets.url) },
      execArgv: ['--max-old-space-size=256', '--max-semi-space-size=16'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const event = {
      resource: '/apis/kubeflow.org/v1/{plural}',
      path: list,
      httpMethod: 'GET',
      headers,
      queryStringParameters: query,
      pathParameters: { plural: 'tfjobs' },
      requestContext: { httpMethod: 'GET', identity: { userArn: somebodysArn } },
    };
    child.send({ bundle, event, times: 3 } satisfies Asked);
    return new Promise((resolve, reject) => {
      child.on('message', (measured) => resolve(measured as Measured));
      child.on('exit', (code, signal) => reject(new Error(`the function has ended: ${code ?? signal}`)));
    });
  }

  it.each<[string, (size: number) => string]>([
    ['jobs', jobs],
    ['jobs of which one is not in Latin letters', (size) => listOf(size, (space) => `${repeated(job('some-job'))(space - 10)},"任务"`)],
    ['numbers', (size) => listOf(size, repeated('1'))],
  ])('at the limit is at most 300 MB as YAML and indented: %s', async (_title, make) => {
    for (const [headers, query] of [
      [yaml, {}],
      [gzip, { pretty: 'true' }],
    ] as const) {
      const { status: code, peak } = await measure(make(4 * MiB), headers, query);
      expect(code).toBe(200);
      expect(peak).toBeLessThan(300);
    }
  });

  it('of 20 MiB leaves a function of 512 MB alive, as it comes and where it is refused', async () => {
    const text = listOf(20 * MiB, (space) => `${repeated(job('some-job'))(space - 10)},"任务"`);
    const plain = await measure(text, gzip);
    expect([plain.status, plain.headers['Content-Encoding']]).toEqual([200, 'gzip']);
    expect(plain.peak).toBeLessThan(400);
    const refused = await measure(text, yaml);
    expect(refused.status).toBe(413);
    expect(refused.peak).toBeLessThan(400);
  });

  it('of 24 MiB that is streamed leaves a function of 512 MB alive, whether or not it is packed', async () => {
    const text = listOf(24 * MiB - 100, (space) => `${repeated(job('some-job'))(space - 10)},"任务"`);
    for (const headers of [gzip, {}]) {
      const { status: code, length, peak } = await measure(text, headers, {}, 'list-jobs');
      expect([code, length > 24 * MiB - 100]).toEqual([200, headers !== gzip]);
      expect(peak).toBeLessThan(440);
    }
  });
});
