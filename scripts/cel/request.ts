import { isObject, type Json, type JsonObject } from '../../lib/json/json.ts';

/** A member of a Kubernetes struct: what it is without a value, and whether JSON leaves it out then. */
interface Member {
  zero: Json | 'group, version and kind' | 'group, version and resource' | 'user';
  omitted?: 'empty' | 'absent';
}

const text: Member = { zero: '' };
const optionalText: Member = { zero: '', omitted: 'empty' };
const kind = { group: text, version: text, kind: text };
const resource = { group: text, version: text, resource: text };
const user = {
  username: optionalText,
  uid: optionalText,
  groups: { zero: null, omitted: 'empty' },
  extra: { zero: null, omitted: 'empty' },
} satisfies Record<string, Member>;

/** k8s.io/api/admission/v1, AdmissionRequest. */
const admissionRequest: Record<string, Member> = {
  uid: text,
  kind: { zero: 'group, version and kind' },
  resource: { zero: 'group, version and resource' },
  subResource: optionalText,
  requestKind: { zero: 'group, version and kind', omitted: 'absent' },
  requestResource: { zero: 'group, version and resource', omitted: 'absent' },
  requestSubResource: optionalText,
  name: optionalText,
  namespace: optionalText,
  operation: text,
  userInfo: { zero: 'user' },
  object: { zero: null },
  oldObject: { zero: null },
  dryRun: { zero: null, omitted: 'absent' },
  options: { zero: null },
};
const structs = { 'group, version and kind': kind, 'group, version and resource': resource, user } as Record<
  string,
  Record<string, Member>
>;

/** An AdmissionRequest as an expression sees it: the members that Go's struct has, with its zero values, and no other one. */
export function admissionRequestOf(given: Json | undefined): JsonObject {
  return struct(admissionRequest, given);
}

function struct(members: Record<string, Member>, given: Json | undefined): JsonObject {
  const from = isObject(given) ? given : {};
  const result: JsonObject = {};
  for (const [name, { zero, omitted }] of Object.entries(members)) {
    const value = from[name] ?? undefined;
    if (omitted === 'absent' ? value === undefined : omitted === 'empty' && isEmpty(value)) continue;
    const nested = typeof zero === 'string' ? structs[zero] : undefined;
    result[name] = nested ? struct(nested, value) : (value ?? (zero as Json));
  }
  return result;
}

const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
