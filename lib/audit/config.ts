import type { UserInfo } from '../callers/user-info.ts';
import type { AuditLevel, AuditStage } from '../policy/manifests.ts';

/** What a request is about, as an API server reads it out of method and URL. Without a resource it is about a path. */
export interface Attributes {
  /** Of Kubernetes; for a path that is no resource the method in lower case. */
  verb: string;
  path: string;
  resource?: { group: string; version: string; resource: string; subresource: string; namespace: string; name: string } | undefined;
}

/** How much is told of a request, and what not. */
export interface AuditConfig {
  level: AuditLevel;
  omitStages: readonly AuditStage[];
  omitManagedFields: boolean;
}

/** How much is told of a request of somebody. */
export type ConfigOf = (user: UserInfo | undefined, attributes: Attributes) => AuditConfig;
