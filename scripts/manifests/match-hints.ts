import { jobKinds } from '../../lib/job/kinds.ts';
import type { LabelSelector, MatchResources } from '../../lib/policy/manifests.ts';
import { mayMatch, selects } from '../../lib/policy/match.ts';
import type { Hint } from './hints.ts';
import type { Manifest } from './manifests.ts';
import { namespaceMessages } from './names.ts';

/** Constraints as they stand in a manifest without mistakes. */
type Criteria = Partial<MatchResources> | undefined;
type Job = Parameters<typeof mayMatch>[1];

const kinds = [...new Map(Object.values(jobKinds).flatMap((list) => list.map((kind) => [kind.plural, kind]))).values()];
const nothing = 'matches nothing that the gateway does: UPDATE of a job of kubeflow.org/v1';

/** What of the constraints of a policy or a binding can never match a job; `at` is where they stand in its spec. */
export function neverMatching(criteria: Criteria, at: 'matchConstraints' | 'matchResources'): Hint[] {
  const path = ['spec', at];
  if (!criteria) return [];
  if (!isSatisfiable(criteria.objectSelector)) return [{ path: [...path, 'objectSelector'], text: 'no labels fit it' }];
  if (matchesAny([criteria])) return [];
  const { excludeResourceRules: _, ...included } = criteria;
  if (matchesAny([included])) return [{ path: [...path, 'excludeResourceRules'], text: 'excludes every job that would be matched' }];
  const { namespaceSelector: __, ...everywhere } = included;
  if (matchesAny([everywhere])) return [{ path: [...path, 'namespaceSelector'], text: 'no namespace fits it' }];
  return [{ path: [...path, 'resourceRules'], text: nothing }];
}

/** Whether a binding and the policy that it names can each match a job, and never the same one. */
export function matchApart(binding: Criteria, policy: Manifest): boolean {
  const { matchConstraints } = policy.value.spec;
  return matchesAny([binding]) && matchesAny([matchConstraints]) && !matchesAny([binding, matchConstraints]);
}

/** Tries every job that the constraints can tell from another: of each kind, of each name and in each namespace that they name, and others. */
function matchesAny(all: readonly Criteria[]): boolean {
  const named = all.flatMap((criteria) => valuesOf(criteria?.namespaceSelector)).filter((name) => namespaceMessages(name).length === 0);
  const rules = all.flatMap((criteria) => [...(criteria?.resourceRules ?? []), ...(criteria?.excludeResourceRules ?? [])]);
  const names = rules.flatMap(({ resourceNames = [] }) => resourceNames);
  const jobs = kinds.flatMap(({ group, version, plural: resource }) =>
    withAnother(named).flatMap((namespace) => withAnother(names).map((name): Job => ({ group, version, resource, namespace, name }))),
  );
  return jobs.some((job) => all.every((criteria) => mayMatch(criteria as MatchResources | undefined, job)));
}

/** Whether there are labels that fit a selector: for each of its keys a value, or none. */
function isSatisfiable(selector: LabelSelector | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const keys = new Set([...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)]);
  return [...keys].every((key) => {
    const own: LabelSelector = {
      matchLabels: Object.fromEntries(Object.entries(matchLabels).filter(([name]) => name === key)),
      matchExpressions: matchExpressions.filter((requirement) => requirement.key === key),
    };
    return [{}, ...withAnother(valuesOf(own)).map((value) => ({ [key]: value }))].some((labels) => selects(own, labels));
  });
}

function valuesOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string[] {
  return [...Object.values(matchLabels), ...matchExpressions.flatMap(({ values = [] }) => values)];
}

/** The texts, each once, and one that is none of them. */
function withAnother(texts: readonly string[]): string[] {
  let another = 'x';
  while (texts.includes(another)) another += 'x';
  return [...new Set(texts), another];
}
