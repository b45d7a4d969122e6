import { group, jobKinds } from '../../lib/job/kinds.ts';
import type { AuditPolicy, AuditResources, AuditRule } from '../../lib/policy/manifests.ts';
import type { Hint } from './hints.ts';
import type { Path } from './mistakes.ts';

/** Of requests for resources and of those for paths (the method in lower case), as kube-apiserver has them. */
const verbs = new Set('get list watch create update patch delete deletecollection proxy post put head options trace connect'.split(' '));
const kinds = Object.values(jobKinds).flat();
const plurals = new Set(kinds.map(({ plural }) => plural));
const kindOf = new Map(kinds.flatMap(({ kind, plural }) => [kind.toLowerCase(), plural].map((name) => [name, plural])));

/**
 * What of an audit policy loads and can match no request: kube-apiserver compares users, groups, verbs and namespaces letter by letter, and
 * lists of nothing else than such would let what they were written for go untold, or told at another level.
 */
export function idleTerms({ rules }: AuditPolicy): Hint[] {
  return rules.flatMap((rule, index) => ofRule(rule, ['rules', index]));
}

function ofRule(rule: AuditRule, path: Path): Hint[] {
  const { resources = [] } = rule;
  const unknown = (rule.verbs ?? []).flatMap((verb, at) =>
    verbs.has(verb) ? [] : [{ path: [...path, 'verbs', at], text: `no request has the verb ${JSON.stringify(verb)}${wayOut(verb)}` }],
  );
  const patterns = (['users', 'userGroups', 'namespaces'] as const).flatMap((name) =>
    (rule[name] ?? []).flatMap((value, at) =>
      value.includes('*') || (value === '' && name !== 'namespaces')
        ? [{ path: [...path, name, at], text: `nobody and nothing is called ${JSON.stringify(value)}${wayOut(value)}` }]
        : [],
    ),
  );
  return [...unknown, ...patterns, ...resources.flatMap((one, at) => ofResources(one, [...path, 'resources', at]))];
}

function wayOut(value: string): string {
  if (value.includes('*')) return ', and there are no patterns here: what is left out is any';
  return verbs.has(value.toLowerCase()) ? `: it is written ${value.toLowerCase()}` : '';
}

function ofResources({ group: named = '', resources = [] }: AuditResources, path: Path): Hint[] {
  return resources.flatMap((name, at) => {
    const [resource = '', ...rest] = name.split('/');
    const plural = kindOf.get(resource.toLowerCase());
    const here = [...path, 'resources', at];
    if (plural === undefined) return [];
    if (named !== group && named !== '*')
      return [{ path: here, text: `${plural} are of the group ${group}, and this is of ${JSON.stringify(named)}` }];
    return plurals.has(resource) ? [] : [{ path: here, text: `no resource is called ${resource}: it is ${[plural, ...rest].join('/')}` }];
  });
}
