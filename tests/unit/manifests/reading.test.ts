import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkManifests, checkPolicies } from '../../../scripts/manifests/check.ts';
import { UnreadableFolder } from '../../../scripts/manifests/mistakes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'policies-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ns }\n`;
const namesOf = async () => (await checkPolicies(folder)).manifests.map(({ value }) => value.metadata.name);

describe('a folder of policies', () => {
  it('is read file by file in alphabetical order, folders within too: YAML, JSON, several documents, lists', async () => {
    write('b.yml', `${map('b1')}---\n# nothing\n---\n${map('b2')}`);
    write('a.json', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } }));
    write(
      'c/d.yaml',
      `apiVersion: v1\nkind: List\nitems:\n- ${map('c1').trim().replaceAll('\n', '\n  ')}\n- ${map('c2').trim().replaceAll('\n', '\n  ')}\n`,
    );
    write('README.md', 'not a manifest');
    write('.hidden', 'not a manifest');
    expect(await namesOf()).toEqual(['a', 'b1', 'b2', 'c1', 'c2']);
    expect((await checkPolicies(folder)).mistakes).toEqual([]);
  });

  it('holds nothing that could be taken for a policy and is none: a file of another name is a mistake', async () => {
    write('freeze.yaml.off', map('a'));
    const { mistakes, objects } = await checkPolicies(folder);
    expect([mistakes, objects]).toEqual([
      [{ file: join(folder, 'freeze.yaml.off'), line: 1, field: '', message: 'is none of .yaml, .yml, .json and .md' }],
      undefined,
    ]);
  });

  it.each(['.freeze.yaml', '.freeze.YML', '.d/f.yaml', 'd/.e/f.json'])(
    'holds no manifest that is hidden: %s is a mistake',
    async (file) => {
      write('a.yaml', map('a'));
      write(file, map('f'));
      const { mistakes, objects } = await checkPolicies(folder);
      const message = 'is hidden, and what is hidden is not read: no file and no folder may begin with a dot';
      expect([mistakes, objects]).toEqual([[{ file: join(folder, file), line: 1, field: '', message }], undefined]);
    },
  );

  it('holds no manifest in a file of cases, be it one document of several or with another mistake', async () => {
    write('ok.cases.yaml', 'policies: .\ncases: []\n');
    expect((await checkPolicies(folder)).mistakes).toEqual([]);
    write('a.cases.yaml', map('a'));
    write('b.cases.yml', `policies: .\n---\n${map('b')}`);
    write('c.cases.yaml', `${map('c')}data: { a: "x\n`);
    const { mistakes } = await checkPolicies(folder);
    expect(mistakes.map(({ file, line, message }) => [file.slice(folder.length + 1), line, message.split(':')[0]])).toEqual([
      ['a.cases.yaml', 1, 'is a manifest in a file of cases, which is not read'],
      ['b.cases.yml', 3, 'is a manifest in a file of cases, which is not read'],
      ['c.cases.yaml', 1, 'is a manifest in a file of cases, which is not read'],
    ]);
  });

  it('holds nothing that cannot be opened', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'a.yaml'));
    mkdirSync(join(folder, 'd'));
    symlinkSync(join(folder, 'd'), join(folder, 'e.yaml'));
    const { mistakes } = await checkPolicies(folder);
    expect(mistakes.map(({ file, message }) => [file.slice(folder.length + 1), message])).toEqual([
      ['a.yaml', 'cannot be read: ENOENT'],
      ['e.yaml', 'cannot be read: EISDIR'],
    ]);
  });

  it('says nothing of what is not found where something could not be read, which may be just that', async () => {
    const binding = [
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: b, namespace: ns }',
      'roleRef: { kind: Role, name: r }\nsubjects: [{ kind: User, name: ada }]\n',
    ].join('\n');
    const found = (role: string) =>
      checkManifests([
        { file: 'a.yaml', text: binding },
        { file: 'b.yaml', text: role },
      ]).mistakes.map(({ file, message }) => `${file}: ${message}`);
    expect(found('')).toEqual([expect.stringMatching(/^a\.yaml: roleRef\.name: Not found: "r"/)]);
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: r, namespace: ns }\nrules: []\n';
    expect(found(role)).toEqual([]);
    for (const unread of [
      `${role}x: "`,
      role.replace('/v1', '/v1beta1'),
      role.replace('kind: Role\n', ''),
      role.replace('name: r', 'name: 5'),
      `- ${role.replaceAll('\n', '\n  ')}`,
    ]) {
      const messages = found(unread);
      expect(messages.length, unread).toBeGreaterThan(0);
      expect(
        messages.filter((message) => !message.startsWith('b.yaml: ')),
        unread,
      ).toEqual([]);
    }
  });

  it('is followed where a file is a link', async () => {
    write('elsewhere/a.yaml', map('linked'));
    mkdirSync(join(folder, 'policies'));
    symlinkSync(join(folder, 'elsewhere/a.yaml'), join(folder, 'policies/a.yaml'));
    expect((await checkPolicies(join(folder, 'policies'))).manifests).toHaveLength(1);
  });

  it('must be there, though it may be empty', async () => {
    expect((await checkPolicies(folder)).mistakes).toEqual([]);
    await expect(checkPolicies(join(folder, 'none'))).rejects.toThrow(new UnreadableFolder(join(folder, 'none'), 'ENOENT'));
  });

  it('is told of every mistake at once, by file and line', async () => {
    write('a.yaml', `${map('a')}data: { x: 5 }\n---\napiVersion: v1\nkind: Secret\n`);
    write('b.yaml', `${map('B')}datum: {}\n`);
    const { mistakes } = await checkPolicies(folder);
    expect(mistakes.map(({ file, line, field }) => [file.slice(folder.length + 1), line, field])).toEqual([
      ['a.yaml', 4, 'data[x]'],
      ['a.yaml', 7, 'kind'],
      ['b.yaml', 3, 'metadata.name'],
      ['b.yaml', 4, 'datum'],
    ]);
  });
});

