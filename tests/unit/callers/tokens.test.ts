import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, type CryptoKey, exportSPKI, importJWK, UnsecuredJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { algorithms, clockTolerance } from '../../../lib/callers/token.ts';
import { runsOf } from '../../exhaustive.ts';
import { type Ask, capturePrinted, methodArn, newAuthorizer, outcome } from './authorizer.ts';
import { claimsOf, encode, type Issuer, makeSigner, type Signer, sign, startIssuer } from './issuer.ts';

const printed = capturePrinted();
const signers = new Map<string, Signer>();
let issuer: Issuer;
let stranger: Signer;
let rsa: Signer;
let ask: Ask;
const sent: string[] = [];
const seconds = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  for (const alg of algorithms) signers.set(alg, await makeSigner(alg));
  rsa = signers.get('RS256') as Signer;
  stranger = await makeSigner('RS256', rsa.kid);
  issuer = await startIssuer([...signers.values()]);
  ask = newAuthorizer(issuer.url);
});
afterAll(() => issuer.close());

// Whatever a test sends, no part of it is ever printed. A short part could be in a line by chance.
afterEach(() => {
  const parts = sent.splice(0).flatMap((token) => token.split('.'));
  for (const part of parts) if (part.length > 8) expect(printed.text).not.toContain(part);
});

function verdict(token: string): Promise<string> {
  sent.push(token);
  return outcome(ask(token));
}

describe('a good token', () => {
  it.each(algorithms)('signed with %s is let in', async (alg) => {
    expect(await verdict(await sign(signers.get(alg) as Signer, claimsOf(issuer.url)))).toBe(`Allowed ${issuer.url}#alice`);
  });

  it('may be for several audiences, and expired or not yet valid by no more than the clocks may differ', async () => {
    expect(await verdict(await sign(rsa, claimsOf(issuer.url, { aud: ['other', 'kubernetes'] })))).toBe(`Allowed ${issuer.url}#alice`);
    const close = { exp: seconds() - clockTolerance + 2, nbf: seconds() + clockTolerance - 1 };
    expect(await verdict(await sign(rsa, claimsOf(issuer.url, close)))).toBe(`Allowed ${issuer.url}#alice`);
  });
});

