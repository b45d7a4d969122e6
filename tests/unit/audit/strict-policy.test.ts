import { describe, expect, it } from 'vitest';
import { omittedWrites } from '../../../lib/audit/strict-policy.ts';
import type { AuditPolicy, AuditRule } from '../../../lib/policy/manifests.ts';

const omitted = (rules: AuditRule[], more: Partial<AuditPolicy> = {}): string[] =>
  omittedWrites({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', metadata: {}, rules, ...more }, 'cci');
const all: AuditRule = { level: 'Metadata' };

describe('a policy of a strict audit trail', () => {
  it.each<[string, AuditRule[]]>([
    ['tells of everything', [all]],
    ['tells of nothing but writes', [{ level: 'Metadata', verbs: ['update', 'patch'] }]],
    [
      'has a rule for each verb',
      [
        { level: 'Request', verbs: ['update'] },
        { level: 'Metadata', verbs: ['patch'] },
      ],
    ],
    ['omits reads', [{ level: 'None', verbs: ['get', 'list', 'watch'] }, all]],
    ['omits paths', [{ level: 'None', nonResourceURLs: ['*'] }, all]],
    ['omits other groups', [{ level: 'None', resources: [{ group: '' }] }, all]],
    ['omits a subresource of another', [{ level: 'None', resources: [{ group: '*', resources: ['pods/*', 'tfjobs/status'] }] }, all]],
    ['tells some more than others', [{ level: 'RequestResponse', users: ['a'] }, all]],
    ['omits after it has told', [all, { level: 'None' }]],
    ['omits other stages', [{ ...all, omitStages: ['ResponseStarted', 'Panic'] }]],
    ['names the jobs', [{ level: 'Metadata', resources: [{ group: 'kubeflow.org', resources: ['tfjobs', 'mxjobs'] }] }, all]],
  ])('may be one that %s', (_title, rules) => {
    expect(omitted(rules)).toEqual([]);
  });

  it.each<[string, AuditRule[], string]>([
    ['a user', [{ level: 'None', users: ['a'] }, all], 'omits writes by rules[0]'],
    ['a namespace', [{ level: 'None', namespaces: ['a'] }, all], 'omits writes by rules[0]'],
    ['a name', [{ level: 'None', resources: [{ group: '*', resources: ['*'], resourceNames: ['a'] }] }, all], 'omits writes by rules[0]'],
    [
      'a resource with its subresources',
      [{ level: 'None', resources: [{ group: '*', resources: ['tfjobs/*'] }] }, all],
      'omits writes by rules[0]',
    ],
    ['everything, in the end', [{ level: 'None' }], 'omits writes by rules[0]'],
    ['that it was received', [{ ...all, omitStages: ['RequestReceived'] }], 'omits the stage RequestReceived by rules[0]'],
    ['what no rule is for', [{ level: 'Metadata', verbs: ['update'] }], 'has no rule for every patch of tfjobs'],
    ['whom no rule is for', [{ level: 'Metadata', userGroups: ['system:authenticated'] }], 'has no rule for every update of tfjobs'],
  ])('may not omit %s', (_title, rules, mistake) => {
    expect(omitted(rules)).toContain(mistake);
  });

  it('may not omit RequestReceived for all', () => {
    expect(omitted([all], { omitStages: ['RequestReceived'] })).toEqual(['omits the stage RequestReceived']);
  });
});
