import * as v from 'valibot';
import type { JsonObject } from '../json/json.ts';
import { type Message, messageIn, textIn } from './protobuf.ts';

/** Go's zero value is what is left out. */
const text = v.optional(v.nullable(v.string()));
const ResourceAttributes = v.object({
  namespace: text,
  verb: text,
  group: text,
  version: text,
  resource: text,
  subresource: text,
  name: text,
});
const NonResourceAttributes = v.object({ path: text, verb: text });

/** The spec of a SelfSubjectAccessReview; its selectors are passed over, as RBAC knows none. */
export const AccessSpec = v.object({
  resourceAttributes: v.optional(v.nullable(ResourceAttributes)),
  nonResourceAttributes: v.optional(v.nullable(NonResourceAttributes)),
});
/** The spec of a SelfSubjectRulesReview. */
export const RulesSpec = v.object({ namespace: text });

/** The field numbers are those of k8s.io/api/authorization/v1. */
const resourceFields = { namespace: 1, verb: 2, group: 3, version: 4, resource: 5, subresource: 6, name: 7 };
const nonResourceFields = { path: 1, verb: 2 };

/** The spec of a SelfSubjectAccessReview from its protobuf. Throws ProtobufError. */
export function accessSpecIn(spec: Message): JsonObject {
  const [resource, nonResource] = [messageIn(spec, 1), messageIn(spec, 2)];
  return {
    ...(resource && { resourceAttributes: textsIn(resource, resourceFields) }),
    ...(nonResource && { nonResourceAttributes: textsIn(nonResource, nonResourceFields) }),
  };
}

/** The spec of a SelfSubjectRulesReview from its protobuf. Throws ProtobufError. */
export function rulesSpecIn(spec: Message): JsonObject {
  return textsIn(spec, { namespace: 1 });
}

function textsIn(message: Message, fields: Record<string, number>): Record<string, string> {
  return withoutEmpty(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, textIn(message, field)])));
}

/** An object without members that are empty, as Go writes one. */
export function withoutEmpty(object: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(object).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
