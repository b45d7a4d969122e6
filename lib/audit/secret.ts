import { randomUUID } from 'node:crypto';
import type { UserInfo } from '../callers/user-info.ts';
import type { AuditConfig, ConfigOf } from './config.ts';
import { type AuditEvent, eventLine } from './event.ts';

/** What was done to the secret that holds the credentials of CCI: never what is in it. */
export interface SecretAccess {
  verb: 'get' | 'update';
  /** The function's own word for what came of it; `failed` where it failed. */
  outcome: string;
  /** Of a rotation. */
  step?: string | undefined;
  /** The version that was read, or is to become current. */
  version?: string | undefined;
  /** What AWS calls the failure. */
  error?: string | undefined;
}

const user: UserInfo = { username: 'system:tfjob-gateway', uid: '', groups: [], extra: {} };
const always: AuditConfig = { level: 'Metadata', omitStages: [], omitManagedFields: false };

/**
 * Tells of one access of a function to the secret of this name, when it is over, as an event of its own: by the policy where there is one
 * (`get` and `update` of `secrets` in the core group), else always. `common` are the annotations of every event.
 */
export function secretTeller(
  name: string,
  configOf: ConfigOf | undefined,
  common: Readonly<Record<string, string>>,
  print: (line: string) => void,
): (access: SecretAccess) => void {
  const resource = { group: '', version: 'v1', resource: 'secrets', subresource: '', namespace: '', name };
  return ({ verb, outcome, step, version, error }) => {
    const { level, omitStages } = configOf?.(user, { verb, path: '', resource }) ?? always;
    if (level === 'None' || omitStages.includes('ResponseComplete')) return;
    const at = Date.now();
    const event: AuditEvent = {
      level,
      auditID: randomUUID(),
      stage: 'ResponseComplete',
      requestURI: '',
      verb,
      user,
      sourceIPs: [],
      userAgent: undefined,
      objectRef: { resource: 'secrets', name, apiVersion: 'v1' },
      responseStatus: outcome === 'failed' ? { status: 'Failure', code: 500 } : { code: 200 },
      receivedAt: at,
      stageAt: at,
      annotations: {
        ...common,
        'tfjob-gateway/outcome': outcome,
        ...(step && { 'tfjob-gateway/step': step }),
        ...(version && { 'tfjob-gateway/secret-version': version }),
        ...(error && { 'tfjob-gateway/error': error }),
      },
    };
    print(eventLine(event));
  };
}
