import { isObject, type Json, type JsonObject, numberText, own, setOwn } from '../../json/json.ts';
import { isInteger, quantityValue } from '../../json/quantity.ts';
import type { StatusCause } from '../../status.ts';
import { Causes } from '../causes.ts';
import { childPath, sameValue } from '../compare.ts';
import type { PolicyField } from '../kinds.ts';

/** The annotations under this prefix are the gateway's own: kept as live, whatever the request says (docs/decision.md, own-annotations). */
export const ownPrefix = 'tfjob-gateway/';
/** The two replaceable fields that are maps of metadata. */
export type MapField = 'labels' | 'annotations';
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

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
interface Rule {
  broken: (text: string) => boolean;
  says: string;
}
const nameRules: Rule[] = [
  { broken: (name) => name === '', says: 'name part must be non-empty' },
  { broken: (name) => bytes(name) > 63, says: 'name part must be no more than 63 bytes' },
  { broken: (name) => !labelNameOnly.test(name), says: `name part ${nameRule}` },
];
const prefixRules: Rule[] = [
  { broken: (prefix) => bytes(prefix) > 253, says: 'prefix part must be no more than 253 bytes' },
  { broken: (prefix) => prefix === '', says: 'prefix part must be non-empty' },
  { broken: (prefix) => prefix !== '' && !subdomainOnly.test(prefix), says: `prefix part ${subdomainRule}` },
];
const valueRules: Rule[] = [
  { broken: (value) => bytes(value) > 63, says: 'must be no more than 63 bytes' },
  { broken: (value) => !labelValueOnly.test(value), says: labelValueRule },
];
const messagesOf = (rules: readonly Rule[], text: string): string[] => rules.filter((rule) => rule.broken(text)).map((rule) => rule.says);

/** What Kubernetes says against a label or annotation key (IsQualifiedName); empty if nothing. */
function keyMessages(key: string): string[] {
  const slash = key.indexOf('/');
  if (slash === -1) return messagesOf(nameRules, key);
  const name = key.slice(slash + 1);
  if (name.includes('/'))
    return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  return [...messagesOf(prefixRules, key.slice(0, slash)), ...messagesOf(nameRules, name)];
}

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

/** Adds what speaks against one label or annotation that is new or changed: it must be a text under a key that Kubernetes accepts. */
export function judgeMember(name: MapField, key: string, value: Json, causes: Causes): void {
  const field = `metadata.${name}`;
  if (typeof value !== 'string') {
    causes.add('field-value', () => typeCause(childPath(field, key), value, 'string'));
    return;
  }
  const isLabel = name === 'labels';
  for (const rule of keyMessages(isLabel ? key : key.toLowerCase())) causes.add('field-value', () => invalidValue(field, key, rule));
  if (isLabel) for (const rule of messagesOf(valueRules, value)) causes.add('field-value', () => invalidValue(field, value, rule));
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

/** The keys of a map that a request adds, changes or removes. */
export function changedKeys(live: JsonObject, next: JsonObject): string[] {
  const keys: string[] = [];
  for (const key in live) if (own(next, key) !== live[key]) keys.push(key);
  for (const key in next) if (!Object.hasOwn(live, key)) keys.push(key);
  return keys;
}

/**
 * Keeps the annotations of the gateway itself as they are in the live object. Returns the keys of those that the request would have
 * changed; one that it leaves out only counts where a patch took it away.
 */
export function keepOwn(live: JsonObject, next: JsonObject, patched: boolean): string[] {
  const isKept = (key: string) => key.startsWith(ownPrefix);
  const mine = Object.keys(live).filter(isKept);
  const theirs = Object.keys(next).filter(isKept);
  const kept = theirs.filter((key) => own(live, key) !== next[key]);
  if (patched) kept.push(...mine.filter((key) => !Object.hasOwn(next, key)));
  for (const key of theirs) delete next[key];
  for (const key of mine) setOwn(next, key, live[key] as Json);
  return kept;
}
