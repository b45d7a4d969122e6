import type { Layout } from '../job/fields.ts';
import { group, jobKinds } from '../job/kinds.ts';
import type { AuditPolicy, AuditRule } from '../policy/manifests.ts';

/** Something that is written: a verb on a resource. */
interface Write {
  verb: string;
  plural: string;
}

/**
 * What of the writes a policy may leave out of the audit trail, one sentence each: writes of which it tells nothing, or not that they were
 * received. A rule for some users, namespaces or names alone counts against the policy, and never for it.
 */
export function omittedWrites(policy: AuditPolicy, layout: Layout): string[] {
  const writes = jobKinds[layout].flatMap(({ plural }) => ['update', 'patch'].map((verb) => ({ verb, plural })));
  const omitted = new Set<string>();
  if (policy.omitStages?.includes('RequestReceived')) omitted.add('omits the stage RequestReceived');
  for (const write of writes) {
    const from = policy.rules.findIndex((rule) => isWhole(rule) && mayMatch(rule, write));
    const asked = policy.rules.slice(0, from === -1 ? undefined : from + 1);
    for (const [index, rule] of asked.entries()) {
      if (!mayMatch(rule, write)) continue;
      if (rule.level === 'None') omitted.add(`omits writes by rules[${index}]`);
      else if (rule.omitStages?.includes('RequestReceived')) omitted.add(`omits the stage RequestReceived by rules[${index}]`);
    }
    if (from === -1) omitted.add(`has no rule for every ${write.verb} of ${write.plural}`);
  }
  return [...omitted];
}

function mayMatch({ verbs = [], resources = [], namespaces = [], nonResourceURLs = [] }: AuditRule, { verb, plural }: Write): boolean {
  if (verbs.length > 0 && !verbs.includes(verb)) return false;
  if (resources.length === 0) return namespaces.length > 0 || nonResourceURLs.length === 0;
  const names = ['*', plural, `${plural}/*`];
  return resources.some(
    (one) => (one.group === '*' || one.group === group) && (!one.resources?.length || one.resources.some((name) => names.includes(name))),
  );
}

/** For every user, namespace and name. */
function isWhole({ users = [], userGroups = [], namespaces = [], resources = [] }: AuditRule): boolean {
  return (
    [users, userGroups, namespaces].every(({ length }) => length === 0) &&
    resources.every(({ resourceNames = [] }) => resourceNames.length === 0)
  );
}
