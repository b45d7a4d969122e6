import type { JsonObject } from '../json/json.ts';
import { getPath } from '../json/json.ts';
import type { LabelSelector, MatchResources, NamedRuleWithOperations } from './manifests.ts';

/** What a policy is matched against: an update of one job, and what it makes of it. */
export interface Matched {
  group: string;
  version: string;
  resource: string;
  namespace: string;
  name: string;
  object: JsonObject;
  oldObject: JsonObject;
}

/**
 * Whether a policy or a binding is about an update, as kube-apiserver's matcher decides (apiserver's policy/matching). A namespace has no
 * labels here but `kubernetes.io/metadata.name`; that a selector asks for no other is checked when the manifests are built.
 */
export function matches(criteria: Partial<MatchResources> | undefined, request: Matched): boolean {
  if (!criteria) return true;
  const { namespaceSelector, objectSelector, excludeResourceRules = [], resourceRules = [] } = criteria;
  if (!selects(namespaceSelector, { 'kubernetes.io/metadata.name': request.namespace })) return false;
  if (objectSelector && ![request.object, request.oldObject].some((job) => selects(objectSelector, labelsOf(job)))) return false;
  if (excludeResourceRules.some((rule) => covers(rule, request))) return false;
  return resourceRules.length === 0 || resourceRules.some((rule) => covers(rule, request));
}

/** Whether a policy may be about an update of a job of which only its name is known: what its labels say is taken to fit. */
export function mayMatch(criteria: MatchResources | undefined, job: Omit<Matched, 'object' | 'oldObject'>): boolean {
  const { objectSelector: _, ...rest } = criteria ?? {};
  return matches(rest, { ...job, object: {}, oldObject: {} });
}

/** Whether labels fit a selector; one that is absent or empty fits all (LabelSelectorAsSelector). */
export function selects(selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  if (Object.entries(matchLabels).some(([key, value]) => !Object.hasOwn(labels, key) || labels[key] !== value)) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const isThere = Object.hasOwn(labels, key);
    const isOneOf = isThere && values.includes(labels[key] as string);
    if (operator === 'In') return isOneOf;
    if (operator === 'NotIn') return !isOneOf;
    return operator === 'Exists' ? isThere : !isThere;
  });
}

/** The labels of an object; what is no text counts for none. */
export function labelsOf(object: JsonObject): Record<string, string> {
  const labels = getPath(object, ['metadata', 'labels']);
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return {};
  return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function covers(
  { apiGroups, apiVersions, resources, operations, scope, resourceNames = [] }: NamedRuleWithOperations,
  job: Omit<Matched, 'object' | 'oldObject'>,
): boolean {
  return (
    has(apiGroups, job.group) &&
    has(apiVersions, job.version) &&
    has(operations, 'UPDATE') &&
    scope !== 'Cluster' &&
    resources.some((resource) => coversResource(resource, job.resource)) &&
    (resourceNames.length === 0 || resourceNames.includes(job.name))
  );
}

/** A job has no subresource that could be written here: `tfjobs`, `*`, and what names every subresource of these. */
function coversResource(rule: string, resource: string): boolean {
  const [name, subresource = ''] = rule.split('/', 2);
  return (name === '*' || name === resource) && (subresource === '' || subresource === '*');
}

function has(list: readonly string[], wanted: string): boolean {
  return list.some((one) => one === '*' || one === wanted);
}
