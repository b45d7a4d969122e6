import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle, BundledObjects } from '../lib/policy/bundle.ts';
import { digestOf } from '../lib/policy/read.ts';
import { bundle } from '../scripts/build.ts';
import type { Loose } from './scenarios/gateway.ts';

const lists: Record<string, keyof BundledObjects> = {
  Role: 'roles',
  ClusterRole: 'clusterRoles',
  RoleBinding: 'roleBindings',
  ClusterRoleBinding: 'clusterRoleBindings',
};

/** A bundle of manifests of RBAC, in which only what decides has to be said. */
export function bundleOf(manifests: readonly Loose[]): Bundle {
  const objects = Object.fromEntries(Object.values(lists).map((list) => [list, [] as object[]]));
  for (const manifest of manifests) {
    const list = lists[manifest.kind];
    if (!list) throw new Error(`no kind of RBAC: ${manifest.kind}`);
    objects[list]?.push({ ...(manifest.kind.endsWith('Role') && { rules: [] }), ...manifest });
  }
  const others = { validatingAdmissionPolicies: [], validatingAdmissionPolicyBindings: [], configMaps: [] };
  return { digest: 'sha256:of-a-test', ...others, ...objects } as Loose;
}

/** The built handlers of these names, with manifests of RBAC beside them, in a folder that the caller removes. */
export async function buildWith(manifests: readonly Loose[], names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(import.meta.dirname, '../dist-'));
  const { digest: _, ...objects } = bundleOf(manifests);
  const bytes = Buffer.from(JSON.stringify(objects));
  for (const name of names) {
    await bundle({ entryPoints: [{ in: `handlers/${name}.ts`, out: 'index' }] }, join(folder, name), digestOf(bytes));
    await writeFile(join(folder, name, 'policies.json'), bytes);
  }
  return folder;
}

/** The handlers that answer HTTP. */
export const httpHandlers = ['replace-job', 'patch-job', 'read-jobs', 'discovery', 'not-found'];
