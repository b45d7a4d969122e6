import type { LabelSelector, MatchResources, NamedRuleWithOperations } from '../../lib/policy/manifests.ts';
import type { Raw } from './manifests.ts';
import { checkSelector } from './metadata.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { pathSegmentMessages } from './names.ts';

type Rule = Raw<NamedRuleWithOperations>;
const nameLabel = 'kubernetes.io/metadata.name';

/** Checks matchConstraints or matchResources as kube-apiserver does, and that the gateway can ever match them. */
export function checkMatchResources(match: Raw<MatchResources>, path: Path, errors: FieldErrors): void {
  const { matchPolicy = 'Equivalent', namespaceSelector = {}, objectSelector = {} } = match;
  const { resourceRules = [], excludeResourceRules = [] } = match;
  if (!['Equivalent', 'Exact'].includes(matchPolicy)) errors.notSupported([...path, 'matchPolicy'], matchPolicy, ['Equivalent', 'Exact']);
  checkSelector(namespaceSelector, [...path, 'namespaceSelector'], errors);
  checkNamespaceLabels(namespaceSelector, [...path, 'namespaceSelector'], errors);
  checkSelector(objectSelector, [...path, 'objectSelector'], errors);
  for (const [index, rule] of resourceRules.entries()) checkRule(rule, [...path, 'resourceRules', index], errors);
  for (const [index, rule] of excludeResourceRules.entries()) checkRule(rule, [...path, 'excludeResourceRules', index], errors);
  checkPerformed(resourceRules, [...path, 'resourceRules'], errors);
}

/** No Namespace is read, so nothing is known of one but its name, which Kubernetes keeps in this label too. */
function checkNamespaceLabels({ matchLabels = {}, matchExpressions = [] }: Raw<LabelSelector>, path: Path, errors: FieldErrors): void {
  const detail = `the gateway reads no Namespace, and knows of its labels ${nameLabel} alone`;
  for (const key of Object.keys(matchLabels)) {
    if (key !== nameLabel) errors.invalid([...path, 'matchLabels'], key, detail, [...path, 'matchLabels', [key]]);
  }
  for (const [index, { key = '' }] of matchExpressions.entries()) {
    if (key !== nameLabel) errors.invalid([...path, 'matchExpressions', index, 'key'], key, detail);
  }
}

/** A policy that is about nothing but what the gateway never does would protect nothing. */
function checkPerformed(rules: readonly Rule[], path: Path, errors: FieldErrors): void {
  const operations = rules.flatMap((rule) => rule.operations ?? []);
  if (operations.length === 0 || operations.some((operation) => !['CREATE', 'DELETE', 'CONNECT'].includes(operation))) return;
  errors.invalid([...path, 0, 'operations'], [...new Set(operations)], 'the gateway performs UPDATE only, so this would never apply');
}

function checkRule(rule: Rule, path: Path, errors: FieldErrors): void {
  const { resourceNames = [], operations = [], apiGroups = [], apiVersions = [], resources = [], scope = '*' } = rule;
  for (const [index, name] of resourceNames.entries()) {
    errors.invalidEach([...path, 'resourceNames', index], name, pathSegmentMessages(name));
    if (resourceNames.indexOf(name) < index) errors.duplicate([...path, 'resourceNames', index], name);
  }
  checkAlone(operations, 'operations', [...path, 'operations'], errors);
  const known = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
  for (const [index, operation] of operations.entries()) {
    if (!known.includes(operation)) errors.notSupported([...path, 'operations', index], operation, known);
  }
  checkAlone(apiGroups, 'API groups', [...path, 'apiGroups'], errors);
  checkAlone(apiVersions, 'API versions', [...path, 'apiVersions'], errors);
  for (const [index, version] of apiVersions.entries()) if (version === '') errors.required([...path, 'apiVersions', index]);
  checkResources(resources, [...path, 'resources'], errors);
  if (!['*', 'Cluster', 'Namespaced'].includes(scope)) errors.notSupported([...path, 'scope'], scope, ['*', 'Cluster', 'Namespaced']);
}

function checkAlone(list: readonly string[], what: string, path: Path, errors: FieldErrors): void {
  if (list.length === 0) errors.required(path);
  if (list.length > 1 && list.includes('*')) errors.invalid(path, list, `if '*' is present, must not specify other ${what}`);
}

function checkResources(resources: readonly string[], path: Path, errors: FieldErrors): void {
  if (resources.length === 0) errors.required(path);
  const whole = new Set<string>();
  const everywhere = new Set<string>();
  for (const [index, text] of resources.entries()) {
    if (text === '') errors.required([...path, index]);
    const [resource = '', subresource] = text.split(/\/(.*)/s);
    if (subresource === undefined) continue;
    if (whole.has(resource)) errors.invalid([...path, index], text, `if '${resource}/*' is present, must not specify ${text}`);
    if (everywhere.has(subresource)) errors.invalid([...path, index], text, `if '*/${subresource}' is present, must not specify ${text}`);
    if (subresource === '*') whole.add(resource);
    if (resource === '*') everywhere.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*'))
    errors.invalid(path, resources, "if '*/*' is present, must not specify other resources");
  // As Kubernetes asks it: of those without a subresource the last decides.
  const last = resources.findLast((text) => text !== '' && !text.includes('/'));
  if (resources.includes('*') && last !== '*')
    errors.invalid(path, resources, "if '*' is present, must not specify other resources without subresources");
}
