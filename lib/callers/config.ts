import * as v from 'valibot';
import { checkedCertificates, endpointMistake, logLevel, parseEnvironment } from '../runtime/config.ts';
import { isReserved, unfit } from './user-info.ts';

/** Whose tokens are believed, and what is read from them. */
export interface AuthorizerConfig {
  /** The issuer exactly as its tokens spell it, a slash at the end included. */
  issuer: string;
  /** A token is for one of these. */
  audiences: readonly string[];
  /** Where the keys are; undefined: where the issuer's discovery document says. */
  jwksUri: string | undefined;
  userClaim: string;
  groupsClaim: string;
  /** What comes before the name of a user and before that of a group. */
  userPrefix: string;
  groupsPrefix: string;
  /** What the keys begin with under which API Gateway counts callers; undefined: it counts none. */
  callerKeyPrefix: string | undefined;
}

/**
 * The mistake of an address of keys, or undefined. As endpointMistake, but a query is allowed: some issuers have one there. Plain
 * http needs loopback, and where the address was found by discovery, an issuer that is plain http itself.
 */
export function keysAddressMistake(address: string, httpAllowed = true): string | undefined {
  const url = URL.parse(address);
  if (!url) return 'is not a URL';
  if (!httpAllowed && url.protocol !== 'https:') return 'must be https';
  url.search = '';
  return endpointMistake(url.href);
}

const address = (mistakeOf: (text: string) => string | undefined) =>
  v.pipe(
    v.string('is missing'),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? mistakeOf(dataset.value) : undefined;
      if (message) addIssue({ message });
    }),
  );

/** One audience, or several with commas between them. */
const audiences = v.pipe(
  v.string('is missing'),
  v.transform((text) => text.split(',').map((one) => one.trim())),
  v.check((list) => list.every((one) => one !== ''), 'has an empty one'),
);

// Under it all that is asked for would be refused.
const prefix = v.optional(
  v.pipe(
    v.string(),
    v.check((value) => !isReserved(value), 'may not begin as the names that the gateway itself gives'),
    v.check((value) => !unfit.test(value), 'may have no quotes, backslashes or control characters'),
  ),
  '',
);

/** What is said of each variable of the authorizer; deploy/parameters.ts says the same of the parameters that become these. */
export const authorizerVariables = {
  OIDC_ISSUER: address(endpointMistake),
  OIDC_AUDIENCE: audiences,
  OIDC_JWKS_URI: v.optional(address(keysAddressMistake)),
  OIDC_USER_CLAIM: v.optional(v.string(), 'sub'),
  OIDC_GROUPS_CLAIM: v.optional(v.string(), 'groups'),
  OIDC_USERNAME_PREFIX: prefix,
  OIDC_GROUPS_PREFIX: prefix,
  CALLER_KEY_PREFIX: v.optional(v.string()),
  NODE_TLS_REJECT_UNAUTHORIZED: checkedCertificates,
  POWERTOOLS_LOG_LEVEL: logLevel,
};
const Environment = v.looseObject(authorizerVariables);

/** The configuration of the authorizer. Throws ConfigError with every mistake named, never with a value. */
export function parseAuthorizerConfig(env: Record<string, string | undefined>): AuthorizerConfig {
  const output = parseEnvironment(Environment, env);
  return {
    issuer: output.OIDC_ISSUER,
    audiences: output.OIDC_AUDIENCE,
    jwksUri: output.OIDC_JWKS_URI,
    userClaim: output.OIDC_USER_CLAIM,
    groupsClaim: output.OIDC_GROUPS_CLAIM,
    userPrefix: userPrefix(output.OIDC_USERNAME_PREFIX, output.OIDC_ISSUER, output.OIDC_USER_CLAIM),
    groupsPrefix: output.OIDC_GROUPS_PREFIX,
    callerKeyPrefix: output.CALLER_KEY_PREFIX,
  };
}

/** As an API server has it (--oidc-username-prefix): by default the issuer, but not before an email; `-` is none. */
function userPrefix(given: string, issuer: string, claim: string): string {
  if (given === '-') return '';
  return given === '' && claim !== 'email' ? `${issuer}#` : given;
}
