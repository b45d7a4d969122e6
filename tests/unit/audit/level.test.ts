import { describe, expect, it } from 'vitest';
import type { Attributes } from '../../../lib/audit/config.ts';
import { auditConfig } from '../../../lib/audit/level.ts';
import type { HttpRequest } from '../../../lib/http/request.ts';
import { requestInfo } from '../../../lib/http/request-info.ts';
import type { AuditPolicy, AuditRule, AuditStage } from '../../../lib/policy/manifests.ts';

const user = { username: 'tim', uid: '', groups: ['humans', 'system:authenticated'], extra: {} };
const job = { group: 'kubeflow.org', version: 'v1', resource: 'tfjobs', subresource: '', namespace: 'team', name: 'job' };
const on = (resource: Partial<typeof job>, verb = 'get'): Attributes => ({ verb, path: '/apis/…', resource: { ...job, ...resource } });
const path = (text: string): Attributes => ({ verb: 'get', path: text });
const policyOf = (rules: Partial<AuditRule>[], more: Partial<AuditPolicy> = {}): AuditPolicy => ({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  metadata: {},
  rules: rules.map((rule) => ({ level: 'Metadata', ...rule })),
  ...more,
});
const told = (rule: Partial<AuditRule>, attributes: Attributes, who: typeof user | null = user): boolean =>
  auditConfig(policyOf([rule]), who ?? undefined, attributes).level !== 'None';
const resources = (...list: NonNullable<AuditRule['resources']>) => ({ resources: list });

describe('a rule of an audit policy', () => {
  it.each<[string, Partial<AuditRule>, Attributes, boolean]>([
    ['without any condition matches a resource', {}, on({}), true],
    ['without any condition matches a path', {}, path('/version'), true],
    ['matches its users', { users: ['tim'] }, on({}), true],
    ['matches no other user', { users: ['tom'] }, on({}), false],
    ['matches who is in one of its groups', { userGroups: ['x', 'humans'] }, on({}), true],
    ['matches nobody else', { userGroups: ['x'] }, on({}), false],
    ['matches its verbs', { verbs: ['get', 'list'] }, on({}), true],
    ['matches no other verb', { verbs: ['list'] }, on({}), false],
    ['has no wildcard among verbs', { verbs: ['*'] }, on({}), false],
    ['has no wildcard among users', { users: ['*'] }, on({}), false],
    ['matches its namespaces', { namespaces: ['team'] }, on({}), true],
    ['matches no other namespace', { namespaces: ['other'] }, on({}), false],
    ['has no wildcard among namespaces', { namespaces: ['*'] }, on({}), false],
    ['by the empty namespace matches what is in none', { namespaces: [''] }, on({ namespace: '' }), true],
    ['for namespaces matches no path', { namespaces: [''] }, path('/version'), false],
    ['matches every resource of its group', resources({ group: 'kubeflow.org' }), on({}), true],
    ['means the core group where it names none', resources({ resources: ['tfjobs'] }), on({}), false],
    ['matches in every group by a wildcard', resources({ group: '*', resources: ['tfjobs'] }), on({}), true],
    ['matches a resource by its name', resources({ group: 'kubeflow.org', resources: ['tfjobs'] }), on({}), true],
    [
      'by a resource matches no subresource',
      resources({ group: 'kubeflow.org', resources: ['tfjobs'] }),
      on({ subresource: 'status' }),
      false,
    ],
    ['matches a subresource', resources({ group: '*', resources: ['tfjobs/status'] }), on({ subresource: 'status' }), true],
    ['matches a subresource of every resource', resources({ group: '*', resources: ['*/status'] }), on({ subresource: 'status' }), true],
    ['by such matches no resource', resources({ group: '*', resources: ['*/status'] }), on({}), false],
    ['matches every subresource of a resource', resources({ group: '*', resources: ['tfjobs/*'] }), on({ subresource: 'scale' }), true],
    ['by such matches the resource as well', resources({ group: '*', resources: ['tfjobs/*'] }), on({}), true],
    ['matches everything by a wildcard', resources({ group: '*', resources: ['*'] }), on({ subresource: 'status' }), true],
    ['matches its names', resources({ group: '*', resources: ['*'], resourceNames: ['job'] }), on({}), true],
    ['matches no other name', resources({ group: '*', resources: ['*'], resourceNames: ['other'] }), on({}), false],
    ['passes over names without resources', resources({ group: '*', resourceNames: ['other'] }), on({}), true],
    ['matches by any of its resources', resources({ group: 'x' }, { group: 'kubeflow.org' }), on({}), true],
    ['for resources matches no path', resources({ group: '*' }), path('/version'), false],
    ['matches a path', { nonResourceURLs: ['/version'] }, path('/version'), true],
    ['matches no longer path', { nonResourceURLs: ['/version'] }, path('/version/x'), false],
    ['matches what begins like its URL', { nonResourceURLs: ['/openapi*'] }, path('/openapi/v3'), true],
    ['matches every path by a star', { nonResourceURLs: ['*'] }, path('/'), true],
    ['for paths matches no resource', { nonResourceURLs: ['*'] }, on({}), false],
  ])('%s', (_, rule, attributes, expected) => {
    expect(told(rule, attributes)).toBe(expected);
  });

  it('for users or groups never matches a caller whom nobody knows', () => {
    for (const rule of [{ users: [''] }, { userGroups: [''] }, { users: ['tim'] }]) expect(told(rule, on({}), null)).toBe(false);
    expect(told({}, on({}), null)).toBe(true);
  });
});

