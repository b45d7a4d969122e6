import { sign as cryptoSign, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JWK } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { keysCooldown, keysMaxAge } from '../../../lib/callers/keys.ts';
import { capturePrinted, newAuthorizer, outcome } from './authorizer.ts';
import { claimsOf, discoveryPath, encode, type Issuer, keysPath, makeSigner, type Signer, sendJson, sign, startIssuer } from './issuer.ts';

const printed = capturePrinted();
const unjudged = 'the token could not be checked; the line before this one says why';
let [first, second] = [] as Signer[] as [Signer, Signer];
let issuer: Issuer;

beforeAll(async () => {
  [first, second] = [await makeSigner('ES256', 'first'), await makeSigner('ES256', 'second')];
});
beforeEach(async () => {
  issuer = await startIssuer([first]);
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

const token = (signer = first) => sign(signer, claimsOf(issuer.url));
const keysRequested = () => issuer.requested.filter((path) => path.startsWith(keysPath)).length;
/** Lets wall-clock time pass. */
function pass(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}
/** Asserts that a token was neither let in nor called bad, and that the log says why, without it. */
async function expectUnjudged(reason: string, ask = newAuthorizer(issuer.url), given?: string): Promise<void> {
  const asked = given ?? (await token());
  printed.text = '';
  expect(await outcome(ask(asked))).toBe(unjudged);
  expect(printed.lines()).toEqual([
    expect.objectContaining({ level: 'ERROR', outcome: 'InternalError', reason }),
    expect.objectContaining({ AuthorizerFailures: 1 }),
  ]);
  for (const part of asked.split('.')) expect(printed.text).not.toContain(part);
}

describe('the issuer’s keys', () => {
  it('are found by discovery, once for many requests', async () => {
    const ask = newAuthorizer(issuer.url);
    for (let count = 0; count < 5; count += 1) expect(await outcome(ask(await token()))).toBe(`Allowed ${issuer.url}#alice`);
    await Promise.all(Array.from({ length: 5 }, async () => ask(await token())));
    expect(issuer.requested).toEqual([discoveryPath, `${keysPath}?all`]);
  });

  it('are read once by requests that come at the same time', async () => {
    const ask = newAuthorizer(issuer.url);
    await Promise.all(Array.from({ length: 5 }, async () => ask(await token())));
    expect(keysRequested()).toBe(1);
  });

  it('are taken from OIDC_JWKS_URI where it is set, without discovery', async () => {
    const ask = newAuthorizer(issuer.url, { OIDC_JWKS_URI: `${issuer.url}${keysPath}` });
    expect(await outcome(ask(await token()))).toBe(`Allowed ${issuer.url}#alice`);
    expect(issuer.requested).toEqual([keysPath]);
  });

  it('are asked for over connections that end, since a frozen Lambda keeps none alive, and say nothing of the caller', async () => {
    await newAuthorizer(issuer.url)(await token());
    for (const headers of issuer.headers) {
      expect(headers.connection).toBe('close');
      expect(headers).not.toHaveProperty('authorization');
    }
  });

  it('are read again for a new key, but by no more than one token in half a minute', async () => {
    const ask = newAuthorizer(issuer.url);
    await ask(await token());
    issuer.keys = [second.jwk];
    expect(await outcome(ask(await token(second)))).toBe('Unauthorized');
    expect(keysRequested()).toBe(1);
    pass(keysCooldown);
    expect(await outcome(ask(await token(second)))).toBe(`Allowed ${issuer.url}#alice`);
    expect(keysRequested()).toBe(2);
    expect(await outcome(ask(await token(first)))).toBe('Unauthorized');
    for (let count = 0; count < 5; count += 1) await outcome(ask(await sign({ ...first, kid: `unknown-${count}` }, claimsOf(issuer.url))));
    expect(keysRequested()).toBe(2);
  });

  it('are used for ten minutes, so that one which was taken back is believed no longer', async () => {
    const ask = newAuthorizer(issuer.url);
    await ask(await token());
    issuer.keys = [];
    pass(keysMaxAge - 1000);
    expect(await outcome(ask(await token()))).toBe(`Allowed ${issuer.url}#alice`);
    pass(1000);
    expect(await outcome(ask(await token()))).toBe('Unauthorized');
  });

  it('are read after the issuer was away, by the next request', async () => {
    const ask = newAuthorizer(issuer.url);
    await issuer.close();
    await expectUnjudged('the discovery document could not be read', ask);
    expect(printed.lines()[0]).toMatchObject({ code: 'ECONNREFUSED' });
    issuer = await startIssuer([first], Number(new URL(issuer.url).port));
    expect(await outcome(ask(await token()))).toBe(`Allowed ${issuer.url}#alice`);
  });
});

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

describe('an issuer whose keys cannot be had', () => {
  const keys: [reason: string, answer: Answer][] = [
    ['the key set answered 500', (_, response) => response.writeHead(500).end('{"keys":[]}')],
    ['the key set answered 302', (_, response) => response.writeHead(302, { location: `${issuer.url}${keysPath}/moved` }).end()],
    ['the key set is not JSON', (_, response) => response.end('<html>')],
    ['the key set is not JSON', (_, response) => response.end()],
    ['the key set could not be read', (request) => request.socket.destroy()],
    ['the key set is larger than 1048576 bytes', (_, response) => response.end(' '.repeat(1_048_577))],
    ['the keys cannot be used', (_, response) => sendJson(response, null)],
    ['the keys cannot be used', (_, response) => sendJson(response, { keys: {} })],
    ['the keys cannot be used', (_, response) => sendJson(response, { keys: [first.jwk, first.jwk] })],
    ['the keys cannot be used', (_, response) => sendJson(response, { keys: [{ ...first.jwk, x: 'AAAA' }] })],
  ];
  it.each(keys)('makes no token bad: %s', async (because, answer) => {
    issuer.instead = (request, response) => {
      const isForKeys = request.url?.startsWith(keysPath) === true;
      if (isForKeys) answer(request, response);
      return isForKeys;
    };
    await expectUnjudged(because);
    expect(issuer.requested).not.toContain(`${keysPath}/moved`);
  });

  const documents: [reason: string, document: unknown][] = [
    ['the discovery document is of another issuer', null],
    ['the discovery document is of another issuer', { issuer: 'https://other.example.com', jwks_uri: 'https://other.example.com/keys' }],
    ['the discovery document has no jwks_uri', { issuer: 'URL' }],
    [
      'the jwks_uri of the discovery document must be https (http only on loopback)',
      { issuer: 'URL', jwks_uri: 'http://issuer.example.com' },
    ],
    ['the jwks_uri of the discovery document is not a URL', { issuer: 'URL', jwks_uri: '/keys' }],
  ];
  it.each(documents)('makes no token bad: %s (%j)', async (because, document) => {
    const text = JSON.stringify(document).replace('URL', issuer.url);
    issuer.instead = (_, response) => {
      response.end(text);
      return true;
    };
    await expectUnjudged(because);
    expect(keysRequested()).toBe(0);
  });

  it('makes no token bad, when the key that signed it is too short to be trusted', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    issuer.keys = [{ ...(publicKey.export({ format: 'jwk' }) as JWK), kid: 'short' }];
    const signed = `${encode({ alg: 'RS256', kid: 'short' })}.${encode(claimsOf(issuer.url))}`;
    const short = `${signed}.${cryptoSign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    await expectUnjudged('the key cannot be used', newAuthorizer(issuer.url), short);
  });

  it('is waited for no longer than five seconds', async () => {
    issuer.instead = () => true;
    const started = performance.now();
    await expectUnjudged('the discovery document could not be read');
    expect(performance.now() - started).toBeLessThan(8000);
    expect(printed.lines()[0]).toMatchObject({ code: 'TimeoutError' });
  });

  it('is not asked about a token that is bad on its face', async () => {
    await issuer.close();
    const ask = newAuthorizer(issuer.url);
    expect(await outcome(ask('garbage'))).toBe('Unauthorized');
    expect(await outcome(ask('garbage-1.garbage-2.garbage-3'))).toBe('Unauthorized');
  });
});
