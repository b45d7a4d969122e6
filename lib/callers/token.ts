import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { AuthorizerConfig } from './config.ts';
import { BadToken, KeysError } from './errors.ts';
import { issuerKeys } from './keys.ts';
import { isReserved, unfit } from './user-info.ts';

/** Who a token speaks for. */
export interface Identity {
  user: string;
  groups: string[];
}

/** Signatures by a private key that only the issuer has: neither `none` nor a secret that is shared (HS…). */
export const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'];

/** How far the issuer's clock may be from ours, in seconds. */
export const clockTolerance = 5;

/** The Authorization header's form; API Gateway is told the same, and calls nobody for another. */
export const bearer = /^Bearer ([-A-Za-z0-9_]+\.[-A-Za-z0-9_]+\.[-A-Za-z0-9_]+)$/;

const userLimit = 256;

/**
 * Makes the check of an Authorization header. It resolves to the identity in the token, throws BadToken for a token that is not to
 * be believed, and KeysError where that cannot be told.
 */
export function tokenVerifier(config: AuthorizerConfig): (authorization: unknown) => Promise<Identity> {
  const keys = issuerKeys(config);
  const { issuer, audiences } = config;
  const options = { issuer, audience: [...audiences], algorithms, clockTolerance, requiredClaims: ['exp'] };
  return async (authorization) => {
    const token = typeof authorization === 'string' ? bearer.exec(authorization)?.[1] : undefined;
    if (token === undefined) throw new BadToken('not a bearer token');
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return identityOf(config, payload);
    } catch (error) {
      throw verdictOf(error);
    }
  };
}

/** The library's messages and causes may quote the token, so only its codes go on. */
function verdictOf(error: unknown): BadToken | KeysError {
  if (error instanceof BadToken || error instanceof KeysError) return error;
  if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) return new BadToken(error.code, error.claim);
  if (error instanceof errors.JOSEError) return new BadToken(error.code);
  // Such as an RSA key of less than 2048 bits.
  return new KeysError('the key cannot be used', (error as Error).name);
}

function identityOf({ userClaim, groupsClaim, userPrefix, groupsPrefix }: AuthorizerConfig, payload: JWTPayload): Identity {
  const user = own(payload, userClaim);
  if (typeof user !== 'string' || user === '' || user.length > userLimit || unfit.test(user)) throw new BadToken('no fit user', userClaim);
  // As in Kubernetes: an address that its owner never proved names nobody.
  if (userClaim === 'email' && (own(payload, 'email_verified') ?? true) !== true) throw new BadToken('not verified', userClaim);
  const groups = own(payload, groupsClaim) ?? [];
  const list = Array.isArray(groups) ? groups : [groups];
  if (!list.every((group) => typeof group === 'string')) throw new BadToken('groups are not strings', groupsClaim);
  const identity = { user: `${userPrefix}${user}`, groups: list.map((group) => `${groupsPrefix}${group}`) };
  // Such as system:masters.
  if (isReserved(identity.user)) throw new BadToken('a reserved name', userClaim);
  if (identity.groups.some(isReserved)) throw new BadToken('a reserved name', groupsClaim);
  return identity;
}

function own(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}
