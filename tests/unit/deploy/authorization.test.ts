// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { pack } from '../../../scripts/manifests/pack.ts';
import { config } from './deployment.ts';

const authorization = createRequire(import.meta.url)('../../../deploy/authorization.cjs');
const resolved = (auth: string, said = ''): Promise<string> =>
  authorization({ resolveVariable: async (name: string) => ({ 'param:auth': auth, 'param:authorization': said })[name] });

const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r }\nrules: []';
const parameters = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m, namespace: ns }';
const auditPolicy = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]';
const home = process.cwd();

describe('who decides what a caller may do', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deployed-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
  /** Stands for a build with this manifest. */
  const built = (text: string) => {
    const { objects } = checkManifests([{ file: 'a.yaml', text }]);
    if (!objects) throw new Error('the manifest has mistakes');
    mkdirSync('dist/replace-job', { recursive: true });
    writeFileSync('dist/replace-job/policies.json', pack(objects).bytes);
  };

  it('is asked of every deployment', () => {
    expect(config.custom.authorization).toBe('${file(deploy/authorization.cjs)}');
    expect(config.params.default.authorization).toBe('');
  });

  it('has to be said with bearer tokens: the refusal names both ways out', async () => {
    await expect(resolved('jwt')).rejects.toThrow(/put some into policies\/ and build again .* --param authorization=allow-authenticated/);
    expect(await resolved('jwt', 'allow-authenticated')).toBe('allow-authenticated');
  });

  it('is RBAC where the functions were built with its manifests, and of other manifests nobody says so', async () => {
    built(parameters);
    await expect(resolved('jwt')).rejects.toThrow('RBAC manifests');
    built(role);
    expect(await resolved('jwt')).toBe('rbac');
    expect(await resolved('aws_iam')).toBe('rbac');
  });

  it('is not asked of an audit policy: with it alone it is as with no manifest', async () => {
    built(auditPolicy);
    await expect(resolved('jwt')).rejects.toThrow('--param authorization=allow-authenticated');
    expect(await resolved('jwt', 'allow-authenticated')).toBe('allow-authenticated');
    expect(await resolved('aws_iam')).toBe('allow-authenticated');
  });

  it('is IAM by default with signatures, as it was', async () => {
    expect(await resolved('aws_iam')).toBe('allow-authenticated');
  });

  it('may be neither misspelt nor contradicted by the manifests', async () => {
    await expect(resolved('jwt', 'allow-all')).rejects.toThrow('authorization is allow-authenticated, or not given');
    built(role);
    await expect(resolved('jwt', 'allow-authenticated')).rejects.toThrow('built with RBAC manifests');
  });
});