/** Tokens that are not to be believed, and why the log says so. */
const bad: [name: string, reason: string, token: () => string | Promise<string>][] = [
  ['of another issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf('https://other.example.com'))],
  ['of the issuer with a slash more', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(`${issuer.url}/`))],
  ['of no issuer', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(issuer.url, { iss: undefined }))],
  ['for another audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(issuer.url, { aud: 'kubernetes2' }))],
  ['for no audience', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(issuer.url, { aud: undefined }))],
  ['that has expired', 'ERR_JWT_EXPIRED', () => sign(rsa, claimsOf(issuer.url, { exp: seconds() - clockTolerance - 1 }))],
  ['that never expires', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(issuer.url, { exp: undefined }))],
  ['not yet valid', 'ERR_JWT_CLAIM_VALIDATION_FAILED', () => sign(rsa, claimsOf(issuer.url, { nbf: seconds() + clockTolerance + 60 }))],
  ['of another key with a known id', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', () => sign(stranger, claimsOf(issuer.url))],
  ['with no key id', 'no key id', () => sign(rsa, claimsOf(issuer.url), { kid: undefined as unknown as string })],
  ['with an unknown key id', 'unknown key id', () => sign(rsa, claimsOf(issuer.url), { kid: 'key-of-nobody' })],
  ['whose key is for another algorithm', 'unknown key id', () => sign({ ...rsa, kid: 'key-ES256' }, claimsOf(issuer.url))],
  ['with alg none', 'not a bearer token', () => new UnsecuredJWT(claimsOf(issuer.url)).encode()],
  ['with alg none and a signature', 'ERR_JOSE_ALG_NOT_ALLOWED', () => reheaded({ alg: 'none', kid: rsa.kid })],
  ['with alg None and a signature', 'ERR_JOSE_ALG_NOT_ALLOWED', () => reheaded({ alg: 'None', kid: rsa.kid })],
  ['with no alg', 'ERR_JWS_INVALID', () => reheaded({ kid: rsa.kid })],
  ['with HS256 and the public key in PEM as secret', 'ERR_JOSE_ALG_NOT_ALLOWED', () => hmac('PEM')],
  ['with HS256 and the public JWK as secret', 'ERR_JOSE_ALG_NOT_ALLOWED', () => hmac('JWK')],
  [
    'with its own key in the header',
    'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    () => sign(stranger, claimsOf(issuer.url), { jwk: stranger.jwk }),
  ],
  ['with a header it calls critical', 'ERR_JOSE_NOT_SUPPORTED', () => reheaded({ alg: 'RS256', kid: rsa.kid, crit: ['x'], x: 1 })],
  ['whose claims were changed', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', () => reclaimed(claimsOf(issuer.url, { sub: 'root' }))],
  ['whose claims are no object', 'ERR_JWT_INVALID', () => signBytes('["alice"]')],
  ['whose claims are no JSON', 'ERR_JWT_INVALID', () => signBytes('alice')],
  [
    'whose expiry is a text',
    'ERR_JWT_CLAIM_VALIDATION_FAILED',
    () => signBytes(JSON.stringify({ ...claimsOf(issuer.url), exp: '9999999999' })),
  ],
  ['of nobody', 'no fit user', () => sign(rsa, claimsOf(issuer.url, { sub: undefined }))],
  ['that is garbage', 'ERR_JWS_INVALID', () => 'garbage-1.garbage-2.garbage-3'],
  ['that is one word', 'not a bearer token', () => 'garbage'],
  ['that is missing', 'not a bearer token', () => ''],
  ['that is encrypted', 'not a bearer token', () => 'eyJhbGciOiJkaXIifQ..aaaaaaaa.bbbbbbbbb.ccccccccc'],
];

async function reheaded(header: object): Promise<string> {
  const [, claims, signature] = (await sign(rsa, claimsOf(issuer.url))).split('.');
  return `${encode(header)}.${claims}.${signature}`;
}
async function reclaimed(claims: object): Promise<string> {
  const [header, , signature] = (await sign(rsa, claimsOf(issuer.url))).split('.');
  return `${header}.${encode(claims)}.${signature}`;
}
async function hmac(form: 'PEM' | 'JWK'): Promise<string> {
  const secret = form === 'PEM' ? await exportSPKI((await importJWK({ ...rsa.jwk, ext: true })) as CryptoKey) : JSON.stringify(rsa.jwk);
  const signed = `${encode({ alg: 'HS256', kid: rsa.kid })}.${encode(claimsOf(issuer.url))}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
function signBytes(claims: string): Promise<string> {
  return new CompactSign(Buffer.from(claims)).setProtectedHeader({ alg: rsa.alg, kid: rsa.kid }).sign(rsa.privateKey);
}

describe('a bad token', () => {
  it.each(bad)('%s is Unauthorized', async (_name, reason, token) => {
    expect(await verdict(await token())).toBe('Unauthorized');
    expect(printed.lines()).toEqual([
      expect.objectContaining({ level: 'INFO', message: 'authorizer', outcome: 'Unauthorized', reason, method_arn: methodArn }),
    ]);
  });

  it('ends as exactly new Error("Unauthorized"), with no cause and nothing else for Lambda to log', async () => {
    const error = await ask('garbage-1.garbage-2.garbage-3').catch((thrown: Error) => thrown);
    expect(error).toStrictEqual(new Error('Unauthorized'));
    expect(Object.getOwnPropertyNames(error).sort()).toEqual(['message', 'stack']);
    // Lambda prints a stack at ERROR: it would say where an error that is none was thrown.
    expect((error as Error).stack).toBe('Error: Unauthorized');
  });

  const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

  it('comes of a good one whichever character of it is changed', async () => {
    const good = await sign(signers.get('EdDSA') as Signer, claimsOf(issuer.url));
    for (let at = 0; at < good.length; at += 1) {
      // Another first bit: the last bits of a segment's last character are padding, and change nothing.
      const place = base64url.indexOf(good[at] ?? '');
      const put = place === -1 ? 'x' : base64url[place ^ 32];
      expect(await verdict(good.slice(0, at) + put + good.slice(at + 1)), `character ${at}`).toBe('Unauthorized');
    }
  });

  it('is all that any text can be', async () => {
    const refused = async (text: string): Promise<void> => {
      expect(await verdict(text)).toBe('Unauthorized');
    };
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary' }), refused), { numRuns: runsOf(100) });
    const part = fc.oneof(fc.json(), fc.string()).map(encode);
    await fc.assert(
      fc.asyncProperty(part, part, part, (...parts) => refused(parts.join('.'))),
      { numRuns: runsOf(100) },
    );
  });
});
