import type { BundledObjects } from '../../lib/policy/bundle.ts';
import { checkAdmissionPolicy } from './admission-policy.ts';
import { checkAuditPolicy, checkOneAuditPolicy } from './audit-policy.ts';
import { bundleOf } from './bundle.ts';
import { checkConfigMap } from './config-map.ts';
import { readFolder } from './folder.ts';
import { type Manifest, type Read, readText } from './manifests.ts';
import { byPlace, type Finding } from './mistakes.ts';
import { checkPolicyBinding } from './policy-binding.ts';
import { checkClusterRole, checkClusterRoleBinding, checkRole, checkRoleBinding } from './rbac.ts';
import { checkNames, checkReferences } from './references.ts';

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
  readonly mistakes: Finding[];
  /** Undefined where there are mistakes. */
  readonly objects: BundledObjects | undefined;
}

/** Reads and checks every manifest of a folder. Throws UnreadableFolder where the folder cannot be read. */
export async function checkPolicies(folder: string): Promise<Checked> {
  return checked(await readFolder(folder));
}

/** Checks the manifests of texts, as if they were the files of a folder. */
export function checkManifests(files: readonly { file: string; text: string }[]): Checked {
  const read: Read = { manifests: [], mistakes: [], isPartial: false };
  for (const { file, text } of files) readText(file, text, read);
  return checked(read);
}

function checked({ manifests, mistakes, isPartial }: Read): Checked {
  for (const manifest of manifests) if (!manifest.isBroken) checks[manifest.kind]?.(manifest);
  checkNames(manifests);
  // What is not found may be in what could not be read.
  if (!isPartial) checkReferences(manifests);
  checkOneAuditPolicy(manifests);
  mistakes.sort(byPlace);
  return { manifests, mistakes, objects: mistakes.length === 0 ? bundleOf(manifests) : undefined };
}
