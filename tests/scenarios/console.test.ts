import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePageConfig } from '../../lib/console/config.ts';
import { type PageEvent, pageHandler, readPage } from '../../lib/console/page.ts';
import { type ApiGateway, startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import { dist } from '../../local/api-gateway/bundle.ts';
import { answerOf } from '../../local/api-gateway/result.ts';
import { buildConsole, type PageFile } from '../../scripts/console.ts';

const login = { OIDC_ISSUER: 'https://issuer.example.com/realm', CONSOLE_CLIENT_ID: 'tfjob-console' };
const page = (path: string, file?: string, encoding?: string): PageEvent => ({
  requestContext: { path },
  pathParameters: file === undefined ? null : { file },
  headers: encoding === undefined ? null : { 'Accept-Encoding': encoding },
});

describe('the page’s function', () => {
  let files: Awaited<ReturnType<typeof readPage>>;
  beforeAll(async () => {
    files = await readPage(new URL(`file://${dist}/console/page/`));
  });
  const ask = (event: PageEvent, env: Record<string, string> = login) => pageHandler(files, parsePageConfig(env))(event);

  it.each(['/console', '/console/', '/prod/console', '/jobs/v2/console/'])(
    'answers the page at %s, with its files below it',
    async (path) => {
      const { statusCode, headers, body } = await ask(page(path));
      expect([statusCode, headers['Content-Type'], headers['Cache-Control']]).toEqual([200, 'text/html; charset=utf-8', 'no-cache']);
      const names = [...body.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, name = '']) => name);
      expect(names.length).toBe(2);
      for (const name of names) {
        expect(name.startsWith(`${path.replace(/\/$/, '')}/`)).toBe(true);
        expect((await ask(page(path, name.split('/').at(-1)))).statusCode).toBe(200);
      }
    },
  );

  it('tells what anybody may know, and nothing else, escaped', async () => {
    const env = { ...login, CONSOLE_NAMESPACES: 'a, b', CONSOLE_SCOPE: 'openid "x"', OTHER_SECRET: 'hunter2' };
    const { body } = await ask(page('/console'), env);
    expect(body).not.toContain('hunter2');
    const [, text = ''] = /name="settings" content="([^"]*)"/.exec(body) ?? [];
    const settings = JSON.parse(text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))));
    expect(settings).toEqual({
      layout: 'cci',
      issuer: login.OIDC_ISSUER,
      clientId: 'tfjob-console',
      scope: 'openid "x"',
      namespaces: ['a', 'b'],
    });
    expect(body).not.toMatch(/\{\{/);
  });

  it.each(['$&', '$`', "$'", '$$', '{{base}}', '{{script}}', '</script><script>', '\u2028', '"><img src=x>', '\\'])(
    'tells a client that is named %j as it is',
    async (name) => {
      const { body } = await ask(page('/console'), { ...login, CONSOLE_CLIENT_ID: name });
      const [, text = ''] = /name="settings" content="([^"]*)"/.exec(body) ?? [];
      const settings = JSON.parse(text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))));
      expect(settings.clientId).toBe(name);
      expect(body.match(/<script|<img/g)).toEqual(['<script']);
    },
  );

  it('keeps the browser from anything but the page, the gateway and the issuer', async () => {
    const { headers } = await ask(page('/console'), { ...login, CONSOLE_ORIGINS: 'https://tokens.example.com/x' });
    expect(headers['Content-Security-Policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' https://issuer.example.com https://tokens.example.com; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers).toMatchObject({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
    });
  });

  it('sends its files compressed as the browser takes them, to be kept for ever', async () => {
    const [name = ''] = [...files.packed.keys()].filter((one) => one.startsWith('main') && one.endsWith('.js'));
    const sent = async (encoding?: string) => {
      const { statusCode, headers, body, isBase64Encoded } = await ask(page('/console', name, encoding));
      expect([statusCode, isBase64Encoded, headers['Content-Type']]).toEqual([200, true, 'text/javascript; charset=utf-8']);
      expect([headers['Cache-Control'], headers.Vary]).toEqual(['public, max-age=31536000, immutable', 'Accept-Encoding']);
      return [headers['Content-Encoding'], Buffer.from(body, 'base64')] as const;
    };
    const [plain, br, gz] = [await sent(), await sent('gzip, deflate, br'), await sent('gzip')];
    expect([plain[0], br[0], gz[0]]).toEqual([undefined, 'br', 'gzip']);
    expect([brotliDecompressSync(br[1]), gunzipSync(gz[1])]).toEqual([plain[1], plain[1]]);
    expect((await sent('br;q=0, gzip;q=0'))[0]).toBeUndefined();
  });

  it.each(['index.html', 'nope.js', '../index.mjs', '..%2findex.mjs', '__proto__', 'constructor', 'main.js.br'])(
    'answers 404 to %s',
    async (file) => {
      const { statusCode, body } = await ask(page('/console', file));
      expect([statusCode, JSON.parse(body).reason]).toEqual([404, 'NotFound']);
    },
  );

  it('answers 404 where the path is none that could be written into it', async () => {
    for (const path of ['/"><script>/console', '/console/x', '', '//evil.example/console', '/a b/console'])
      expect([path, (await ask(page(path))).statusCode]).toEqual([path, 404]);
  });

  it('never starts with half a login, or an issuer without TLS', () => {
    expect(() => parsePageConfig({ OIDC_ISSUER: 'https://issuer.example.com' })).toThrow(/needs both/);
    expect(() => parsePageConfig({ ...login, OIDC_ISSUER: 'http://issuer.example.com' })).toThrow(/must be https/);
  });

  it('answers what API Gateway takes', async () => {
    for (const event of [page('/console'), page('/console', 'nope'), page('/console', [...files.packed.keys()][0])])
      expect(answerOf(await ask(event))).toBeDefined();
  });
});

