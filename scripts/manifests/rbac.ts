import type { LabelSelector, PolicyRule, RoleRef, Subject } from '../../lib/policy/manifests.ts';
import type { Manifest, Raw } from './manifests.ts';
import { checkMetadata, checkSelector } from './metadata.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { pathSegmentMessages, subdomainMessages } from './names.ts';

const group = 'rbac.authorization.k8s.io';

/** Checks a Role as kube-apiserver does (pkg/apis/rbac/validation, and what its types declare). */
export function checkRole(manifest: Manifest): void {
  checkMetadata(manifest, pathSegmentMessages);
  checkRules(manifest, true);
}

/** Checks a ClusterRole as kube-apiserver does. */
export function checkClusterRole(manifest: Manifest): void {
  checkMetadata(manifest, pathSegmentMessages);
  checkRules(manifest, false);
  const { value, errors } = manifest;
  if (!value.aggregationRule) return;
  const selectors: Raw<LabelSelector>[] = value.aggregationRule.clusterRoleSelectors ?? [];
  const path = ['aggregationRule', 'clusterRoleSelectors'];
  if (selectors.length === 0) errors.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil');
  for (const [index, selector] of selectors.entries()) checkSelector(selector, [...path, index], errors);
}

function checkRules({ value, errors }: Manifest, isNamespaced: boolean): void {
  for (const [index, rule] of ((value.rules ?? []) as Raw<PolicyRule>[]).entries()) checkRule(rule, isNamespaced, ['rules', index], errors);
}

function checkRule(rule: Raw<PolicyRule>, isNamespaced: boolean, path: Path, errors: FieldErrors): void {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  if (verbs.length === 0) errors.required([...path, 'verbs']);
  if (nonResourceURLs.length > 0) {
    const refuse = (why: string) => errors.invalid([...path, 'nonResourceURLs'], nonResourceURLs, why);
    if (isNamespaced) refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0)
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    return;
  }
  if (apiGroups.length === 0) errors.required([...path, 'apiGroups'], 'resource rules must supply at least one api group');
  if (resources.length === 0) errors.required([...path, 'resources'], 'resource rules must supply at least one resource');
}

/** Checks a RoleBinding as kube-apiserver does. */
export function checkRoleBinding(manifest: Manifest): void {
  checkBinding(manifest, true, ['Role', 'ClusterRole']);
}

/** Checks a ClusterRoleBinding as kube-apiserver does. */
export function checkClusterRoleBinding(manifest: Manifest): void {
  checkBinding(manifest, false, ['ClusterRole']);
}

function checkBinding(manifest: Manifest, isNamespaced: boolean, roleKinds: readonly string[]): void {
  checkMetadata(manifest, pathSegmentMessages);
  const { value, errors } = manifest;
  const { apiGroup = group, kind = '', name = '' }: Raw<RoleRef> = value.roleRef ?? {};
  if (apiGroup !== '' && apiGroup !== group) errors.notSupported(['roleRef', 'apiGroup'], apiGroup, [group]);
  if (!roleKinds.includes(kind)) errors.notSupported(['roleRef', 'kind'], kind, roleKinds);
  if (name === '') errors.required(['roleRef', 'name']);
  else errors.invalidEach(['roleRef', 'name'], name, pathSegmentMessages(name));
  for (const [index, subject] of ((value.subjects ?? []) as Raw<Subject>[]).entries()) {
    checkSubject(subject, isNamespaced, ['subjects', index], errors);
  }
}

function checkSubject(
  { kind = '', apiGroup = '', name = '', namespace }: Raw<Subject>,
  isNamespaced: boolean,
  path: Path,
  errors: FieldErrors,
): void {
  if (name === '') errors.required([...path, 'name']);
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.invalidEach([...path, 'name'], name, subdomainMessages(name));
    if (apiGroup !== '') errors.notSupported([...path, 'apiGroup'], apiGroup, ['']);
    if (!isNamespaced && !namespace) errors.required([...path, 'namespace']);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== '' && apiGroup !== group) errors.notSupported([...path, 'apiGroup'], apiGroup, [group]);
  } else errors.notSupported([...path, 'kind'], kind, ['ServiceAccount', 'User', 'Group']);
}
