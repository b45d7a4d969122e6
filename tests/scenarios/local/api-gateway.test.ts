import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { calls, eventOf, message, now, restart, send, serverless, start, useGateway } from './gateway-harness.ts';

useGateway();

/** More than 10 MB, and never an end. */
async function* endless(): AsyncGenerator<Buffer> {
  for (let mb = 0; mb < 11; mb += 1) yield Buffer.alloc(1024 * 1024);
  await new Promise(() => {});
}

describe('a route', () => {
  it.each([
    ['GET', '/things/fixed/one', 'fixed', '/things/fixed/one', null],
    ['POST', '/things/fixed/one', 'job', '/things/fixed/one', null],
    ['PUT', '/things/fixed/two', 'fixed', '/things/fixed/{name}', { name: 'two' }],
    ['PUT', '/things/a/b/', 'job', '/things/{namespace}/{name}', { namespace: 'a', name: 'b' }],
    ['DELETE', '/other/a/b', 'rest', '/other/{rest+}', { rest: 'a/b' }],
    ['DELETE', '/other', 'rest', '/{proxy+}', { proxy: 'other' }],
    ['GET', '/things/a/b', 'rest', '/{proxy+}', { proxy: 'things/a/b' }],
    ['PUT', '/things/a', 'rest', '/{proxy+}', { proxy: 'things/a' }],
    ['PUT', '/things/a/b/c', 'rest', '/{proxy+}', { proxy: 'things/a/b/c' }],
    ['PUT', '/things//b', 'rest', '/{proxy+}', { proxy: 'things//b' }],
    ['PATCH', '/a%2Fb', 'rest', '/{proxy+}', { proxy: 'a/b' }],
    ['POST', '/', 'rest', '/', null],
  ])('for %s %s leads to the function %s by %s', async (method, path, functionName, resource, pathParameters) => {
    expect(await eventOf(method, path)).toMatchObject({ resource, pathParameters });
    expect(calls[0]?.context.functionName).toBe(functionName);
  });

  it('is not found where there is no catch-all: 403 Missing Authentication Token', async () => {
    const file = join(now.folder, 'narrow.yml');
    await writeFile(file, serverless.slice(0, serverless.indexOf('  rest:')));
    await restart({ serverlessFile: file });
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/nowhere'],
      ['DELETE', '/things/a/b'],
    ] as const) {
      expect(message(await send(method, path))).toEqual([403, 'Missing Authentication Token']);
    }
    expect(calls).toHaveLength(0);
  });

  it('is not looked for when the path cannot be decoded: 400', async () => {
    for (const path of ['/things/%zz/b', '/%', '/%ff', '*', 'http://127.0.0.1/x']) {
      expect(message(await send('OPTIONS', path))).toEqual([400, 'Bad Request']);
    }
    expect(calls).toHaveLength(0);
  });

  it('to a handler that is no bundle of this project stops the start', async () => {
    const file = join(now.folder, 'odd.yml');
    await writeFile(file, 'functions: { odd: { handler: src/odd.handler, events: [{ http: { path: /, method: get } }] } }');
    await expect(start({ serverlessFile: file })).rejects.toThrow('function odd: the handler is not dist/<name>/index.handler');
  });
});

describe('the gateway', () => {
  it.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.', '0.0.0.0:1', 'user@127.0.0.1', '127.0.0.1:x', ''])(
    'refuses the foreign Host %j before any handler sees the request',
    async (host) => {
      const answer = await send('PUT', '/things/a/b', ['Host', host], Buffer.from('{}'));
      expect(message(answer)).toEqual([403, 'This gateway answers to 127.0.0.1 and localhost only']);
      expect(calls).toHaveLength(0);
    },
  );

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST:3000', '[::1]:8080'])('answers to the Host %j', async (host) => {
    expect((await send('GET', '/x', ['Host', host])).status).toBe(200);
  });

  it('takes a body of 10 MB and refuses a longer one, announced or not', async () => {
    const limit = 10 * 1024 * 1024;
    const event = await eventOf('PUT', '/things/a/b', [], Buffer.alloc(limit, 1));
    expect(Buffer.from(event.body as string, 'base64')).toHaveLength(limit);
    expect(message(await send('PUT', '/things/a/b', [], Buffer.alloc(limit + 1)))).toEqual([413, 'Request Too Long']);
    expect(message(await send('PUT', '/things/a/b', ['Transfer-Encoding', 'chunked'], undefined, endless()))).toEqual([
      413,
      'Request Too Long',
    ]);
    expect(calls).toHaveLength(1);
  });

  it('says plainly that its port is taken', async () => {
    const port = Number(new URL(now.gateway.url).port);
    await expect(start({ port })).rejects.toThrow(`port ${port} is in use; set PORT to another`);
  });

  it('loads the bundles from dist and calls their handler', async () => {
    await now.gateway.close();
    const serverlessFile = join(now.folder, 'serverless.yml');
    for (const name of ['job', 'fixed', 'short', 'long', 'rest']) {
      await mkdir(join(now.folder, 'dist', name), { recursive: true });
      const source = `export const handler = async (event) => ({ statusCode: 201, body: '${name} ' + event.path });`;
      await writeFile(join(now.folder, 'dist', name, 'index.mjs'), source);
    }
    now.gateway = await startApiGateway({ port: 0, serverlessFile, distDir: join(now.folder, 'dist') });
    const answer = await send('PUT', '/things/a/b');
    expect([answer.status, answer.body.toString()]).toEqual([201, 'job /things/a/b']);
    await expect(startApiGateway({ port: 0, serverlessFile, distDir: join(now.folder, 'none') })).rejects.toThrow('none');
    await mkdir(join(now.folder, 'empty', 'fixed'), { recursive: true });
    await writeFile(join(now.folder, 'empty', 'fixed', 'index.mjs'), 'export const other = 1;');
    const empty = startApiGateway({ port: 0, serverlessFile, distDir: join(now.folder, 'empty') });
    await expect(empty).rejects.toThrow('function fixed: dist/fixed/index.mjs exports no handler');
  });
});
