import { authenticated, type UserInfo } from './user-info.ts';

/** What API Gateway says of a caller who signed with AWS credentials. */
export interface IamIdentity {
  userArn: string;
  /** `AIDA…`, `AROA…:session`, of a root user the account, of a federated one `account:name`. */
  userId: string | undefined;
  /** Where an identity pool of Cognito gave the credentials. */
  cognito?: { identityId?: string | undefined; poolId?: string | undefined; isGuest: boolean } | undefined;
}

/** How IAM's callers are named. */
export interface CallerNames {
  /** What names a caller who came through IAM Identity Center: the role of the permission set, which all its users share, or the session. */
  ssoUsername: 'role' | 'session';
}

const arn = /^arn:(aws(?:-[a-z]+)*):(iam|sts)::(\d{12}):([\x21-\x7e]+)$/;
const reservedSso = 'AWSReservedSSO_';

/**
 * The user of IAM credentials, by the ARN alone: of a user or root the ARN itself, of an assumed role that of the role without its path, which
 * an assumed role's ARN has lost. The account is the ARN's own, and its group `arn:aws:iam::ACCOUNT:root`. Undefined for what is no
 * such ARN, and for a guest of Cognito's, whom nobody has authenticated.
 */
export function iamUser({ userArn, userId, cognito }: IamIdentity, { ssoUsername }: CallerNames): UserInfo | undefined {
  const [, partition, service, account, resource = ''] = arn.exec(userArn) ?? [];
  const named = partition === undefined || cognito?.isGuest ? undefined : nameOf(`${service}/${resource}`);
  if (!named) return undefined;
  const { role, session } = named;
  const canonical = role === undefined ? userArn : `arn:${partition}:iam::${account}:role/${role}`;
  const bySession = role?.startsWith(reservedSso) && ssoUsername === 'session';
  const principalId = userId?.split(':', 1)[0];
  const extra = {
    arn: userArn,
    canonicalArn: canonical,
    principalId,
    sessionName: session,
    cognitoIdentityId: cognito?.identityId,
    cognitoIdentityPoolId: cognito?.poolId,
  };
  return {
    username: bySession ? userArn : canonical,
    uid: principalId ?? '',
    // Whoever is named by the session can still be bound by the role.
    groups: [...(bySession ? [canonical] : []), `arn:${partition}:iam::${account}:root`, authenticated],
    extra: Object.fromEntries(Object.entries(extra).flatMap(([key, value]) => (value ? [[key, [value]]] : []))),
  };
}

/** What an ARN names: a role and its session, or (neither) what has no other name. Neither a role nor a session holds a slash. */
function nameOf(resource: string): { role?: string | undefined; session?: string | undefined } | undefined {
  const [, role, session] = /^sts\/assumed-role\/([^/]+)\/([^/]+)$/.exec(resource) ?? [];
  if (role !== undefined) return { role, session };
  return /^(?:iam\/user\/(?:[^/]+\/)*[^/]+|iam\/root|sts\/federated-user\/[^/]+)$/.test(resource) ? {} : undefined;
}
