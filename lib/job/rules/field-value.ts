import { type Json, numberText } from '../../json/json.ts';
import { isInteger, quantityValue } from '../../json/quantity.ts';
import type { StatusCause } from '../../status.ts';
import { Causes } from '../causes.ts';
import type { MapName, ValueType } from '../fields.ts';
import { keyMessages, labelValueMessages } from '../qualified-name.ts';
import { memberPath } from '../shown.ts';

const quoted = (text: string): string => JSON.stringify(text.length > 256 ? `${text.slice(0, 256)}…` : text);

function invalidValue(field: string, value: string, rule: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${quoted(value)}: ${rule}`, field };
}

/** The causes against one label, in Kubernetes' words (ValidateLabels). */
export function labelCauses(key: string, value: string): StatusCause[] {
  const causes = new Causes();
  judgeMember('labels', key, value, causes);
  return causes.listed;
}

/** The causes against one annotation's key: case does not matter there (ValidateAnnotations). */
export function annotationCauses(key: string): StatusCause[] {
  const causes = new Causes();
  judgeMember('annotations', key, '', causes);
  return causes.listed;
}

/**
 * Adds what speaks against one label or annotation that is new or changed: it must be a text under a key that Kubernetes accepts
 * (docs/decision.md, field-value).
 */
export function judgeMember(name: MapName, key: string, value: Json, causes: Causes): void {
  const field = memberPath(name, key);
  if (typeof value !== 'string') {
    causes.add('field-value', () => typeCause(field, value, 'string'));
    return;
  }
  const isLabel = name === 'labels';
  for (const rule of keyMessages(isLabel ? key : key.toLowerCase())) causes.add('field-value', () => invalidValue(field, key, rule));
  if (isLabel) for (const rule of labelValueMessages(value)) causes.add('field-value', () => invalidValue(field, value, rule));
}

/** The value as it is sent: an integer written `5.0` or `5e0` is 5; what is no exact integer stays as it came. */
export function canonicalValue(value: Json): Json {
  const text = numberText(value);
  const parts = text === undefined ? undefined : /^(-?)(\d+)e(\d+)$/.exec(quantityValue(text) ?? '');
  if (text === undefined || !parts) return quantityValue(text) === '0' ? 0 : value;
  const integer = Number(`${parts[1]}${parts[2]}e${parts[3]}`);
  return Number.isSafeInteger(integer) ? integer : value;
}

/** The causes against a canonical value of a scalar field, in the words of the API server's CRD validation (docs/decision.md, field-value). */
export function valueCauses(type: ValueType, field: string, value: Json): StatusCause[] {
  const wanted = jsonType[type.type];
  if (typeOf(value) !== wanted) return [typeCause(field, value, wanted)];
  if (type.type === 'enum') return enumCauses(type.values, field, value as string);
  return type.type === 'integer' ? rangeCauses(type.minimum, type.maximum ?? Number.MAX_SAFE_INTEGER, field, value) : [];
}

/** JSON Schema's names for the types of values. */
const jsonType: Record<ValueType['type'], string> = {
  labels: 'object',
  annotations: 'object',
  integer: 'integer',
  enum: 'string',
  boolean: 'boolean',
};

function enumCauses(values: readonly string[], field: string, value: string): StatusCause[] {
  if (values.includes(value)) return [];
  const supported = values.map((one) => `"${one}"`).join(', ');
  return [{ reason: 'FieldValueNotSupported', message: `Unsupported value: ${quoted(value)}: supported values: ${supported}`, field }];
}

function rangeCauses(least: number, most: number, field: string, value: Json): StatusCause[] {
  const shown = (numberText(value) ?? '').slice(0, 64);
  const number = Number(shown);
  const rule = number < least ? `greater than or equal to ${least}` : number > most ? `less than or equal to ${most}` : undefined;
  if (rule === undefined) return [];
  return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${field} in body should be ${rule}`, field }];
}

function typeCause(field: string, value: Json, wanted: string): StatusCause {
  const given = typeOf(value);
  const rule = `${field} in body must be of type ${wanted}: "${given}"`;
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value: "${given}": ${rule}`, field };
}

/** JSON Schema's name for a value's type; a number is an integer if it is one as written. */
function typeOf(value: Json): string {
  if (numberText(value) !== undefined) return isInteger(value) ? 'integer' : 'number';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
