import { distance } from 'fastest-levenshtein';
import type { MapName } from '../fields.ts';
import type { Judged, Proposal } from '../judged.ts';
import { memberPath } from '../shown.ts';

/** Whether a label or annotation that would change is protected, so that it is forbidden (docs/decision.md, protected-key). */
export function protectedKey({ protectedKeys }: Judged, name: MapName, key: string, { forbidden }: Proposal): boolean {
  if (!isProtected(key, protectedKeys)) return false;
  const message = 'is protected and may not be changed';
  forbidden.add('protected-key', () => ({ reason: 'FieldValueForbidden', message, field: memberPath(name, key) }));
  return true;
}

/**
 * Labels and annotations by which a tool in wide use deletes or rewrites a whole job, so that whoever may set one may do the same;
 * docs/protected-keys.md says for each what it does.
 */
export const recommendedKeys: readonly string[] = [
  'applyset.kubernetes.io/*',
  'argocd.argoproj.io/*',
  'kustomize.toolkit.fluxcd.io/*',
  'helm.toolkit.fluxcd.io/*',
  'meta.helm.sh/*',
  'helm.sh/*',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'cleanup.kyverno.io/*',
  'janitor/*',
  'kapp.k14s.io/*',
  'objectset.rio.cattle.io/*',
  'config.k8s.io/*',
  'kueue.x-k8s.io/*',
  'volcano.sh/*',
  'scheduling.volcano.sh/*',
];

// A key as Kubernetes has them, or all keys of a prefix. What no key can match would protect nothing without a word.
const pattern = /^([A-Za-z0-9.-]+\/)?[A-Za-z0-9._-]+$|^[A-Za-z0-9.-]+\/\*$/;

/**
 * Reads PROTECTED_KEYS: exact keys and `prefix/*`, separated by commas; the word `recommended` stands for recommendedKeys, and `none`,
 * which must stand alone, for no key. Returns what isProtected takes, or undefined for a list that cannot be read.
 */
export function parseProtectedKeys(list: string): string[] | undefined {
  const words = list
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const isNone = (word: string): boolean => word.toLowerCase() === 'none';
  if (words.some(isNone)) return words.length === 1 ? [] : undefined;
  if (words.length === 0 || !words.every((word) => pattern.test(word)) || words.some(isMisspelt)) return undefined;
  return words.flatMap((word) => (word.toLowerCase() === 'recommended' ? recommendedKeys : [word]));
}

/** Taken for a key, a misspelt `recommended` would protect nothing without a word. (`name` and `node` are keys, and near to `none`.) */
function isMisspelt(word: string): boolean {
  const near = distance(word.toLowerCase(), 'recommended');
  return near > 0 && near <= 3;
}

/** Whether a key of labels or annotations is one of the protected keys: exact, or under `prefix/*`. */
export function isProtected(key: string, protectedKeys: readonly string[]): boolean {
  return protectedKeys.some((pattern) => (pattern.endsWith('/*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern));
}
