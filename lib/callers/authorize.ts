import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { callerKey } from './caller-key.ts';
import type { AuthorizerConfig } from './config.ts';
import type { Asked } from './log.ts';
import { tokenVerifier } from './token.ts';

/** What the authorizer answers for a good token. */
export interface Authorized extends APIGatewayAuthorizerResult {
  /** API Gateway passes on strings only. */
  context: { user: string; groups: string };
}

/**
 * Makes the authorizer: for a good token it lets the caller into the whole stage, and says who it is and under which
 * key its requests count. Throws as tokenVerifier does.
 *
 * The whole stage, because every caller may send every request, and what it may change is decided further on; because a cached
 * answer serves the other paths too; and because an exact path would not be exact: a `*` in it matches more.
 */
export function authorizer(config: AuthorizerConfig): (event: Asked) => Promise<Authorized> {
  const verify = tokenVerifier(config);
  const { callerKeyPrefix: prefix } = config;
  return async ({ asked: { authorizationToken, methodArn } }) => {
    const { user, groups } = await verify(authorizationToken);
    const stage = /^arn:[^/]+\/[^/]+(?=\/)/.exec(methodArn)?.[0];
    if (stage === undefined) throw new Error('the event names no method');
    return {
      principalId: user,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${stage}/*` }],
      },
      context: { user, groups: JSON.stringify(groups) },
      ...(prefix !== undefined && { usageIdentifierKey: callerKey(prefix, user) }),
    };
  };
}