describe('the page on this machine', () => {
  let gateway: ApiGateway;
  beforeAll(async () => {
    gateway = await startApiGateway({
      port: 0,
      auth: undefined,
      console: true,
      load: async ({ bundle }) =>
        bundle === 'console' ? (await import(`${dist}/console/index.mjs`)).handler : () => ({ statusCode: 200, body: '{}' }),
    });
  });
  afterAll(() => gateway.close());
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers, redirect: 'manual' });

  it('is at /console/, and a browser at / is led there; other clients are not', async () => {
    expect((await get('/console/')).headers.get('content-type')).toBe('text/html; charset=utf-8');
    const led = await get('/', { accept: 'text/html,*/*' });
    expect([led.status, led.headers.get('location')]).toEqual([302, '/console/']);
    expect((await get('/', { accept: 'application/json' })).status).toBe(200);
  });

  it('answers nothing to a page of another site, neither itself nor the API', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['/console/', '/apis', '/apis/kubeflow.org/v1/tfjobs']) expect((await get(path, headers)).status).toBe(403);
    expect((await get('/apis', { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('follows a link from another site to the page, and to nothing else', async () => {
    // Not by fetch, which says of itself what kind of request it sends.
    const status = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) =>
        request(`${gateway.url}${path}`, { headers }, (response) => resolve(response.resume().statusCode))
          .on('error', reject)
          .end(),
      );
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await status('/console/', link)).toBe(200);
    expect(await status('/console?code=x&state=y', link)).toBe(200);
    expect(await status('/apis', link)).toBe(403);
    expect(await status('/console/', { ...link, 'sec-fetch-dest': 'iframe' })).toBe(403);
    expect(await status('/console/', { ...link, 'sec-fetch-mode': 'no-cors' })).toBe(403);
  });
});

describe('what a browser has to load', () => {
  let folder: string;
  let files: PageFile[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'console-'));
    files = await buildConsole(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));
  const sum = (some: PageFile[]) => some.reduce((bytes, { gzipped }) => bytes + gzipped, 0);

  it('is at most 190 KB in all, and 55 KB before anything is done', () => {
    expect(sum(files)).toBeLessThanOrEqual(190_000);
    expect(sum(files.filter(({ isFirst }) => isFirst))).toBeLessThanOrEqual(55_000);
    expect(files.filter(({ isFirst }) => isFirst).length).toBeGreaterThanOrEqual(3);
  });

  it('bears a name that changes with what is in it', () => {
    for (const { name } of files) if (name !== 'index.html') expect(name).toMatch(/-[A-Z0-9]{8}\.(js|css)$/);
  });
});
