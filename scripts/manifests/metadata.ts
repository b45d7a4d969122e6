import { keyMessages, labelValueMessages } from '../../lib/job/qualified-name.ts';
import type { LabelSelector, ObjectMeta } from '../../lib/policy/manifests.ts';
import { principalIdAnnotation } from '../../lib/policy/rbac.ts';
import type { Manifest, Raw } from './manifests.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { namespaceMessages } from './names.ts';
import { namespacedKinds } from './schema.ts';

/** Of a role or a user, or an account, which is the id of its root user. */
const uniqueId = /^(?:A(?:ROA|IDA)[0-9A-Z]+|\d{12})$/;

/** Checks metadata as apimachinery's ValidateObjectMeta does; which form a name must have depends on the kind. */
export function checkMetadata({ kind, value, errors }: Manifest, nameMessages: (name: string) => string[]): void {
  const isNamespaced = namespacedKinds.includes(kind);
  const { name, namespace, labels = {}, annotations = {} }: Raw<ObjectMeta> = value.metadata ?? {};
  // A server would make one up from generateName; here the name is what others refer to.
  if (!name) errors.required(['metadata', 'name'], 'name or generateName is required');
  else errors.invalidEach(['metadata', 'name'], name, nameMessages(name));
  // kubectl would take the one of its context, of which there is none here.
  if (isNamespaced && !namespace) errors.required(['metadata', 'namespace']);
  else if (isNamespaced && namespace) errors.invalidEach(['metadata', 'namespace'], namespace, namespaceMessages(namespace));
  checkLabels(labels, ['metadata', 'labels'], errors);
  checkOwnNames(kind, 'labels', labels, errors);
  checkOwnNames(kind, 'annotations', annotations, errors);
  for (const key of Object.keys(annotations)) {
    errors.invalidEach(['metadata', 'annotations'], key, keyMessages(key.toLowerCase()), ['metadata', 'annotations', [key]]);
  }
}

/**
 * The gateway's own prefix means one thing alone: the annotation that pins a binding of RBAC. One that is misspelt, or stands elsewhere, would
 * pin nothing.
 */
function checkOwnNames(kind: string, map: 'labels' | 'annotations', entries: Readonly<Record<string, string>>, errors: FieldErrors): void {
  const isPinnable = map === 'annotations' && /^(?:Cluster)?RoleBinding$/.test(kind);
  const path = ['metadata', map];
  for (const [key, value] of Object.entries(entries)) {
    if (!key.toLowerCase().startsWith('tfjob-gateway/')) continue;
    const at = [...path, [key] as const];
    if (!isPinnable || key !== principalIdAnnotation)
      errors.invalid(
        path,
        key,
        `means nothing here: of this prefix there is ${principalIdAnnotation}, an annotation of a binding of RBAC`,
        at,
      );
    else if (value.split(',').some((id) => !uniqueId.test(id.trim())))
      errors.invalid(at, value, 'must be unique ids of IAM (AROA… of a role, AIDA… of a user), with commas between them');
  }
}

function checkLabels(labels: Readonly<Record<string, string>>, path: Path, errors: FieldErrors): void {
  for (const [key, value] of Object.entries(labels)) {
    errors.invalidEach(path, key, keyMessages(key), [...path, [key]]);
    errors.invalidEach(path, value, labelValueMessages(value), [...path, [key]]);
  }
}

/** Checks a label selector as apimachinery's ValidateLabelSelector does. */
export function checkSelector({ matchLabels = {}, matchExpressions = [] }: Raw<LabelSelector>, path: Path, errors: FieldErrors): void {
  checkLabels(matchLabels, [...path, 'matchLabels'], errors);
  for (const [index, { key = '', operator = '', values = [] }] of matchExpressions.entries()) {
    const at = [...path, 'matchExpressions', index];
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.required([...at, 'values'], "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) errors.forbidden([...at, 'values'], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else errors.invalid([...at, 'operator'], operator, 'not a valid selector operator');
    errors.invalidEach([...at, 'key'], key, keyMessages(key));
    for (const [valueIndex, value] of values.entries()) errors.invalidEach([...at, 'values', valueIndex], value, labelValueMessages(value));
  }
}

/** Whether a selector selects what has these labels. */
export function selects(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  const matches = ({ key, operator, values = [] }: (typeof matchExpressions)[number]): boolean => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isIn = value !== undefined && values.includes(value);
    return operator === 'In' ? isIn : !isIn;
  };
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every(matches);
}
