import { dyn, type Type } from '../../lib/cel/types.ts';
import { keyMessages } from '../../lib/job/qualified-name.ts';
import type { ValidatingAdmissionPolicySpec, Validation } from '../../lib/policy/manifests.ts';
import { checkExpression, type Names } from './expressions.ts';
import type { Manifest, Raw } from './manifests.ts';
import { checkMatchResources } from './match-resources.ts';
import { checkMetadata } from './metadata.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { isCelIdentifier, subdomainMessages } from './names.ts';

type Spec = Raw<ValidatingAdmissionPolicySpec>;
const nothing = 'validations or auditAnnotations must contain at least one item';
const [maxConditions, maxAuditAnnotations, maxValueExpression] = [64, 20, 5 * 1024];

/** Checks a policy as kube-apiserver does when one is created (pkg/apis/admissionregistration/validation), its expressions included. */
export function checkAdmissionPolicy(manifest: Manifest): void {
  checkMetadata(manifest, subdomainMessages);
  const { value, errors } = manifest;
  const spec: Spec = value.spec ?? {};
  const { failurePolicy = 'Fail', paramKind, matchConstraints, validations = [], auditAnnotations = [] } = spec;
  if (!['Fail', 'Ignore'].includes(failurePolicy)) errors.notSupported(['spec', 'failurePolicy'], failurePolicy, ['Fail', 'Ignore']);
  if (paramKind) checkParamKind(paramKind, ['spec', 'paramKind'], errors);
  if (matchConstraints) {
    checkMatchResources(matchConstraints, ['spec', 'matchConstraints'], errors);
    if ((matchConstraints.resourceRules ?? []).length === 0) errors.required(['spec', 'matchConstraints', 'resourceRules']);
  } else errors.required(['spec', 'matchConstraints']);

  const names: Names = { params: paramKind !== undefined, authorizer: true };
  checkMatchConditions(spec.matchConditions ?? [], names, errors);
  const own = checkVariables(spec.variables ?? [], names, errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.required(['spec', 'validations'], nothing);
    errors.required(['spec', 'auditAnnotations'], nothing);
  }
  for (const [index, validation] of validations.entries()) checkValidation(validation, { ...names, variables: own }, index, errors);
  checkAuditAnnotations(auditAnnotations, { ...names, variables: own }, value.metadata?.name ?? '', errors);
}

/** The bundle holds no parameters but ConfigMaps. */
function checkParamKind({ apiVersion = '', kind = '' }: NonNullable<Spec['paramKind']>, path: Path, errors: FieldErrors): void {
  if (apiVersion === '') errors.required([...path, 'apiVersion']);
  if (kind === '') errors.required([...path, 'kind']);
  if (apiVersion === '' || kind === '' || (apiVersion === 'v1' && kind === 'ConfigMap')) return;
  errors.invalid(path, `${apiVersion} ${kind}`, 'parameters are objects of v1 ConfigMap here, and of no other kind');
}

function checkMatchConditions(conditions: NonNullable<Spec['matchConditions']>, names: Names, errors: FieldErrors): void {
  const path = ['spec', 'matchConditions'];
  if (conditions.length > maxConditions) errors.tooMany(path, conditions.length, maxConditions);
  for (const [index, { name = '', expression = '' }] of conditions.entries()) {
    if (expression.trim() === '') errors.required([...path, index, 'expression']);
    else checkExpression(expression.trim(), { path: [...path, index, 'expression'], names, types: ['bool'] }, errors);
    if (name === '') errors.required([...path, index, 'name']);
    else errors.invalidEach([...path, index, 'name'], name, keyMessages(name));
    if (name !== '' && conditions.findIndex((other) => other.name === name) < index) errors.duplicate([...path, index, 'name'], name);
  }
}

/** Each variable may name those before it. Returns their types; undefined where there are none, and no `variables` either. */
function checkVariables(variables: NonNullable<Spec['variables']>, names: Names, errors: FieldErrors): Record<string, Type> | undefined {
  if (variables.length === 0) return undefined;
  let known: Record<string, Type> = {};
  for (const [index, { name = '', expression = '' }] of variables.entries()) {
    const path = ['spec', 'variables', index];
    if (name.trim() === '') errors.required([...path, 'name'], 'name is not specified');
    else if (!isCelIdentifier(name)) errors.invalid([...path, 'name'], name, 'must be a valid CEL identifier');
    if (expression.trim() === '') errors.required([...path, 'expression'], 'expression is not specified');
    else {
      const type = checkExpression(expression, { path: [...path, 'expression'], names: { ...names, variables: known } }, errors);
      // Of one that does not compile the type is not known; what reads it is not wrong for that.
      known = { ...known, [name]: type ?? dyn };
    }
  }
  return known;
}

function checkValidation(validation: Raw<Validation>, names: Names, index: number, errors: FieldErrors): void {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const path = ['spec', 'validations', index];
  if (expression.trim() === '') errors.required([...path, 'expression'], 'expression is not specified');
  else checkExpression(expression, { path: [...path, 'expression'], names, types: ['bool'] }, errors);
  const at = [...path, 'messageExpression'];
  if (messageExpression.trim() !== '')
    checkExpression(messageExpression, { path: at, names: { ...names, authorizer: false }, types: ['string'] }, errors);
  else if (messageExpression !== '') errors.invalid(at, messageExpression, 'must be non-empty if specified');
  if (message !== '' && message.trim() === '') errors.invalid([...path, 'message'], message, 'must be non-empty if specified');
  else if (/[\n\r]/.test(message.trim())) errors.invalid([...path, 'message'], message, 'must not contain line breaks');
  const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
  if (reason !== undefined && !reasons.includes(reason)) errors.notSupported([...path, 'reason'], reason, reasons);
}

function checkAuditAnnotations(
  annotations: NonNullable<Spec['auditAnnotations']>,
  names: Names,
  policy: string,
  errors: FieldErrors,
): void {
  const path = ['spec', 'auditAnnotations'];
  if (annotations.length > maxAuditAnnotations)
    errors.invalid(path, annotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`);
  for (const [index, { key = '', valueExpression = '' }] of annotations.entries()) {
    const at = [...path, index, 'key'];
    if (policy === '') errors.invalid(at, key, 'requires metadata.name be non-empty');
    else errors.invalidEach(at, `${policy}/${key}`, keyMessages(`${policy}/${key}`));
    checkValueExpression(valueExpression, [...path, index, 'valueExpression'], names, errors);
    if (annotations.findIndex((other) => (other.key ?? '') === key) < index) errors.duplicate(at, key);
  }
}

function checkValueExpression(expression: string, path: Path, names: Names, errors: FieldErrors): void {
  const length = Buffer.byteLength(expression.trim());
  if (length === 0) errors.required(path, 'valueExpression is not specified');
  else if (length > maxValueExpression) errors.required(path, `must not exceed ${maxValueExpression} bytes in length`);
  else checkExpression(expression, { path, names, types: ['string', 'null_type'], trimmed: true }, errors);
}
