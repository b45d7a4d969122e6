import type { BundledObjects } from '../../lib/policy/bundle.ts';
import { checkAdmissionPolicy } from './admission-policy.ts';
import { checkAuditPolicy, checkOneAuditPolicy } from './audit-policy.ts';
import { bundleOf } from './bundle.ts';
import { checkConfigMap } from './config-map.ts';
import { type Manifest, manifestsOf, readManifests } from './manifests.ts';
import { byPlace, type Finding } from './mistakes.ts';
import { checkPolicyBinding } from './policy-binding.ts';
import { checkClusterRole, checkClusterRoleBinding, checkRole, checkRoleBinding } from './rbac.ts';
import { checkReferences } from './references.ts';

const checks: Readonly<Record<string, (manifest: Manifest) => void>> = {
  Role: checkRole,
  ClusterRole: checkClusterRole,
  RoleBinding: checkRoleBinding,
  ClusterRoleBinding: checkClusterRoleBinding,
  ValidatingAdmissionPolicy: checkAdmissionPolicy,
  ValidatingAdmissionPolicyBinding: checkPolicyBinding,
  ConfigMap: checkConfigMap,
  Policy: checkAuditPolicy,
};

/** What a folder of policies holds. */
export interface Checked {
  readonly manifests: readonly Manifest[];
  /** Every mistake, by file and line. */
  readonly mistakes: readonly Finding[];
  /** Undefined where there are mistakes. */
  readonly objects: BundledObjects | undefined;
}

/** Reads and checks every manifest of a folder. Rejects where the folder cannot be read. */
export async function checkPolicies(folder: string): Promise<Checked> {
  const mistakes: Finding[] = [];
  return checked(await readManifests(folder, mistakes), mistakes);
}

/** Checks the manifests of texts, as if they were the files of a folder. */
export function checkManifests(files: readonly { file: string; text: string }[]): Checked {
  const mistakes: Finding[] = [];
  return checked(
    files.flatMap(({ file, text }) => manifestsOf(file, text, mistakes)),
    mistakes,
  );
}

function checked(manifests: readonly Manifest[], mistakes: Finding[]): Checked {
  for (const manifest of manifests) if (!manifest.isBroken) checks[manifest.kind]?.(manifest);
  checkReferences(manifests);
  checkOneAuditPolicy(manifests);
  mistakes.sort(byPlace);
  return { manifests, mistakes, objects: mistakes.length === 0 ? bundleOf(manifests) : undefined };
}