describe('an audit policy', () => {
  it('is decided by the first rule that matches, and tells nothing where none does', () => {
    const policy = policyOf([
      { level: 'None', verbs: ['get'] },
      { level: 'RequestResponse', verbs: ['get', 'patch'] },
    ]);
    expect(auditConfig(policy, user, on({})).level).toBe('None');
    expect(auditConfig(policy, user, on({}, 'patch')).level).toBe('RequestResponse');
    expect(auditConfig(policy, user, on({}, 'update')).level).toBe('None');
  });

  it('omits its own stages and those of the rule', () => {
    const policy = policyOf([{ verbs: ['get'], omitStages: ['Panic'] }], { omitStages: ['RequestReceived'] });
    expect(auditConfig(policy, user, on({})).omitStages).toEqual<AuditStage[]>(['RequestReceived', 'Panic']);
    expect(auditConfig(policy, user, on({}, 'list')).omitStages).toEqual<AuditStage[]>(['RequestReceived']);
  });

  it('omits managed fields as the rule says, and else as the policy does', () => {
    const policy = policyOf([{ verbs: ['get'], omitManagedFields: false }, { verbs: ['list'] }], { omitManagedFields: true });
    expect(auditConfig(policy, user, on({})).omitManagedFields).toBe(false);
    expect(auditConfig(policy, user, on({}, 'list')).omitManagedFields).toBe(true);
    expect(auditConfig(policy, user, on({}, 'watch')).omitManagedFields).toBe(true);
    expect(auditConfig(policyOf([{}]), user, on({})).omitManagedFields).toBe(false);
  });
});

