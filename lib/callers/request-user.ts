import { type CallerNames, iamUser } from './iam.ts';
import { authorizerUser, claimsUser } from './token-user.ts';
import type { UserInfo } from './user-info.ts';

type Loose = { [key: string]: Loose | undefined } | undefined;

// Nothing is taken for what it should be: what is no text counts as absent.
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The requestContext of API Gateway's payload 1.0, and that of 2.0. */
export type PayloadVersion = '1.0' | '2.0';

/** Whom each authorizer of a payload names, in what it writes into requestContext. */
interface Principals {
  /** Who signed, and who the pool of Cognito says that is. */
  iam: Loose;
  userId: unknown;
  cognito: { identityId: unknown; poolId: unknown; isGuest: boolean };
  lambda: Loose;
  claims: Loose;
}

const read: Record<PayloadVersion, (requestContext: Loose) => Principals> = {
  '1.0': (requestContext) => {
    const { identity, authorizer } = requestContext ?? {};
    const isGuest = text(identity?.cognitoAuthenticationType) === 'unauthenticated';
    const cognito = { identityId: identity?.cognitoIdentityId, poolId: identity?.cognitoIdentityPoolId, isGuest };
    return { iam: identity, userId: identity?.user, cognito, lambda: authorizer, claims: authorizer?.claims };
  },
  '2.0': (requestContext) => {
    const { iam, lambda, jwt } = requestContext?.authorizer ?? {};
    const methods: unknown = iam?.cognitoIdentity?.amr;
    const isGuest = Array.isArray(methods) && methods.includes('unauthenticated');
    const cognito = { identityId: iam?.cognitoIdentity?.identityId, poolId: iam?.cognitoIdentity?.identityPoolId, isGuest };
    return { iam, userId: iam?.userId, cognito, lambda, claims: jwt?.claims };
  },
};

/**
 * Who asks, by what API Gateway's authorizer wrote into an event's requestContext: who signed with AWS credentials, whom a Lambda authorizer
 * names, or whom a verified JWT does. Undefined where none of them names anybody who may be called so.
 */
export function requestUser(version: PayloadVersion, requestContext: unknown, names: CallerNames): UserInfo | undefined {
  const { iam, userId, cognito, lambda, claims } = read[version](requestContext as Loose);
  const userArn = text(iam?.userArn);
  if (userArn !== undefined) {
    const pool = { ...cognito, identityId: text(cognito.identityId), poolId: text(cognito.poolId) };
    return iamUser({ userArn, userId: text(userId), cognito: pool }, names);
  }
  const named = text(lambda?.principalId);
  if (named !== undefined) return authorizerUser(named, text(lambda?.groups), text(lambda?.uid));
  const [issuer, subject] = [text(claims?.iss), text(claims?.sub)];
  return issuer !== undefined && subject !== undefined ? claimsUser(issuer, subject) : undefined;
}
