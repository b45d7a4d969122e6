import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { explain } from '../../../scripts/policy/explain.ts';
import { test } from '../../../scripts/policy/test.ts';
import { commands, read } from '../../documents.ts';

const examples = globSync('docs/policies/*/').map((folder) => folder.replace(/\/$/, ''));
const caseFiles = globSync('docs/policies/*.cases.yaml').sort();
const scratch = mkdtempSync(join(tmpdir(), 'policy-command-'));
afterAll(() => rmSync(scratch, { recursive: true }));

let printed: string[] = [];
beforeEach(() => {
  printed = [];
  for (const method of ['log', 'error'] as const) vi.spyOn(console, method).mockImplementation((line) => void printed.push(String(line)));
  return () => vi.restoreAllMocks();
});

/** The path of a file of cases with this text. */
function fileOf(text: string): string {
  const file = join(scratch, 'one.cases.yaml');
  writeFileSync(file, text);
  return file;
}
const one = (expected: string) => `policies: x\ncases:\n  - {title: one, patch: {}, expect: ${expected}}`;
const deadline = resolve('docs/policies/deadline');

describe('npm run policy -- test', () => {
  it.each(caseFiles)('finds every case of %s to go as it says', async (file) => {
    expect(await test([file]), printed.join('\n')).toBe(0);
    expect(printed.at(-1)).toMatch(/: [1-9]\d* passed, 0 failed$/);
  });

  it('has at least three cases of each example, with one that is refused and its message', () => {
    expect(examples.length).toBe(10);
    for (const folder of examples) {
      const { cases } = parse(read(`${folder}.cases.yaml`)) as { cases: { expect: 'allowed' | { message?: string } }[] };
      expect(cases.length, folder).toBeGreaterThanOrEqual(3);
      expect(
        cases.some(({ expect: expected }) => expected !== 'allowed' && expected.message?.includes('tfjobs.kubeflow.org "tfjob-test" is')),
        folder,
      ).toBe(true);
      // Where everything is denied nothing can be allowed.
      if (!folder.endsWith('read-only')) expect(cases.map(({ expect: expected }) => expected)).toContain('allowed');
    }
  });

  it.each([
    ['an allowed case that is denied', 'allowed', 'expected it allowed, got 422 Invalid: '],
    ['another code', '{code: 403}', 'expected code 403, got 422 Invalid: '],
    ['another reason', '{reason: Forbidden}', 'expected reason Forbidden, got 422 Invalid: '],
    ['another message', '{message: two days}', 'expected a message with "two days", got 422 Invalid: '],
    ['another rule', '{rule: authorization}', 'expected the rule authorization, got admission'],
    ['a warning that nobody gave', '{code: 422, warnings: [beware]}', 'expected the warning "beware", got []'],
    ['an annotation that nobody made', '{code: 422, auditAnnotations: {a: b}}', 'expected the audit annotation a: b, got none'],
  ])('ends with 1 for %s, and says what differs', async (_, expected, said) => {
    const text = `policies: ${deadline}\ncases:\n  - {title: one, patch: {spec: {activeDeadlineSeconds: 100000}}, expect: ${expected}}\n`;
    expect(await test([fileOf(text), 'docs/policies/keep.cases.yaml'])).toBe(1);
    expect(printed).toContain('FAIL  one');
    expect(printed.join('\n')).toContain(said);
  });

  it.each([
    ['an unknown key', 'policies: x\ncases:\n  - {title: one, patches: {}, patch: {}, expect: allowed}', 'cases.0.patches: '],
    ['neither a patch nor an object', 'policies: x\ncases:\n  - {title: one, expect: allowed}', 'cases.0: a case has either'],
    [
      'a patch and an object',
      'policies: x\ncases:\n  - {title: one, patch: {}, object: {}, expect: allowed}',
      'cases.0: a case has either',
    ],
    ['no case', 'policies: x\ncases: []', 'cases: Invalid length'],
    ['a code in quotes', one('{code: "403"}'), 'cases.0.expect.code: is a number, such as 422, and not in quotes'],
    ['a rule that there is not', one('{rule: admision}'), 'cases.0.expect.rule: is none of the rules: caller, impersonation, '],
    ['an expectation of something else', one('denied'), 'cases.0.expect: Invalid type: Expected "allowed" but received "denied"'],
    ['an expectation of nothing', one('null'), 'cases.0.expect: Invalid type: '],
    ['no expectation', 'policies: x\ncases:\n  - {title: one, patch: {}}', 'cases.0.expect: '],
    [
      'a kind that the layout does not have',
      `policies: ${deadline}\nlive: {kind: MPIJob}\ncases:\n  - {title: one, patch: {}, expect: allowed}`,
      'in the layout cci there are TFJob',
    ],
    ['text that is no YAML', 'policies: [', 'one.cases.yaml: '],
  ])('ends with 2 for a file with %s, and says where', async (_, text, said) => {
    expect(await test(['docs/policies/keep.cases.yaml', fileOf(text)])).toBe(2);
    expect(printed.join('\n')).toContain(said);
  });

  it('ends with 2 for a manifest that cannot be loaded, with its file and line', async () => {
    writeFileSync(
      join(scratch, 'role.yaml'),
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: n}\nrule: []\n',
    );
    expect(await test([fileOf('policies: .\ncases:\n  - {title: one, patch: {}, expect: allowed}')])).toBe(2);
    expect(printed.join('\n')).toMatch(/role\.yaml:4: .*rule/);
  });
});

