import { describe, expect, it } from 'vitest';
import type { UserInfo } from '../../../lib/callers/user-info.ts';
import { createAuthorizer } from '../../../lib/policy/rbac.ts';
import type { Attributes } from '../../../lib/policy/rbac-rules.ts';
import { uncheckedBundleOf } from '../../policies.ts';
import type { Loose } from '../../scenarios/gateway.ts';

const user = (username: string, groups: string[] = [], extra: Record<string, string[]> = {}): UserInfo => ({
  username,
  uid: '',
  groups: [...groups, 'system:authenticated'],
  extra,
});
const jane = user('jane', ['ml']);
const jobs = { group: 'kubeflow.org', version: 'v1', resource: 'tfjobs', namespace: 'team-a', name: 'job' };
const roleRef = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
const byUser = (name: string) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name });
const byGroup = (name: string) => ({ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name });
const clusterBinding = (name: string, role: string, subjects: object[], annotations?: object) => ({
  kind: 'ClusterRoleBinding',
  metadata: { name, annotations },
  subjects,
  roleRef: roleRef('ClusterRole', role),
});
const binding = (name: string, ref: object, subjects: object[], namespace = 'team-a') => ({
  kind: 'RoleBinding',
  metadata: { name, namespace },
  subjects,
  roleRef: ref,
});
const clusterRole = (name: string, ...rules: object[]) => ({ kind: 'ClusterRole', metadata: { name }, rules });
const rule = (verbs: string[], resources: string[], more: object = {}) => ({ verbs, apiGroups: ['kubeflow.org'], resources, ...more });

/** Asks as jane, of a cluster role with one rule that is bound to her. */
const asked = (ruled: object, attributes: Attributes) =>
  createAuthorizer(uncheckedBundleOf([clusterRole('r', ruled), clusterBinding('b', 'r', [byUser('jane')])])).authorize(jane, attributes)
    .allowed;

describe('a rule', () => {
  it.each<[string, object, Loose, boolean]>([
    ['allows the verb that it names', rule(['patch'], ['tfjobs']), { verb: 'patch' }, true],
    ['and no other', rule(['patch'], ['tfjobs']), { verb: 'update' }, false],
    ['nor one in other letters', rule(['Patch'], ['tfjobs']), { verb: 'patch' }, false],
    ['allows every verb by *', rule(['*'], ['tfjobs']), { verb: 'fly' }, true],
    ['allows no other group', rule(['*'], ['tfjobs'], { apiGroups: ['batch'] }), { verb: 'get' }, false],
    ['allows several groups', rule(['*'], ['tfjobs'], { apiGroups: ['batch', 'kubeflow.org'] }), { verb: 'get' }, true],
    ['allows every group by *', rule(['*'], ['tfjobs'], { apiGroups: ['*'] }), { verb: 'get' }, true],
    ['takes an empty group for the core', rule(['*'], ['tfjobs'], { apiGroups: [''] }), { verb: 'get', group: '' }, true],
    ['allows nothing without groups', rule(['*'], ['tfjobs'], { apiGroups: undefined }), { verb: 'get' }, false],
    ['allows no singular', rule(['*'], ['tfjob']), { verb: 'get' }, false],
    ['allows every resource by *', rule(['*'], ['*']), { verb: 'get' }, true],
    ['with every subresource', rule(['*'], ['*']), { verb: 'get', subresource: 'status' }, true],
    ['allows no subresource by its resource', rule(['*'], ['tfjobs']), { verb: 'get', subresource: 'status' }, false],
    ['allows a subresource that it names', rule(['*'], ['tfjobs/status']), { verb: 'get', subresource: 'status' }, true],
    ['and then not the resource', rule(['*'], ['tfjobs/status']), { verb: 'get' }, false],
    ['allows one subresource of all by */', rule(['*'], ['*/scale']), { verb: 'get', subresource: 'scale' }, true],
    ['and no longer one', rule(['*'], ['*/scale']), { verb: 'get', subresource: 'autoscale' }, false],
    ['nor all of one by /*', rule(['*'], ['tfjobs/*']), { verb: 'get', subresource: 'scale' }, false],
    ['allows the names that it has', rule(['*'], ['tfjobs'], { resourceNames: ['other', 'job'] }), { verb: 'get' }, true],
    ['and no other', rule(['*'], ['tfjobs'], { resourceNames: ['other'] }), { verb: 'get' }, false],
    ['nor none, as in a list', rule(['*'], ['tfjobs'], { resourceNames: ['job'] }), { verb: 'list', name: '' }, false],
    ['knows no * among names', rule(['*'], ['tfjobs'], { resourceNames: ['*'] }), { verb: 'get' }, false],
    ['allows all by an empty list of names', rule(['*'], ['tfjobs'], { resourceNames: [] }), { verb: 'get' }, true],
    ['of paths allows no resource', { verbs: ['*'], nonResourceURLs: ['*'] }, { verb: 'get' }, false],
  ])('%s', (_, ruled, wanted, allowed) => {
    expect(asked(ruled, { ...jobs, ...wanted })).toBe(allowed);
  });

  it.each<[string, string[], string, boolean]>([
    ['the path itself', ['/metrics'], '/metrics', true],
    ['no longer path', ['/metrics'], '/metrics/x', false],
    ['what follows an asterisk', ['/logs/*'], '/logs/a/b', true],
    ['also nothing', ['/logs/*'], '/logs/', true],
    ['but not what is shorter', ['/logs/*'], '/logs', false],
    ['several asterisks at the end as one', ['/logs/**'], '/logs/a', true],
    ['no asterisk inside', ['/logs/*/a'], '/logs/b/a', false],
    ['everything', ['*'], '/anything', true],
    ['one of several', ['/a', '/b'], '/b', true],
  ])('of paths allows %s', (_, nonResourceURLs, path, allowed) => {
    expect(asked({ verbs: ['get'], nonResourceURLs }, { verb: 'get', path })).toBe(allowed);
    expect(asked({ verbs: ['post'], nonResourceURLs }, { verb: 'get', path })).toBe(false);
  });

  it('of resources allows no path', () => {
    expect(asked(rule(['*'], ['*'], { apiGroups: ['*'] }), { verb: 'get', path: '/metrics' })).toBe(false);
  });
});

