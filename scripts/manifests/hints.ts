import { jobKinds } from '../../lib/job/kinds.ts';
import type { Subject, ValidatingAdmissionPolicySpec } from '../../lib/policy/manifests.ts';
import type { Manifest, Raw } from './manifests.ts';
import { byPlace, type Finding, type Path, showPath } from './mistakes.ts';
import { unguardedReads } from './unguarded.ts';

/** What loads and yet may not do what it looks like, by file and line. It is for manifests without mistakes. */
export function hintsOf(manifests: readonly Manifest[]): Finding[] {
  const hints = manifests.flatMap((manifest) => {
    if (/^(?:Cluster)?RoleBinding$/.test(manifest.kind)) return callersThatAreNone(manifest);
    if (manifest.kind !== 'ValidatingAdmissionPolicy') return [];
    return [...unguarded(manifest), ...unbound(manifest, manifests), ...neverMatching(manifest)];
  });
  return hints.sort(byPlace);
}

function hint({ file, lineOf }: Manifest, path: Path, text: string): Finding {
  return { file, line: lineOf(path), field: showPath(path), message: `${showPath(path)}: ${text}` };
}

function unguarded(manifest: Manifest): Finding[] {
  return unguardedReads(manifest.value.spec).map(({ path, reads, ask }) =>
    hint(manifest, path, `reads ${reads}, which may be absent, and that is an error: ask ${ask} first`),
  );
}

function unbound(manifest: Manifest, manifests: readonly Manifest[]): Finding[] {
  const { name } = manifest.value.metadata;
  const isBound = manifests.some(({ kind, value }) => kind === 'ValidatingAdmissionPolicyBinding' && value.spec.policyName === name);
  return isBound ? [] : [hint(manifest, ['metadata', 'name'], 'no binding names this policy, so it is never asked')];
}

const jobs = Object.values(jobKinds).flatMap((kinds) => kinds.map(({ plural }) => plural));

function neverMatching(manifest: Manifest): Finding[] {
  const { matchConstraints }: Raw<ValidatingAdmissionPolicySpec> = manifest.value.spec;
  const matches = matchConstraints?.resourceRules?.some(
    ({ apiGroups = [], resources = [], operations = [], scope = '*' }) =>
      apiGroups.some((group) => group === '*' || group === 'kubeflow.org') &&
      resources.some((resource) => ['*', '*/*', ...jobs].includes(resource)) &&
      operations.some((operation) => operation === '*' || operation === 'UPDATE') &&
      scope !== 'Cluster',
  );
  if (matches) return [];
  return [
    hint(manifest, ['spec', 'matchConstraints', 'resourceRules'], 'matches nothing that the gateway does: UPDATE of a job of kubeflow.org'),
  ];
}

/** No name from outside begins with system:, and nobody here is a service account. */
function callersThatAreNone(manifest: Manifest): Finding[] {
  const subjects: Raw<Subject>[] = manifest.value.subjects ?? [];
  return subjects.flatMap(({ kind, name = '' }, index) => {
    if (kind === 'ServiceAccount') return [hint(manifest, ['subjects', index], 'no caller is a service account here')];
    const isNobody = name.startsWith('system:') && name !== 'system:authenticated';
    return isNobody ? [hint(manifest, ['subjects', index, 'name'], `no caller is ${JSON.stringify(name)} here, or in such a group`)] : [];
  });
}
