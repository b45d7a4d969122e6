import type { ParamRef } from '../../lib/policy/manifests.ts';
import { namesVariable } from './expressions.ts';
import type { Manifest, Raw } from './manifests.ts';
import { selects } from './metadata.ts';
import { subdomainMessages } from './names.ts';
import { expressionsOf } from './unguarded.ts';

/** The ClusterRoles that are there without a manifest, as in every cluster; the others of a cluster are not. */
const ownClusterRoles = ['system:basic-user', 'system:discovery', 'system:public-info-viewer'];

/** Checks that what a binding refers to is there. */
export function checkReferences(manifests: readonly Manifest[]): void {
  const hasRbac = manifests.some(({ kind }) => /^(?:Cluster)?Role(?:Binding)?$/.test(kind));
  for (const manifest of manifests) {
    if (manifest.kind === 'ValidatingAdmissionPolicy' && !hasRbac) checkAuthorizer(manifest);
    if (/^(?:Cluster)?RoleBinding$/.test(manifest.kind)) checkRoleRef(manifest, manifests);
    if (manifest.kind === 'ValidatingAdmissionPolicyBinding') {
      checkPolicyName(manifest, manifests);
      checkParams(manifest, manifests);
    }
  }
}

/** Without RBAC everybody may do everything, so that an authorizer would say yes to whatever a policy asks. */
function checkAuthorizer({ value, errors }: Manifest): void {
  for (const { path, text } of expressionsOf(value.spec ?? {})) {
    // Messages and audit annotations see none.
    if (path.at(-1) !== 'expression' || !namesVariable(text, 'authorizer')) continue;
    errors.invalid(path, text, 'authorizer has nothing to answer by: no manifest here is of rbac.authorization.k8s.io');
  }
}

/** Checks that no two manifests have one name. */
export function checkNames(manifests: readonly Manifest[]): void {
  const seen = new Map<string, Manifest>();
  for (const manifest of manifests) {
    const { name, namespace } = manifest.value.metadata ?? {};
    if (!name) continue;
    const id = JSON.stringify([manifest.kind, namespace, name]);
    const first = seen.get(id);
    if (first)
      manifest.errors.duplicate(['metadata', 'name'], name, `${manifest.kind} in ${first.file}:${first.lineOf(['metadata', 'name'])}`);
    else seen.set(id, manifest);
  }
}

function checkRoleRef({ kind: of, value, errors }: Manifest, manifests: readonly Manifest[]): void {
  const { kind, name } = value.roleRef ?? {};
  const isKind = kind === 'ClusterRole' || (kind === 'Role' && of === 'RoleBinding');
  if (!name || !isKind) return;
  const namespace = kind === 'Role' ? value.metadata?.namespace : undefined;
  if (kind === 'ClusterRole' && ownClusterRoles.includes(name)) return;
  if (find(manifests, kind, name, namespace).length > 0) return;
  const where = namespace === undefined ? '' : ` in namespace ${JSON.stringify(namespace)}`;
  errors.add(['roleRef', 'name'], `Not found: ${JSON.stringify(name)}: no manifest here is the ${kind} of this name${where}`);
}

function checkPolicyName({ value, errors }: Manifest, manifests: readonly Manifest[]): void {
  const name = value.spec?.policyName;
  if (!name || subdomainMessages(name).length > 0 || find(manifests, 'ValidatingAdmissionPolicy', name, undefined).length > 0) return;
  errors.add(['spec', 'policyName'], `Not found: ${JSON.stringify(name)}: no manifest here is the ValidatingAdmissionPolicy of this name`);
}

function checkParams({ value, errors }: Manifest, manifests: readonly Manifest[]): void {
  const ref: Raw<ParamRef> = value.spec?.paramRef ?? {};
  const { name, namespace, selector, parameterNotFoundAction } = ref;
  if (parameterNotFoundAction === 'Allow' || (!name && !selector) || hasParams(ref, manifests)) return;
  const where = namespace ? ` in namespace ${JSON.stringify(namespace)}` : '';
  if (name)
    errors.add(['spec', 'paramRef', 'name'], `Not found: ${JSON.stringify(name)}: no manifest here is the ConfigMap of this name${where}`);
  else errors.add(['spec', 'paramRef', 'selector'], `Not found: no ConfigMap among the manifests here is selected${where}`);
}

/** Whether there is a ConfigMap that a paramRef may mean; without a namespace it may be in any. */
export function hasParams({ name, namespace, selector }: Raw<ParamRef>, manifests: readonly Manifest[]): boolean {
  const maps = manifests.filter(
    ({ kind, value: { metadata } }) => kind === 'ConfigMap' && (!namespace || metadata?.namespace === namespace),
  );
  return maps.some(({ value: { metadata } }) => (name ? metadata?.name === name : selects(selector as object, metadata?.labels)));
}

function find(manifests: readonly Manifest[], kind: string, name: string, namespace: string | undefined): Manifest[] {
  return manifests.filter(
    ({ kind: its, value: { metadata } }) => its === kind && metadata?.name === name && metadata?.namespace === namespace,
  );
}