describe('a binding', () => {
  const all = clusterRole('all', rule(['*'], ['*']));
  const role = { kind: 'Role', metadata: { name: 'all', namespace: 'team-a' }, rules: [rule(['*'], ['*'])] };
  const verdict = (manifests: object[], who: UserInfo, more: object = {}) =>
    createAuthorizer(uncheckedBundleOf(manifests)).authorize(who, { verb: 'get', ...jobs, ...more });

  it.each<[string, object[], UserInfo, string]>([
    [
      'of a cluster role to a user in the cluster',
      [all, clusterBinding('b', 'all', [byUser('jane')])],
      jane,
      'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "all" to User "jane"',
    ],
    [
      'of a cluster role to a group in a namespace',
      [all, binding('b', roleRef('ClusterRole', 'all'), [byGroup('ml')])],
      jane,
      'RBAC: allowed by RoleBinding "b/team-a" of ClusterRole "all" to Group "ml"',
    ],
    [
      'of a role, to the first subject that fits',
      [role, binding('b', roleRef('Role', 'all'), [byUser('bob'), byGroup('ml'), byUser('jane')])],
      jane,
      'RBAC: allowed by RoleBinding "b/team-a" of Role "all" to Group "ml"',
    ],
    [
      'to a service account of its own namespace',
      [role, binding('b', roleRef('Role', 'all'), [{ kind: 'ServiceAccount', apiGroup: '', name: 'bot' }])],
      user('system:serviceaccount:team-a:bot'),
      'RBAC: allowed by RoleBinding "b/team-a" of Role "all" to ServiceAccount "bot/team-a"',
    ],
    [
      'to a service account of another namespace',
      [all, clusterBinding('b', 'all', [{ kind: 'ServiceAccount', apiGroup: '', name: 'bot', namespace: 'ci' }])],
      user('system:serviceaccount:ci:bot'),
      'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "all" to ServiceAccount "bot/ci"',
    ],
  ])('%s allows, in the words of an API server', (_, manifests, who, reason) => {
    expect(verdict(manifests, who)).toEqual({ allowed: true, reason });
    expect(verdict(manifests, user('eve'))).toEqual({ allowed: false, reason: '' });
  });

  it('of a namespace counts there alone, and not for the cluster', () => {
    const manifests = [all, binding('b', roleRef('ClusterRole', 'all'), [byUser('jane')])];
    for (const namespace of ['team-b', '']) expect(verdict(manifests, jane, { namespace }).allowed).toBe(false);
  });

  it('takes a role of its own namespace, and not of another of that name', () => {
    const manifests = [role, binding('b', roleRef('Role', 'all'), [byUser('jane')], 'team-b')];
    expect(verdict(manifests, jane, { namespace: 'team-b' })).toEqual({
      allowed: false,
      reason: 'rbac: RBAC: role.rbac.authorization.k8s.io "all" not found',
    });
  });

  it('whose role is not there is told in a denial, all of them and each once, and only to whom it is bound', () => {
    const manifests = ['a', 'b', 'c'].map((name, index) => clusterBinding(name, ['x', 'y', 'x'][index] as string, [byUser('jane')]));
    const missing = (name: string) => `clusterrole.rbac.authorization.k8s.io "${name}" not found`;
    expect(verdict(manifests, jane).reason).toBe(`rbac: RBAC: [${missing('x')}, ${missing('y')}]`);
    expect(verdict(manifests, user('eve')).reason).toBe('');
    expect(verdict([...manifests, all, clusterBinding('z', 'all', [byUser('jane')])], jane).allowed).toBe(true);
  });

  it('is asked in the order of names, those of the cluster first', () => {
    const subjects = [byUser('jane')];
    const manifests = [
      all,
      binding('a', roleRef('ClusterRole', 'all'), subjects),
      clusterBinding('c', 'all', subjects),
      clusterBinding('b', 'all', subjects),
    ];
    expect(verdict(manifests, jane).reason).toContain('ClusterRoleBinding "b"');
  });

  it('without subjects allows nobody', () => {
    const { subjects: _, ...empty } = clusterBinding('b', 'all', []);
    expect(verdict([all, empty], jane).allowed).toBe(false);
  });

  it.each<[string, string[] | undefined, boolean]>([
    ['the principal', ['AROA1'], true],
    ['one of several', ['AROA2'], true],
    ['another of the same name', ['AROA3'], false],
    ['a part of one', ['AROA'], false],
    ['nobody known', undefined, false],
  ])('may be for principals alone: %s', (_, principalId, allowed) => {
    const annotations = { 'tfjob-gateway/principal-id': 'AROA1, AROA2' };
    const manifests = [all, clusterBinding('b', 'all', [byUser('jane'), byGroup('ml')], annotations)];
    expect(verdict(manifests, user('jane', ['ml'], principalId ? { principalId } : {})).allowed).toBe(allowed);
  });
});

