import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { type AuthorizerConfig, keysAddressMistake } from './config.ts';
import { BadToken, KeysError } from './errors.ts';
import { fetchJson } from './fetch-json.ts';

// Of both requests together; the issuer is asked while the caller waits.
const timeoutDuration = 5000;
/** How long keys are used before they are read again, in milliseconds. */
export const keysMaxAge = 10 * 60_000;
/** An unknown key id makes the keys be read again, but no more often than this, in milliseconds. */
export const keysCooldown = 30_000;

/**
 * The issuer's public keys, by the key id in a token's header; read when first needed and cached. The key source throws BadToken
 * for a token that names no key, or none of the issuer's, and KeysError where the keys cannot be had.
 */
export function issuerKeys(config: AuthorizerConfig): JWTVerifyGetKey {
  // The address is for the library's eyes only: where the keys are is found anew each time they are read.
  const keys = createRemoteJWKSet(new URL(config.jwksUri ?? config.issuer), {
    timeoutDuration,
    cacheMaxAge: keysMaxAge,
    cooldownDuration: keysCooldown,
    [customFetch]: async (_address, { signal }) => Response.json(await fetchKeys(config, signal)),
  });
  return async (header, token) => {
    if (typeof header.kid !== 'string') throw new BadToken('no key id');
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) throw new BadToken('unknown key id');
      if (error instanceof KeysError) throw error;
      throw new KeysError('the keys cannot be used', error instanceof errors.JOSEError ? error.code : (error as Error).name);
    }
  };
}

async function fetchKeys({ issuer, jwksUri }: AuthorizerConfig, signal: AbortSignal): Promise<unknown> {
  return fetchJson('the key set', jwksUri ?? (await discover(issuer, signal)), signal);
}

/** OpenID Connect Discovery 1.0: the document must name the very issuer that was asked for. */
async function discover(issuer: string, signal: AbortSignal): Promise<string> {
  const what = 'the discovery document';
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = (await fetchJson(what, address, signal)) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (found?.issuer !== issuer) throw new KeysError(`${what} is of another issuer`);
  if (typeof found.jwks_uri !== 'string') throw new KeysError(`${what} has no jwks_uri`);
  const mistake = keysAddressMistake(found.jwks_uri, issuer.startsWith('http:'));
  if (mistake) throw new KeysError(`the jwks_uri of ${what} ${mistake}`);
  return found.jwks_uri;
}
