import { authenticated, eventsGroup } from '../../lib/callers/user-info.ts';
import { jobKinds } from '../../lib/job/kinds.ts';
import type { PolicyRule, Subject } from '../../lib/policy/manifests.ts';
import type { Hint } from './hints.ts';
import type { Manifest, Raw } from './manifests.ts';
import type { Path } from './mistakes.ts';

const plurals = [...new Set(Object.values(jobKinds).flatMap((kinds) => kinds.map(({ plural }) => plural)))];
const asked = ['get', 'list', 'watch', 'update', 'patch'];
/** Those of an API server for resources and paths, which roles of a cluster name. */
const otherVerbs = ['create', 'delete', 'deletecollection', 'impersonate', 'bind', 'escalate', 'use', 'approve', 'sign', 'attest'];
const verbs = [...asked, ...otherVerbs, 'head', 'post', 'put', 'options'];
/** What `kubectl auth can-i` asks with: roles of a cluster allow it by rules of their own. */
const ofReviews = ['authorization.k8s.io', 'authentication.k8s.io'];

/**
 * The rules of a role by which nobody may do anything here. `expressions`: the texts of all policies, whose `authorizer` may ask for
 * what the gateway does not.
 */
export function idleRules({ value }: Manifest, expressions: string): Hint[] {
  // Those of an aggregated role are overwritten.
  if (value.aggregationRule) return [];
  const isNamed = (text: string) => text === '*' || expressions.includes(`'${text}'`) || expressions.includes(`"${text}"`);
  return ((value.rules ?? []) as Raw<PolicyRule>[]).flatMap((rule, index) => {
    const path = ['rules', index];
    const unknown = unlike(rule.verbs, [...path, 'verbs'], (verb) => verbs.includes(verb) || isNamed(verb), 'is no verb');
    return [...unknown, ...(rule.nonResourceURLs?.length || unknown.length > 0 ? [] : idleRule(rule, path, isNamed))];
  });
}

function idleRule(
  { apiGroups = [], resources = [], verbs: given = [] }: Raw<PolicyRule>,
  path: Path,
  isNamed: (text: string) => boolean,
): Hint[] {
  if (apiGroups.some((group) => ofReviews.includes(group))) return [];
  if (!apiGroups.some((group) => group === 'kubeflow.org' || isNamed(group)))
    return [
      {
        path: [...path, 'apiGroups'],
        text: 'is about nothing here: jobs are in the group kubeflow.org, which is written without a version',
      },
    ];
  const isHere = (resource: string) => plurals.includes(resource) || isNamed(resource);
  // What is not a job may be of another of its groups.
  if (apiGroups.every((group) => group === 'kubeflow.org') || !resources.some(isHere)) {
    const unknown = unlike(resources, [...path, 'resources'], isHere, `is nothing here: there are ${plurals.join(', ')}`);
    if (unknown.length > 0) return unknown;
  }
  if (given.some((verb) => asked.includes(verb) || isNamed(verb))) return [];
  return [{ path: [...path, 'verbs'], text: `is never asked for here: the gateway asks for ${asked.join(', ')}` }];
}

function unlike(texts: readonly string[] | undefined, path: Path, isKnown: (text: string) => boolean, text: string): Hint[] {
  return (texts ?? []).flatMap((one, index) => (isKnown(one) ? [] : [{ path: [...path, index], text: `${JSON.stringify(one)} ${text}` }]));
}

/** The subjects of a binding that nobody can be, by how the gateway names callers (docs/policies.md, Who). */
export function callersThatAreNone({ value }: Manifest): Hint[] {
  const subjects: Raw<Subject>[] = value.subjects ?? [];
  return subjects.flatMap(({ kind, name = '' }, index) => {
    if (kind === 'ServiceAccount') return [{ path: ['subjects', index], text: 'no caller is a service account here' }];
    const why = kind === 'Group' ? notAGroup(name) : notAUser(name);
    return why === undefined ? [] : [{ path: ['subjects', index, 'name'], text: why }];
  });
}

function notAUser(name: string): string | undefined {
  if (name.startsWith('arn:')) return notAPrincipal(name);
  if (name.startsWith('event:')) {
    const isOne = /^event:[\w./-]+$/.test(name);
    return isOne ? undefined : 'no event comes from such a user: it is event: and a source, or a unique id without a session';
  }
  return /^(?:system|tfjob-gateway):/.test(name) ? `no caller is the user ${JSON.stringify(name)} here` : undefined;
}

function notAGroup(name: string): string | undefined {
  if (name === authenticated || name === eventsGroup) return undefined;
  if (name.startsWith('event:'))
    return `no caller is in a group of events by their source: that is a User, and the group of all is ${eventsGroup}`;
  // Where users of IAM Identity Center are named by their session, their role is a group.
  if (/^arn:aws(?:-[a-z]+)*:iam::\d{12}:(?:root|role\/AWSReservedSSO_[\w+=,.@-]+)$/.test(name)) return undefined;
  if (name.startsWith('arn:'))
    return 'no caller is in such a group: of IAM there is arn:aws:iam::ACCOUNT:root, and roles and users are each a User';
  return /^(?:system|tfjob-gateway):/.test(name) ? `no caller is in the group ${JSON.stringify(name)} here` : undefined;
}

function notAPrincipal(name: string): string | undefined {
  const resource = /^arn:aws(?:-[a-z]+)*:(iam|sts)::\d{12}:(.+)$/.exec(name);
  const named = resource && `${resource[1]}/${resource[2]}`;
  const id = '[\\w+=,.@-]+';
  if (!named) return 'no caller has such an ARN';
  if (/^iam\/role\/.*\//.test(named))
    return 'no caller is so called: a role is named here without its path, arn:aws:iam::ACCOUNT:role/NAME';
  if (/^sts\/assumed-role\/(?!AWSReservedSSO_)/.test(named))
    return 'no caller is so called: whoever assumed a role is named by the role, arn:aws:iam::ACCOUNT:role/NAME';
  const isOne = new RegExp(`^(?:iam/root|iam/role/${id}|iam/user/[\\x21-\\x7e]+|sts/federated-user/${id}|sts/assumed-role/${id}/${id})$`);
  return isOne.test(named) ? undefined : 'no caller has such an ARN';
}
