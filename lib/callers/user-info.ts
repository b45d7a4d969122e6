/** Who asks, as Kubernetes' authentication/v1 UserInfo: what RBAC and admission policies see of a caller. */
export interface UserInfo {
  readonly username: string;
  /** Empty where nothing tells one from another of the same name. */
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** The group of everybody who was authenticated, last among the groups as on an API server. */
export const authenticated = 'system:authenticated';
/** The group of everybody who asks by an event. */
export const eventsGroup = 'tfjob-gateway:events';

/**
 * What no user's name may have, nor what comes before it: logs show both, and API Gateway's is a text template in which a quote or a backslash
 * would end the string.
 */
export const unfit = /[\p{C}\p{Zl}\p{Zp}"\\]/u;

/** With these begins what Kubernetes, AWS or the gateway itself calls somebody, so no token may name anybody so. */
const reservedBeginnings = ['system:', 'event:', 'tfjob-gateway:', 'arn:'];

/** Whether a name of a user or group is one that only the gateway may give. Case counts, as it does to RBAC. */
export function isReserved(name: string): boolean {
  return reservedBeginnings.some((beginning) => name.startsWith(beginning));
}
