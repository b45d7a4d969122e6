import * as v from 'valibot';
import { childPath, sameValue } from './compare.ts';
import { isObject, type Json, type JsonObject, numberText, own, setOwn } from './json.ts';
import type { PolicyField } from './kinds.ts';
import { isInteger, quantityValue } from './quantity.ts';
import type { StatusCause } from './status.ts';

/** The annotations under this prefix are the gateway's own: kept as live, whatever the request says (design 3.5). */
export const ownPrefix = 'tfjob-gateway/';
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** What the keys and values of all annotations may add up to, in bytes (ValidateAnnotationsSize). */
export const annotationsLimit = 256 * 1024;
const bytes = (text: string): number => Buffer.byteLength(text);

const labelName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${labelName}')`;
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${labelName})?')`;

// Every rule is told, as Kubernetes does. None of the expressions backtracks more than once over a text: long ones are no trap.
const labelNameOnly = new RegExp(`^${labelName}$`);
const subdomainOnly = new RegExp(`^${subdomain}$`);
const labelValueOnly = new RegExp(`^(${labelName})?$`);
const LabelName = v.pipe(
  v.string(),
  v.check((name) => name !== '', 'name part must be non-empty'),
  v.check((name) => bytes(name) <= 63, 'name part must be no more than 63 bytes'),
  v.regex(labelNameOnly, `name part ${nameRule}`),
);
const Prefix = v.pipe(
  v.string(),
  v.check((prefix) => prefix === '' || bytes(prefix) <= 253, 'prefix part must be no more than 253 bytes'),
  v.check((prefix) => prefix !== '', 'prefix part must be non-empty'),
  v.check((prefix) => prefix === '' || subdomainOnly.test(prefix), `prefix part ${subdomainRule}`),
);
const LabelValue = v.pipe(
  v.string(),
  v.check((value) => bytes(value) <= 63, 'must be no more than 63 bytes'),
  v.regex(labelValueOnly, labelValueRule),
);
const messagesOf = (schema: v.GenericSchema<string>, text: string): string[] =>
  v.safeParse(schema, text).issues?.map((issue) => issue.message) ?? [];

/** What Kubernetes says against a label or annotation key (IsQualifiedName); empty if nothing. */
function keyMessages(key: string): string[] {
  const parts = key.split('/', 3);
  if (parts.length > 2) return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const [name = '', prefix] = parts.reverse();
  return [...(prefix === undefined ? [] : messagesOf(Prefix, prefix)), ...messagesOf(LabelName, name)];
}

const quoted = (text: string): string => JSON.stringify(text.length > 256 ? `${text.slice(0, 256)}…` : text);

function invalidValue(field: string, value: string, rule: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${quoted(value)}: ${rule}`, field };
}

/** The causes against one label, in Kubernetes' words (ValidateLabels). */
export function labelCauses(key: string, value: string): StatusCause[] {
  const field = 'metadata.labels';
  return [
    ...keyMessages(key).map((rule) => invalidValue(field, key, rule)),
    ...messagesOf(LabelValue, value).map((rule) => invalidValue(field, value, rule)),
  ];
}

/** The causes against one annotation's key: case does not matter there (ValidateAnnotations). */
export function annotationCauses(key: string): StatusCause[] {
  return keyMessages(key.toLowerCase()).map((rule) => invalidValue('metadata.annotations', key, rule));
}

/** The cause against annotations above 256 KiB in total, unless the live ones were as large: a live job must stay updatable. */
export function annotationsSizeCauses(live: JsonObject, next: JsonObject): StatusCause[] {
  const size = (map: JsonObject): number =>
    Object.entries(map).reduce((sum, [key, value]) => sum + bytes(key) + (typeof value === 'string' ? bytes(value) : 0), 0);
  const total = size(next);
  if (total <= annotationsLimit || total <= size(live)) return [];
  return [
    { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${annotationsLimit} bytes`, field: 'metadata.annotations' },
  ];
}

/**
 * A requested map of labels or annotations as it will be sent: null is `""`, and a lone surrogate is U+FFFD, as in Go.
 * What equals a member of the live map stays exactly that; what is no text stays as it came, for memberCauses.
 */
export function stringMap(requested: Json | undefined, live: JsonObject = {}): JsonObject {
  const map: JsonObject = {};
  if (!isObject(requested)) return map;
  for (const key in requested) {
    const value = requested[key];
    const mine = own(live, key);
    if (mine !== undefined && sameValue(mine, value)) setOwn(map, key, mine);
    else setOwn(map, key.toWellFormed(), typeof value === 'string' ? value.toWellFormed() : (value ?? ''));
  }
  return map;
}

function typeCause(field: string, value: Json, wanted: string): StatusCause {
  const given = typeOf(value);
  const rule = `${field} in body must be of type ${wanted}: "${given}"`;
  return { reason: 'FieldValueTypeInvalid', message: `Invalid value: "${given}": ${rule}`, field };
}

/** The causes against one label or annotation that is new or changed: a text under a key that Kubernetes accepts. */
export function memberCauses(name: 'labels' | 'annotations', key: string, value: Json): StatusCause[] {
  if (typeof value !== 'string') return [typeCause(childPath(`metadata.${name}`, key), value, 'string')];
  return name === 'labels' ? labelCauses(key, value) : annotationCauses(key);
}

const cleanPodPolicies = ['All', 'Running', 'None'];
const integerRange: Partial<Record<PolicyField, readonly [number, number]>> = {
  activeDeadlineSeconds: [1, Number.MAX_SAFE_INTEGER],
  ttlSecondsAfterFinished: [0, 2 ** 31 - 1],
};

/** The value as it is sent: an integer written `5.0` or `5e0` is 5; what is no exact integer stays as it came. */
export function canonicalValue(value: Json): Json {
  const text = numberText(value);
  const parts = text === undefined ? undefined : /^(-?)(\d+)e(\d+)$/.exec(quantityValue(text) ?? '');
  if (text === undefined || !parts) return quantityValue(text) === '0' ? 0 : value;
  const integer = Number(`${parts[1]}${parts[2]}e${parts[3]}`);
  return Number.isSafeInteger(integer) ? integer : value;
}

/** The causes against a canonical value of one of the three scalar fields, in the words of the API server's CRD validation. */
export function policyCauses(name: PolicyField, field: string, value: Json): StatusCause[] {
  const wanted = name === 'cleanPodPolicy' ? 'string' : 'integer';
  if (typeOf(value) !== wanted) return [typeCause(field, value, wanted)];
  if (typeof value === 'string') {
    const supported = cleanPodPolicies.map((policy) => `"${policy}"`).join(', ');
    const message = `Unsupported value: ${quoted(value)}: supported values: ${supported}`;
    return cleanPodPolicies.includes(value) ? [] : [{ reason: 'FieldValueNotSupported', message, field }];
  }
  const [least, most] = integerRange[name] ?? [-Infinity, Infinity];
  const shown = (numberText(value) ?? '').slice(0, 64);
  const number = Number(shown);
  const rule = number < least ? `greater than or equal to ${least}` : number > most ? `less than or equal to ${most}` : undefined;
  if (rule === undefined) return [];
  return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${field} in body should be ${rule}`, field }];
}

/** JSON Schema's name for a value's type; a number is an integer if it is one as written. */
function typeOf(value: Json): string {
  if (numberText(value) !== undefined) return isInteger(value) ? 'integer' : 'number';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
