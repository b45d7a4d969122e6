/** Who somebody is and what he may do, as he may ask about himself. */
import { signal } from '@preact/signals';
import type { Rights, Rule } from '../text/rules.ts';
import { call, Refused } from './http.ts';

/** Who somebody is to the gateway. */
export interface Self {
  username: string;
  groups: string[];
}

/** Who asks; undefined while that is not known. */
export const self = signal<Self | undefined>(undefined);

async function review<T>(group: string, kind: string, spec: object): Promise<T> {
  const path = `/apis/${group}/v1/${kind.toLowerCase()}s`;
  const body = JSON.stringify({ apiVersion: `${group}/v1`, kind, spec });
  const { text } = await call(path, { method: 'POST', body, headers: { 'content-type': 'application/json', accept: 'application/json' } });
  return (JSON.parse(text) as { status: T }).status;
}

/** Asks who the caller is. A gateway that does not say leaves it open. */
export async function readSelf(): Promise<void> {
  try {
    const { userInfo } = await review<{ userInfo: Partial<Self> }>('authentication.k8s.io', 'SelfSubjectReview', {});
    self.value = { username: userInfo.username ?? '', groups: userInfo.groups ?? [] };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    self.value = undefined;
  }
}

/** Asks what the caller may do in a namespace; undefined where the gateway does not say. */
export async function readRights(namespace: string): Promise<Rights | undefined> {
  try {
    const status = await review<{ resourceRules: Rule[]; incomplete: boolean }>('authorization.k8s.io', 'SelfSubjectRulesReview', {
      namespace,
    });
    return { rules: status.resourceRules, incomplete: status.incomplete };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return undefined;
  }
}
