import type { ParamRef, ValidatingAdmissionPolicyBindingSpec } from '../../lib/policy/manifests.ts';
import type { Manifest, Raw } from './manifests.ts';
import { checkMatchResources } from './match-resources.ts';
import { checkMetadata, checkSelector } from './metadata.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { pathSegmentMessages, subdomainMessages } from './names.ts';

/** Checks a binding of a policy as kube-apiserver does when one is created. */
export function checkPolicyBinding(manifest: Manifest): void {
  checkMetadata(manifest, subdomainMessages);
  const { value, errors } = manifest;
  const { policyName = '', paramRef, matchResources, validationActions = [] }: Raw<ValidatingAdmissionPolicyBindingSpec> = value.spec ?? {};
  if (policyName === '') errors.required(['spec', 'policyName']);
  else errors.invalidEach(['spec', 'policyName'], policyName, subdomainMessages(policyName));
  if (paramRef) checkParamRef(paramRef, ['spec', 'paramRef'], errors);
  if (matchResources) checkMatchResources(matchResources, ['spec', 'matchResources'], errors);
  checkActions(validationActions, ['spec', 'validationActions'], errors);
}

function checkParamRef({ name = '', selector, parameterNotFoundAction = '' }: Raw<ParamRef>, path: Path, errors: FieldErrors): void {
  const exclusive = 'name and selector are mutually exclusive';
  if (name !== '') errors.invalidEach([...path, 'name'], name, pathSegmentMessages(name));
  if (name !== '' && selector) errors.forbidden([...path, 'name'], exclusive);
  if (selector) checkSelector(selector, [...path, 'selector'], errors);
  if (name !== '' && selector) errors.forbidden([...path, 'selector'], exclusive);
  if (name === '' && !selector) errors.required(path, 'one of name or selector must be specified');
  const at = [...path, 'parameterNotFoundAction'];
  if (parameterNotFoundAction === '') errors.required(at);
  else if (!['Deny', 'Allow'].includes(parameterNotFoundAction)) errors.notSupported(at, parameterNotFoundAction, ['Deny', 'Allow']);
}

function checkActions(actions: readonly string[], path: Path, errors: FieldErrors): void {
  const known = ['Audit', 'Deny', 'Warn'];
  if (actions.length === 0) errors.required(path);
  for (const [index, action] of actions.entries()) {
    if (!known.includes(action)) errors.notSupported([...path, index], action, known);
    if (actions.indexOf(action) < index) errors.duplicate([...path, index], action);
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const why = 'repeating the same validation failure information in the API response and headers serves no purpose';
    errors.invalid(path, actions, `must not contain both Deny and Warn (${why})`);
  }
}