describe('without manifests of RBAC', () => {
  it('everybody may do everything; with one, nobody what no rule allows', () => {
    expect(createAuthorizer(uncheckedBundleOf([])).authorize(jane, { verb: 'fly', ...jobs })).toEqual({ allowed: true, reason: '' });
    expect(createAuthorizer(uncheckedBundleOf([clusterRole('unbound')])).authorize(jane, { verb: 'get', ...jobs }).allowed).toBe(false);
  });
});

describe('what an API server has of its own', () => {
  const authorizer = createAuthorizer(uncheckedBundleOf([clusterRole('unbound')]));

  it.each(['/version', '/version/', '/api', '/api/v1', '/apis/kubeflow.org', '/openapi/v3', '/healthz'])(
    'lets everybody get %s',
    (path) => {
      expect(authorizer.authorize(jane, { verb: 'get', path })).toMatchObject({
        allowed: true,
        reason: 'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
      });
      expect(authorizer.authorize({ ...jane, groups: [] }, { verb: 'get', path }).allowed).toBe(false);
    },
  );

  it('lets everybody ask about himself', () => {
    const create = { verb: 'create', version: '*' };
    for (const [group, resource] of [
      ['authorization.k8s.io', 'selfsubjectaccessreviews'],
      ['authorization.k8s.io', 'selfsubjectrulesreviews'],
      ['authentication.k8s.io', 'selfsubjectreviews'],
    ] as const)
      expect(authorizer.authorize(jane, { ...create, group, resource }).allowed, resource).toBe(true);
    expect(authorizer.authorize(jane, { ...create, group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }).allowed).toBe(false);
  });

  it('is what the manifests make of it', () => {
    const own = createAuthorizer(uncheckedBundleOf([clusterRole('system:discovery'), clusterRole('system:public-info-viewer')]));
    expect(own.authorize(jane, { verb: 'get', path: '/version' }).allowed).toBe(false);
  });
});

describe('the rules of a caller', () => {
  it('are those of the cluster and of one namespace, as they stand in the roles', () => {
    const read = rule(['get', 'list'], ['tfjobs']);
    const patch = rule(['patch'], ['tfjobs'], { resourceNames: ['job'] });
    const authorizer = createAuthorizer(
      uncheckedBundleOf([
        clusterRole('read', read, { verbs: ['get'], nonResourceURLs: ['/metrics'] }),
        clusterRole('patch', patch),
        clusterBinding('b', 'read', [byGroup('ml')]),
        binding('b', roleRef('ClusterRole', 'patch'), [byUser('jane')]),
        binding('gone', roleRef('Role', 'gone'), [byUser('jane')]),
      ]),
    );
    const { resourceRules, nonResourceRules, evaluationError } = authorizer.rules(jane, 'team-a');
    expect(resourceRules).toEqual(expect.arrayContaining([read, patch]));
    expect(nonResourceRules).toContainEqual({ verbs: ['get'], nonResourceURLs: ['/metrics'] });
    expect(evaluationError).toBe('role.rbac.authorization.k8s.io "gone" not found');
    const elsewhere = authorizer.rules(jane, 'team-b');
    expect([elsewhere.resourceRules.includes(patch as never), elsewhere.evaluationError]).toEqual([false, '']);
    expect(elsewhere.resourceRules).toContainEqual(read);
    expect(authorizer.rules(user('eve'), 'team-a').resourceRules).not.toContainEqual(read);
  });
});

it('a verdict costs microseconds, with hundreds of bindings and groups', () => {
  const names = Array.from({ length: 200 }, (_, index) => `g${index}`);
  const manifests = names.map((name) => clusterBinding(name, 'all', [byGroup(`${name}x`), byUser(name)]));
  const authorizer = createAuthorizer(uncheckedBundleOf([clusterRole('all', rule(['*'], ['*'])), ...manifests]));
  const many = user('eve', names);
  const begin = process.cpuUsage();
  for (let times = 0; times < 100; times++) expect(authorizer.authorize(many, { verb: 'get', ...jobs }).allowed).toBe(false);
  const { user: spent, system } = process.cpuUsage(begin);
  expect((spent + system) / 100).toBeLessThan(2000);
});
