import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCaller } from '../../local/callers.ts';
import { mainJob } from './jobs.ts';
import { anotherWindow, consoleUrl, expectAccessible, hashOf, inViews, now, review, stored, usePage } from './stage.ts';

/** The issuer, and what it was asked. */
let issuer: { url: string; server: Server; requests: string[]; life: number };
/** Whoever has a good token of the issuer is a caller; the local gateway has no authorizer of its own. */
const callers = new Map<string, LocalCaller>();
const clientId = 'tfjob-console';

async function startIssuer(): Promise<void> {
  issuer = { url: '', server: undefined as never, requests: [], life: 600 };
  const port = await freePort();
  issuer.url = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer.url, {
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        // The gateway takes a free port, which a native client's loopback address may have.
        redirect_uris: ['http://127.0.0.1/console'],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      },
    ],
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access'],
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    clientBasedCORS: () => true,
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    ttl: { IdToken: () => issuer.life, Session: 600, Interaction: 600, Grant: 600 },
    cookies: { keys: ['x'] },
    features: { devInteractions: { enabled: true } },
  });
  provider.use(async (context, next) => {
    issuer.requests.push(`${context.method} ${context.path}`);
    await next();
  });
  issuer.server = provider.listen(port, '127.0.0.1') as Server;
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const env: Record<string, string> = { CONSOLE_CLIENT_ID: clientId, CONSOLE_SCOPE: 'openid offline_access' };
beforeAll(async () => {
  await startIssuer();
  env.OIDC_ISSUER = issuer.url;
});
afterAll(() => {
  issuer.server.closeAllConnections();
  issuer.server.close();
});
usePage({ auth: callers, env });

/** Lets in who brings a token that the issuer has signed for the page, as the authorizer would. */
async function admitTokens(): Promise<string[]> {
  const tokens: string[] = [];
  const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
  await now.page.route('**/apis/**', async (route) => {
    const [, token = ''] = /^Bearer (.*)$/.exec(route.request().headers().authorization ?? '') ?? [];
    const good = await jwtVerify(token, keys, { issuer: issuer.url, audience: clientId }).catch(() => undefined);
    if (good) {
      if (!tokens.includes(token)) tokens.push(token);
      callers.set(token, { user: String(good.payload.sub), uid: '1', groups: [] });
    }
    await route.continue();
  });
  return tokens;
}

async function logIn(): Promise<void> {
  await now.page.fill('input[name=login]', 'ana');
  await now.page.fill('input[name=password]', 'x');
  await now.page.click('button[type=submit]');
  await now.page.getByRole('button', { name: 'Continue' }).click();
}

const kept = () => now.page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie, location.href]));

/** Logs in, and types a TTL when the login is over by then. */
async function expireWhileTyped(ttl: string): Promise<void> {
  await admitTokens();
  await now.page.goto(consoleUrl(hashOf(mainJob)));
  await logIn();
  await now.page.waitForSelector('.fields');
  await now.page.route('**/apis/**', (route) =>
    route.fulfill({ status: 401, contentType: 'application/json', body: '{"kind":"Status","code":401,"message":"Unauthorized"}' }),
  );
  await now.page.fill('#field-ttlSecondsAfterFinished', ttl);
}