describe('what a request is about', () => {
  const about = (method: string, text: string, query: Record<string, string[]> = {}) => {
    const { verb, resource } = requestInfo({ method, path: text, query } as HttpRequest);
    return [
      verb,
      resource &&
        `${resource.group}|${resource.version}|${resource.resource}|${resource.subresource}|${resource.namespace}|${resource.name}`,
    ];
  };
  const jobPath = '/apis/kubeflow.org/v1/namespaces/team/tfjobs/job';

  it.each<[string, string, Record<string, string[]>, unknown[]]>([
    ['GET', jobPath, {}, ['get', 'kubeflow.org|v1|tfjobs||team|job']],
    ['PUT', jobPath, {}, ['update', 'kubeflow.org|v1|tfjobs||team|job']],
    ['PATCH', jobPath, {}, ['patch', 'kubeflow.org|v1|tfjobs||team|job']],
    ['DELETE', jobPath, {}, ['delete', 'kubeflow.org|v1|tfjobs||team|job']],
    ['PUT', `${jobPath}/status`, {}, ['update', 'kubeflow.org|v1|tfjobs|status|team|job']],
    ['GET', '/apis/kubeflow.org/v1/namespaces/team/tfjobs', {}, ['list', 'kubeflow.org|v1|tfjobs||team|']],
    ['GET', '/apis/kubeflow.org/v1/tfjobs', { watch: ['1'] }, ['watch', 'kubeflow.org|v1|tfjobs|||']],
    ['GET', '/apis/kubeflow.org/v1/tfjobs', { watch: ['false'] }, ['list', 'kubeflow.org|v1|tfjobs|||']],
    [
      'GET',
      '/apis/kubeflow.org/v1/namespaces/team/tfjobs',
      { fieldSelector: ['metadata.name=a'] },
      ['list', 'kubeflow.org|v1|tfjobs||team|a'],
    ],
    ['POST', '/apis/kubeflow.org/v1/namespaces/team/tfjobs', {}, ['create', 'kubeflow.org|v1|tfjobs||team|']],
    ['DELETE', '/apis/kubeflow.org/v1/namespaces/team/tfjobs', {}, ['deletecollection', 'kubeflow.org|v1|tfjobs||team|']],
    ['GET', '/api/v1/namespaces/team', {}, ['get', '|v1|namespaces||team|team']],
    ['GET', '/api/v1/namespaces/team/pods/p/log', {}, ['get', '|v1|pods|log|team|p']],
    ['GET', '/api/v1/namespaces/team/status', {}, ['get', '|v1|namespaces|status|team|team']],
    [
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      {},
      ['create', 'authorization.k8s.io|v1|selfsubjectaccessreviews|||'],
    ],
    ['GET', '/apis/kubeflow.org/v1/watch/namespaces/team/tfjobs/job', {}, ['watch', 'kubeflow.org|v1|tfjobs||team|job']],
    ['DELETE', '/api/v1/watch/pods', {}, ['watch', '|v1|pods|||']],
    ['GET', '/api/v1/proxy/namespaces/team/pods/p/log', {}, ['proxy', '|v1|pods||team|p']],
    ['GET', '/apis/kubeflow.org/v1/watch', {}, ['list', 'kubeflow.org|v1|watch|||']],
    ['GET', '/version', {}, ['get', undefined]],
    ['GET', '/apis', {}, ['get', undefined]],
    ['GET', '/apis/kubeflow.org/v1', {}, ['get', undefined]],
    ['GET', '/api/v1', {}, ['get', undefined]],
    ['GET', '/openapi/v3/apis/kubeflow.org/v1', {}, ['get', undefined]],
    ['POST', '/', {}, ['post', undefined]],
    ['GET', '', {}, ['get', undefined]],
  ])('is read out of %s %s %j as an API server does', (method, text, query, expected) => {
    expect(about(method, text, query)).toEqual(expected);
  });

  it('is read out of the path as it was sent where that is none that is served, since a rule for it must match nevertheless', () => {
    const of = (sentPath: string) =>
      requestInfo({ method: 'PUT', path: '', sentPath, query: {} as Record<string, string[]> } as HttpRequest);
    const asked = { group: 'kubeflow.org', version: 'v1', resource: 'tfjobs', subresource: '', namespace: 'team', name: 'job' };
    expect(of('/apis/kubeflow.org/v1/namespaces/t%65am/tfjobs/job')).toEqual({ verb: 'update', path: jobPath, resource: asked });
    expect(of('/%zz/version')).toEqual({ verb: 'put', path: '/%zz/version' });
  });
});
