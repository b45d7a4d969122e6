import { authenticated, isReserved, type UserInfo } from './user-info.ts';

/**
 * The user whom a Lambda authorizer names: `groups` is a JSON list of strings, as ours hands it over, since API Gateway passes on strings
 * only. Undefined where a name or group is one that only the gateway may give (`system:masters`), or the groups cannot be read.
 */
export function authorizerUser(username: string, groups: string | undefined, uid = ''): UserInfo | undefined {
  const read = groups === undefined ? [] : readGroups(groups);
  if (!read || [username, ...read].some(isReserved)) return undefined;
  return { username, uid, groups: [...read, authenticated], extra: {} };
}

/**
 * The user whom a JWT names that API Gateway verified itself (HTTP API, or a user pool of Cognito): `ISSUER#sub`, as an API server names
 * a claim other than email. It has no groups: API Gateway writes a list of them as one text, in which the name of one may look like two.
 */
export function claimsUser(issuer: string, subject: string): UserInfo | undefined {
  const username = `${issuer}#${subject}`;
  return isReserved(username) ? undefined : { username, uid: '', groups: [authenticated], extra: {} };
}

function readGroups(text: string): string[] | undefined {
  try {
    const groups: unknown = JSON.parse(text);
    return Array.isArray(groups) && groups.every((group) => typeof group === 'string') ? groups : undefined;
  } catch {
    return undefined;
  }
}