describe('a login', () => {
  inViews('leads to the issuer and back to the job, and leaves no token in any address or storage', async () => {
    const tokens = await admitTokens();
    const addresses: string[] = [];
    now.page.on('request', (request) => addresses.push(request.url()));
    await now.page.goto(consoleUrl(hashOf(mainJob)));
    await logIn();
    await now.page.waitForSelector('.fields');
    expect(now.page.url()).toBe(`${now.gateway.url}/console${hashOf(mainJob)}`);
    await now.page.getByRole('button', { name: 'ana' }).waitFor();
    await expectAccessible(now.page);
    expect(tokens.length).toBe(1);
    expect(await kept()).not.toMatch(/eyJ|code=|verifier/);
    expect(addresses.filter((address) => address.includes('eyJ'))).toEqual([]);
    expect(await now.page.getByLabel('Command').innerText()).not.toContain('eyJ');
  });

  it('is renewed by a token that rotates, without a word, and saves', async () => {
    issuer.life = 31;
    const tokens = await admitTokens();
    await now.page.goto(consoleUrl(hashOf(mainJob)));
    await logIn();
    await now.page.waitForSelector('.fields');
    await now.page.waitForTimeout(1500);
    await now.page.fill('#field-ttlSecondsAfterFinished', '91');
    await review(now.page, 'Can be saved');
    await now.page.getByRole('button', { name: 'Save', exact: true }).click();
    await review(now.page, /^Saved as version/);
    issuer.life = 600;
    expect([tokens.length > 1, stored().spec.ttlSecondsAfterFinished]).toEqual([true, 91]);
  });

  inViews('that is over mid-edit is asked for again, and the draft is there afterwards', async () => {
    await expireWhileTyped('92');
    await now.page.getByText('Your changes are kept.').first().waitFor();
    await review(now.page, 'You are not logged in');
    await expectAccessible(now.page);
    await now.page.unroute('**/apis/**');
    await admitTokens();
    await now.page.getByRole('button', { name: 'Log in' }).click();
    // The issuer may still know who it is.
    await now.page.locator('.fields, input[name=login], button:has-text("Continue")').first().waitFor();
    if (await now.page.locator('button:has-text("Continue")').count()) await now.page.getByRole('button', { name: 'Continue' }).click();
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.inputValue('#field-ttlSecondsAfterFinished')).toBe('92');
    expect(await kept()).not.toMatch(/ttlSecondsAfterFinished|eyJ/);
  });

  it('from which somebody turned back is asked for again, and the draft is still there afterwards', async () => {
    await expireWhileTyped('93');
    await review(now.page, 'You are not logged in');
    await now.context.clearCookies();
    await now.page.getByRole('button', { name: 'Log in' }).click();
    await now.page.waitForSelector('input[name=login]');
    await now.page.unroute('**/apis/**');
    await admitTokens();
    await now.page.goto(consoleUrl(hashOf(mainJob)));
    await logIn();
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.inputValue('#field-ttlSecondsAfterFinished')).toBe('93');
    expect(await kept()).not.toMatch(/ttlSecondsAfterFinished|eyJ/);
  });

  it.each(['state=wrong&code=x', 'state=wrong&error=access_denied'])('that comes back with %s is refused', async (query) => {
    await now.page.goto(`${now.gateway.url}/console?${query}`);
    await now.page.getByText('The login was begun in another window, or long ago.').waitFor();
    expect(now.page.url()).toBe(`${now.gateway.url}/console`);
    await expectAccessible(now.page);
  });

  it('whose state, nonce or code is not the one that was asked for is refused', async () => {
    for (const [spoilt, why] of [
      [{ state: 'other' }, /login at .* failed/],
      [{ nonce: 'other' }, /login at .* failed/],
      [{ verifier: 'o'.repeat(43) }, /failed: invalid_grant/],
    ] as const) {
      await anotherWindow();
      await now.page.addInitScript((changes) => {
        const key = 'tfjob-gateway login';
        const text = sessionStorage.getItem(key);
        if (text !== null && location.search !== '') sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(text), ...changes }));
      }, spoilt);
      await now.page.goto(consoleUrl());
      await logIn();
      await now.page.getByText(why).waitFor();
      expect(await kept()).not.toMatch(/eyJ|code=/);
    }
  });

  it('whose code was used before is refused, and so is the same address once more', async () => {
    await now.page.addInitScript(() => {
      // As somebody would who has got hold of both the address and what the page kept.
      if (location.protocol === 'about:') return;
      const key = 'tfjob-gateway login';
      const [kept, stolen] = [sessionStorage.getItem(key), localStorage.getItem('stolen')];
      if (!location.search.includes('code=')) return;
      if (kept !== null) localStorage.setItem('stolen', kept);
      else if (stolen !== null && location.hash === '#again') sessionStorage.setItem(key, stolen);
    });
    const back: string[] = [];
    now.page.on('request', (request) => request.url().includes('code=') && back.push(request.url()));
    await now.page.goto(consoleUrl());
    await logIn();
    await now.page.locator('.count').waitFor();
    expect(back.length).toBe(1);
    await now.page.goto('about:blank');
    await now.page.goto(`${back[0]}#again`);
    await now.page.getByText(/failed: invalid_grant/).waitFor();
    await now.page.goto('about:blank');
    await now.page.goto(`${back[0]}`);
    await now.page.getByText('The login was begun in another window, or long ago.').waitFor();
    expect(now.page.url()).toBe(`${now.gateway.url}/console`);
  });

  it('says that the issuer is down, and asks again when somebody wants to', async () => {
    await now.page.route(`${issuer.url}/.well-known/**`, (route) => route.abort());
    await now.page.goto(consoleUrl());
    await now.page.getByText(/The login at 127\.0\.0\.1:\d+ could not begin/).waitFor();
    await now.page.unroute(`${issuer.url}/.well-known/**`);
    await now.page.getByRole('button', { name: 'Log in' }).click();
    await now.page.waitForSelector('input[name=login]');
  });
});
