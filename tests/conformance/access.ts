import { setTimeout as sleep } from 'node:timers/promises';
import type { UserInfo } from '../../lib/callers/user-info.ts';
import { type Authorizer, createAuthorizer } from '../../lib/policy/rbac.ts';
import type { Attributes } from '../../lib/policy/rbac-rules.ts';
import { accessForbidden } from '../../lib/status.ts';
import { uncheckedBundleOf } from '../policies.ts';
import { type Endpoint, type Loose, send, sendOk } from './http.ts';
import { check, say } from './report.ts';
import type { Stage } from './run.ts';

const part = 'access';
const reviews = 1200;
const rbac = 'rbac.authorization.k8s.io';
const namespaces = ['kube-test', 'other'];
const [verbs, groups, resources, subresources, names] = [
  ['get', 'list', 'watch', 'patch', 'update', '*', 'fly'],
  ['kubeflow.org', '', 'batch', '*'],
  ['tfjobs', 'pods', 'jobs', '*', 'tfjobs/status', '*/scale', 'tfjobs/*'],
  ['', '', 'status', 'scale'],
  ['a', 'b', 'c'],
] as const;
const urls = ['/metrics', '/logs/*', '/logs/a', '/lo*', '*', '/a/*/b', '/version', '/apis/x', '/healthz'] as const;
const people = ['jane', 'bob', 'eve <&> "q" é', 'system:serviceaccount:kube-test:bot', 'system:serviceaccount:other:bot'] as const;
const teams = ['ml', 'ops', 'system:authenticated'] as const;
const roleNames = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'gone'] as const;

/** A source of numbers that a seed decides. */
function drawing(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const one = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const some = <T>(list: readonly T[], most = 2): T[] => Array.from({ length: 1 + Math.floor(next() * most) }, () => one(list));
  return { next, one, some };
}
type Drawing = ReturnType<typeof drawing>;

function ruleOf({ next, some }: Drawing, ofCluster: boolean): object {
  if (ofCluster && next() < 0.3) return { verbs: some(verbs), nonResourceURLs: some(urls) };
  return {
    verbs: some(verbs),
    apiGroups: some(groups),
    resources: some(resources),
    ...(next() < 0.3 && { resourceNames: some(names) }),
  };
}

function subjectOf({ next, one }: Drawing, ofCluster: boolean): object {
  const kind = next();
  if (kind < 0.4) return { kind: 'User', apiGroup: rbac, name: one(people) };
  if (kind < 0.8) return { kind: 'Group', apiGroup: rbac, name: one(teams.slice(0, 2)) };
  return { kind: 'ServiceAccount', name: 'bot', ...((ofCluster || next() < 0.5) && { namespace: one(namespaces) }) };
}

/** Roles and bindings, some of them to roles that are not there. */
function manifestsOf(draw: Drawing): Loose[] {
  const made: Loose[] = [];
  const add = (kind: string, name: string, namespace: string | undefined, more: object) =>
    made.push({ apiVersion: `${rbac}/v1`, kind, metadata: { name, ...(namespace && { namespace }) }, ...more });
  for (const name of roleNames.slice(0, -1)) {
    add('ClusterRole', name, undefined, { rules: draw.some([0, 1]).map(() => ruleOf(draw, true)) });
    for (const namespace of namespaces) add('Role', name, namespace, { rules: [ruleOf(draw, false)] });
  }
  for (let index = 0; index < 8; index++) {
    const roleRef = (kind: string) => ({ apiGroup: rbac, kind, name: draw.one(roleNames) });
    const subjects = (ofCluster: boolean) => draw.some([0, 1, 2]).map(() => subjectOf(draw, ofCluster));
    if (index < 4) add('ClusterRoleBinding', `b${index}`, undefined, { subjects: subjects(true), roleRef: roleRef('ClusterRole') });
    for (const namespace of namespaces) {
      const kind = draw.one(['Role', 'ClusterRole']);
      add('RoleBinding', `b${index}`, namespace, { subjects: subjects(false), roleRef: roleRef(kind) });
    }
  }
  return made;
}

function wanted({ next, one }: Drawing): Attributes {
  if (next() < 0.2)
    return { verb: one(verbs), path: one(['/metrics', '/logs/', '/logs/a', '/logs/b/c', '/lox', '/version', '/apis/x', '/a/x/b']) };
  return {
    verb: one(verbs.slice(0, 5)),
    group: one(groups.slice(0, 3)),
    version: 'v1',
    resource: one(['tfjobs', 'pods', 'jobs', 'tfjobs/status']),
    subresource: one(subresources),
    namespace: one([...namespaces, '']),
    name: one(['', ...names]),
  };
}

