import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle, BundledObjects } from '../lib/policy/bundle.ts';
import { digestOf } from '../lib/policy/read.ts';
import { bundle } from '../scripts/build.ts';
import { checkManifests } from '../scripts/manifests/check.ts';
import type { Loose } from './scenarios/gateway.ts';

const versions: Record<string, string> = {
  Validating: 'admissionregistration.k8s.io/v1',
  ConfigMap: 'v1',
  Policy: 'audit.k8s.io/v1',
};
const rbac = 'rbac.authorization.k8s.io/v1';

/** A bundle of manifests, in which the apiVersion need not be said. Throws with what is wrong with them. */
export function bundleOf(manifests: readonly Loose[]): Bundle {
  const whole = manifests.map((manifest) => {
    const known = Object.keys(versions).find((start) => manifest.kind.startsWith(start));
    return { apiVersion: known === undefined ? rbac : versions[known], ...manifest };
  });
  const text = whole.map((manifest) => JSON.stringify(manifest)).join('\n---\n');
  const { objects, mistakes } = checkManifests([{ file: 'test.yaml', text }]);
  if (!objects) throw new Error(mistakes.map(({ message }) => message).join('\n'));
  return { digest: 'sha256:of-a-test', ...objects };
}

const lists: Record<string, keyof BundledObjects> = {
  Role: 'roles',
  ClusterRole: 'clusterRoles',
  RoleBinding: 'roleBindings',
  ClusterRoleBinding: 'clusterRoleBindings',
};

/** A bundle of manifests of RBAC that no build would accept, as an API server may have them: with roles that are not there. */
export function uncheckedBundleOf(manifests: readonly Loose[]): Bundle {
  const objects = Object.fromEntries(Object.values(lists).map((list) => [list, [] as object[]]));
  for (const manifest of manifests) {
    const list = lists[manifest.kind];
    if (!list) throw new Error(`no kind of RBAC: ${manifest.kind}`);
    objects[list]?.push({ ...(manifest.kind.endsWith('Role') && { rules: [] }), ...manifest });
  }
  const others = { validatingAdmissionPolicies: [], validatingAdmissionPolicyBindings: [], configMaps: [], auditPolicies: [] };
  return { digest: 'sha256:of-a-test', ...others, ...objects } as Loose;
}

/** Stands in the code of built handlers for the digest of their policies. */
const anyDigest = `sha256:${'0'.repeat(64)}`;
const templates = fileURLToPath(new URL('../dist-templates', import.meta.url));

/** Builds every handler that reads policies once, for `buildWith`. Nobody can use them as they are: their digest is that of no policies. */
export async function buildTemplates(): Promise<void> {
  await rm(templates, { recursive: true, force: true });
  for (const name of [...httpHandlers, 'job-event'])
    await bundle({ entryPoints: [{ in: `handlers/${name}.ts`, out: 'index' }] }, join(templates, name), anyDigest);
}

/**
 * The built handlers of these names, with manifests beside them, in a folder that the caller removes.
 * @param change makes of the checked objects what no build writes.
 */
export async function buildWith(
  manifests: readonly Loose[],
  names: readonly string[],
  change: (objects: Loose) => void = () => undefined,
): Promise<string> {
  const folder = await mkdtemp(join(import.meta.dirname, '../dist-'));
  const { digest: _, ...objects } = bundleOf(manifests);
  change(objects);
  const bytes = Buffer.from(JSON.stringify(objects));
  for (const name of names) {
    await mkdir(join(folder, name));
    for (const file of await readdir(join(templates, name))) {
      const code = await readFile(join(templates, name, file), 'utf8');
      await writeFile(join(folder, name, file), code.replaceAll(anyDigest, digestOf(bytes)));
    }
    await writeFile(join(folder, name, 'policies.json'), bytes);
  }
  return folder;
}

/** The handlers that answer HTTP. */
export const httpHandlers = ['replace-job', 'patch-job', 'read-jobs', 'list-jobs', 'discovery', 'not-found'];
