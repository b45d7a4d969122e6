import { omittedWrites } from '../../lib/audit/strict-policy.ts';
import { idleTerms } from './audit-hints.ts';
import type { Manifest } from './manifests.ts';
import { matchApart, neverMatching } from './match-hints.ts';
import { byPlace, type Finding, type Path, showPath } from './mistakes.ts';
import { callersThatAreNone, idleRules } from './rbac-hints.ts';
import { hasParams } from './references.ts';
import { unguardedReads } from './unguarded.ts';

/** What may not do what it looks like, and where in its manifest it stands. */
export interface Hint {
  readonly path: Path;
  readonly text: string;
}

/** What loads and yet may not do what it looks like, by file and line. It is for manifests without mistakes. */
export function hintsOf(manifests: readonly Manifest[]): Finding[] {
  const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  const expressions = policies.flatMap(({ value }) => Object.values(value.spec).map((part) => textsOf(part).join('\n')));
  const about = (manifest: Manifest): Hint[] => {
    if (/^(?:Cluster)?RoleBinding$/.test(manifest.kind)) return callersThatAreNone(manifest);
    if (/^(?:Cluster)?Role$/.test(manifest.kind)) return idleRules(manifest, expressions.join('\n'));
    if (manifest.kind === 'ValidatingAdmissionPolicyBinding') return ofPolicyBinding(manifest, manifests);
    if (manifest.kind === 'Policy') return [...idleTerms(manifest.value), ...refusedStrictly(manifest)];
    if (manifest.kind !== 'ValidatingAdmissionPolicy') return [];
    const { spec } = manifest.value;
    return [...unguarded(manifest), ...unbound(manifest, manifests), ...neverMatching(spec.matchConstraints, 'matchConstraints')];
  };
  const hints = manifests.flatMap((manifest) => about(manifest).map((hint) => findingOf(manifest, hint)));
  return hints.sort(byPlace);
}

/** What an audit policy leaves out of writes, in either layout: the build does not know the one of its deployment. */
export function omittedOf({ value }: Manifest): string[] {
  return [...new Set((['cci', 'kubeflow'] as const).flatMap((layout) => omittedWrites(value, layout)))];
}

function refusedStrictly(manifest: Manifest): Hint[] {
  return omittedOf(manifest).map((text) => ({ path: ['rules'], text: `with audit=strict refused: it ${text}` }));
}

function findingOf({ file, lineOf }: Manifest, { path, text }: Hint): Finding {
  return { file, line: lineOf(path), field: showPath(path), message: `${showPath(path)}: ${text}` };
}

function textsOf(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  return typeof part === 'object' && part !== null ? Object.values(part).flatMap(textsOf) : [];
}

function unguarded(manifest: Manifest): Hint[] {
  return unguardedReads(manifest.value.spec).map(({ path, reads, ask }) => ({
    path,
    text: `reads ${reads}, which may be absent, and that is an error: ask ${ask} first`,
  }));
}

function unbound(manifest: Manifest, manifests: readonly Manifest[]): Hint[] {
  const { name } = manifest.value.metadata;
  const isBound = manifests.some(({ kind, value }) => kind === 'ValidatingAdmissionPolicyBinding' && value.spec.policyName === name);
  return isBound ? [] : [{ path: ['metadata', 'name'], text: 'no binding names this policy, so it is never asked' }];
}

function ofPolicyBinding(manifest: Manifest, manifests: readonly Manifest[]): Hint[] {
  const { policyName, paramRef, matchResources, validationActions } = manifest.value.spec;
  const policy = manifests.find(({ kind, value }) => kind === 'ValidatingAdmissionPolicy' && value.metadata.name === policyName);
  const hints = neverMatching(matchResources, 'matchResources');
  if (policy && matchApart(matchResources, policy))
    hints.push({ path: ['spec', 'matchResources'], text: 'matches no job that its policy matches' });
  if (validationActions.every((action: string) => action === 'Audit'))
    hints.push({ path: ['spec', 'validationActions'], text: 'nothing is denied, and nobody is warned' });
  if (paramRef && policy?.value.spec.paramKind && !hasParams(paramRef, manifests))
    hints.push({ path: ['spec', 'paramRef'], text: 'there is no such ConfigMap here, so the policy is never asked' });
  return hints;
}
