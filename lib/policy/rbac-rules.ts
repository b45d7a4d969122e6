import type { PolicyRule } from './manifests.ts';

/** What somebody wants to do to a resource. What is left out, or empty, is none. */
export interface ResourceAttributes {
  verb: string;
  group: string;
  version: string;
  /** The plural. */
  resource: string;
  subresource?: string;
  namespace?: string;
  name?: string;
}
/** What somebody wants to do to a path that is no resource. */
export interface NonResourceAttributes {
  verb: string;
  path: string;
}
/** What somebody wants to do. */
export type Attributes = ResourceAttributes | NonResourceAttributes;

const all = '*';

/** Whether a rule allows what somebody wants, as the API server's RuleAllows has it. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!hasOrAll(rule.verbs, attributes.verb)) return false;
  if ('path' in attributes) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, attributes.path));
  const { group, resource, subresource = '', name = '' } = attributes;
  return (
    hasOrAll(rule.apiGroups, group) &&
    (rule.resources ?? []).some((ruled) => resourceMatches(ruled, resource, subresource)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}

function hasOrAll(ruled: readonly string[] | undefined, wanted: string): boolean {
  return ruled !== undefined && (ruled.includes(all) || ruled.includes(wanted));
}

/** `*` is every resource with every subresource, and `*` + `/scale` the scale of every resource. */
function resourceMatches(ruled: string, resource: string, subresource: string): boolean {
  if (ruled === all) return true;
  if (subresource === '') return ruled === resource;
  return ruled === `${resource}/${subresource}` || ruled === `*/${subresource}`;
}

/** An asterisk counts at the end alone, where it is any rest, be it nothing. */
function urlMatches(ruled: string, path: string): boolean {
  return ruled === all || ruled === path || (ruled.endsWith(all) && path.startsWith(ruled.replace(/\*+$/, '')));
}