describe('a manifest', () => {
  const read = (text: string) => checkManifests([{ file: 'a.yaml', text }]);

  it('may be as kubectl prints it: what a server fills in is read over, and not kept', () => {
    const text = `${map('m').replace('namespace: ns', 'namespace: ns, uid: x, resourceVersion: "7", creationTimestamp: 2026-01-01T00:00:00Z, managedFields: [{ a: 1 }]')}data: { a: b }`;
    const { objects, mistakes } = read(text);
    expect(mistakes).toEqual([]);
    expect(objects?.configMaps).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'ns' }, data: { a: 'b' } },
    ]);
  });

  it('may use anchors, and texts that look like dates or times', () => {
    const { objects } = read(`${map('m')}data: { a: &x 2026-01-01, b: *x, c: 12:30 }`);
    expect(objects?.configMaps[0]?.data).toEqual({ a: '2026-01-01', b: '2026-01-01', c: '12:30' });
  });

  it("may have a variable with the name of JavaScript's prototypes", () => {
    const { mistakes } = read(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  matchConstraints:
    resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }]
  variables: [{ name: __proto__, expression: '1' }]
  validations: [{ expression: variables.__proto__ == 1 }]`);
    expect(mistakes).toEqual([]);
  });

  it('may have a name that only static manifests have in a cluster', () => {
    const { objects } = read(`apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: p.static.k8s.io }
spec:
  matchConstraints:
    resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }]
  validations: [{ expression: 'true' }]`);
    expect(objects?.validatingAdmissionPolicies.map(({ metadata }) => metadata.name)).toEqual(['p.static.k8s.io']);
  });

  it('of a cluster may name a namespace, which is passed over as by an API server', () => {
    const { objects } = read(
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r, namespace: ns }\nrules: []',
    );
    expect(objects?.clusterRoles[0]?.metadata).toEqual({ name: 'r' });
  });

  it('keeps members with the names of JavaScript as they are', () => {
    const { objects } = read(`${map('m')}data: { constructor: a, toString: b }`);
    expect(objects?.configMaps[0]?.data).toEqual({ constructor: 'a', toString: 'b' });
    const { objects: ofProto } = read(`${map('m')}data: { __proto__: a, b: c }`);
    expect(JSON.stringify(ofProto?.configMaps[0]?.data)).toBe('{"__proto__":"a","b":"c"}');
    expect(read(`${map('m').replace('ns }', 'ns, labels: { __proto__: a } }')}`).mistakes).toHaveLength(1);
    expect(read(`${map('m')}constructor: a`).mistakes.map(({ message }) => message)).toEqual(['unknown field "constructor"']);
  });
});