/** All reasons that an API server may give, which asks bindings in no order: each of them could be the first. */
function reasonsOf(manifests: readonly Loose[], user: UserInfo, asked: Attributes): Set<string> {
  const isBinding = ({ kind }: Loose) => kind.endsWith('Binding');
  const roles = manifests.filter((manifest) => !isBinding(manifest));
  const alone = manifests
    .filter(isBinding)
    .map((binding) => createAuthorizer(uncheckedBundleOf([...roles, binding])).authorize(user, asked));
  // Two of its own roles allow /version.
  const withoutFirst = { kind: 'ClusterRole', metadata: { name: 'system:discovery' } };
  const own = [roles, [...roles, withoutFirst]].map((known) => createAuthorizer(uncheckedBundleOf(known)).authorize(user, asked));
  return new Set([...alone, ...own].filter(({ allowed }) => allowed).map(({ reason }) => reason));
}

const sorted = (reason: string): string[] =>
  reason
    .replace(/^rbac: RBAC: \[?|\]$/g, '')
    .split(', ')
    .sort();

/** Loads the same manifests into an API server and into ours, and asks both what the same people may do. */
export async function accessSuite([stage]: Stage[]): Promise<void> {
  const endpoint = stage?.cluster.endpoint as Endpoint;
  const seed = Number(process.env.CONFORMANCE_SEED ?? 1);
  say(`access, seed ${seed}`);
  const draw = drawing(seed);
  const manifests = manifestsOf(draw);
  const authorizer = createAuthorizer(uncheckedBundleOf(manifests));
  for (const manifest of manifests) {
    const { namespace } = manifest.metadata;
    const path = `/apis/${rbac}/v1${namespace ? `/namespaces/${namespace}` : ''}/${manifest.kind.toLowerCase()}s`;
    await sendOk(endpoint, { method: 'POST', path, body: manifest });
  }
  // The API server's own copies are a moment behind.
  await sleep(2000);
  for (let number = 1; number <= reviews; number++) await compareReview(endpoint, manifests, authorizer, draw, number);
  for (let number = 1; number <= 60; number++) await compareRefusal(endpoint, authorizer, draw, number);
}

function whoever({ one, some }: Drawing): UserInfo {
  return { username: one(people), uid: '', groups: [...new Set([...some(teams), 'system:authenticated'])], extra: {} };
}

async function compareReview(endpoint: Endpoint, manifests: Loose[], authorizer: Authorizer, draw: Drawing, number: number): Promise<void> {
  const [user, asked] = [whoever(draw), wanted(draw)];
  const spec = {
    user: user.username,
    groups: user.groups,
    ...('path' in asked ? { nonResourceAttributes: asked } : { resourceAttributes: asked }),
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const { status } = await sendOk(endpoint, { method: 'POST', path: '/apis/authorization.k8s.io/v1/subjectaccessreviews', body });
  const { allowed, reason } = authorizer.authorize(user, asked);
  const theirs = status.reason ?? '';
  const isSame = allowed ? reasonsOf(manifests, user, asked).has(theirs) : String(sorted(theirs)) === String(sorted(reason));
  const mistake = status.allowed === allowed && isSame ? undefined : JSON.stringify({ spec, theirs: status, ours: { allowed, reason } });
  check(part, `review ${number}`, mistake);
}

/** A request that is refused: the whole answer. */
async function compareRefusal(endpoint: Endpoint, authorizer: Authorizer, draw: Drawing, number: number): Promise<void> {
  const user = { ...whoever(draw), username: `nobody ${number} <&>`, groups: ['system:authenticated'] };
  const [namespace, name] = [draw.one([...namespaces, '']), draw.one(['', 'a'])];
  const path = `/apis/kubeflow.org/v1/${namespace && `namespaces/${namespace}/`}tfjobs${namespace && name && `/${name}`}`;
  const method = namespace && name ? draw.one(['GET', 'PUT', 'PATCH']) : 'GET';
  const headers = { 'impersonate-user': user.username, 'content-type': 'application/merge-patch+json' };
  const query = method === 'GET' && !(namespace && name) ? draw.one(['', '?watch=1', '?fieldSelector=metadata.name%3Da']) : '';
  const { body } = await send(endpoint, { method, path: `${path}${query}`, headers, ...(method !== 'GET' && { body: '{}' }) });
  const isList = !(namespace && name);
  const verb = { GET: isList ? (query === '?watch=1' ? 'watch' : 'list') : 'get', PUT: 'update', PATCH: 'patch' }[method] as string;
  const asked = { verb, group: 'kubeflow.org', resource: 'tfjobs', namespace, name: isList ? (query.includes('name') ? 'a' : '') : name };
  const { allowed, reason } = authorizer.authorize(user, { ...asked, version: 'v1' });
  const { status } = accessForbidden(user.username, asked, reason, {});
  const isSame = !allowed && JSON.stringify(sortedMembers(status)) === JSON.stringify(sortedMembers(body));
  check(part, `refusal ${number}`, isSame ? undefined : JSON.stringify({ theirs: body, ours: status }));
}

function sortedMembers(value: Loose): Loose {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedMembers(value[key])]),
  );
}