describe('npm run policy -- explain', () => {
  const args = ['--policies', 'docs/policies/deadline', '--patch', 'events/long-deadline.yaml'];

  it('tells each expression with its value and cost, and ends with 1 for what is refused', async () => {
    expect(await explain([...args, '--as', 'alice'])).toBe(1);
    expect(printed.slice(0, 3)).toEqual([
      'alice patches TFJob kube-test/tfjob-test',
      '\ndeadline.example.com, bound by deadline.example.com',
      "  matchCondition no-admin: !('admins' in request.userInfo.groups)\n    true (cost 5)",
    ]);
    expect(printed.join('\n')).toContain('  variable before: oldObject.spec.?activeDeadlineSeconds.or(');
    expect(printed.at(-1)).toBe(
      `refused by admission: 422 tfjobs.kubeflow.org "tfjob-test" is forbidden: ValidatingAdmissionPolicy 'deadline.example.com' with binding 'deadline.example.com' denied request: a deadline is 86400 seconds at most, not 100000`,
    );
  });

  it('ends with 0 for what is allowed, and goes no further than the condition that does not match', async () => {
    expect(await explain([...args, '--as', 'alice', '--as-group', 'admins'])).toBe(0);
    expect(printed.filter((line) => line.startsWith('  '))).toHaveLength(1);
    expect(printed.at(-1)).toBe('allowed');
  });
});

describe('npm run policy -- explain of several policies', () => {
  const policy = (name: string, spec: string) => `---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: ${name} }
spec:
  matchConstraints: { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] }
  ${spec}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: ${name} }
spec: { policyName: ${name}, validationActions: [Deny] }
`;
  const folder = mkdtempSync(join(tmpdir(), 'policy-explain-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('tells every denial, and what each expression is', async () => {
    const all = [
      "matchConditions: [{ name: always, expression: 'true' }]",
      "variables: [{ name: never, expression: 'false' }]",
      "validations: [{ expression: variables.never, messageExpression: '\"made\"' }, { expression: 'true' }]",
      'auditAnnotations: [{ key: k, valueExpression: \'"v"\' }]',
    ];
    writeFileSync(
      join(folder, 'a.yaml'),
      policy('a', all.join('\n  ')) + policy('b', "validations: [{ expression: 'false', message: never }]"),
    );
    expect(await explain(['--policies', folder, '--as', 'ada', '--patch', 'events/long-deadline.yaml'])).toBe(1);
    const titles = printed.filter((line) => line.includes('(cost ')).map((line) => line.split(':')[0]?.trim());
    const ofA = ['matchCondition always', 'variable never', 'validation[0]', 'validation[1]', 'messageExpression[0]', 'auditAnnotation k'];
    expect(titles).toEqual([...ofA, 'validation[0]']);
    const denied = (name: string) => `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request`;
    expect(printed.slice(-3)).toEqual([
      `refused by admission: 422 tfjobs.kubeflow.org "tfjob-test" is forbidden: ${denied('a')}: made`,
      `  because: ${denied('a')}: made`,
      `  because: ${denied('b')}: never`,
    ]);
  });
});

describe('the program', () => {
  it('ends with 2 for arguments that it cannot read, without a stack', () => {
    for (const args of [
      ['check', 'one', 'two'],
      ['explain', '--nobody'],
    ]) {
      const { status, stderr } = spawnSync('node', ['scripts/policy.ts', ...args], { encoding: 'utf8' });
      expect({ args, status, hasStack: /^ {4}at /m.test(stderr) }).toEqual({ args, status: 2, hasStack: false });
      expect(stderr).toMatch(/^(?:usage: npm run policy -- |Unknown option)/);
    }
  });

  it('does what the documents say', () => {
    const lines = commands().filter((line) => line.startsWith('npm run policy -- '));
    expect(lines.map((line) => line.split(' ')[4])).toEqual(expect.arrayContaining(['check', 'test', 'explain']));
    for (const line of lines) {
      const command = line.replace('npm run policy --', 'node scripts/policy.ts');
      const ends = line.includes(' explain ') && !line.includes('--as-group admins') ? 1 : 0;
      expect({ line, status: spawnSync('bash', ['-c', command]).status }).toEqual({ line, status: ends });
    }
  });
});
