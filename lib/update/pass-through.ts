import { type JobKind, policyFields } from '../job/kinds.ts';
import {
  annotationCauses,
  canonicalValue,
  labelCauses,
  lastApplied,
  type MapField,
  ownPrefix,
  policyCauses,
} from '../job/rules/field-value.ts';
import { isProtected } from '../job/rules/protected-key.ts';
import { isObject, type Json, type JsonObject, own, setOwn } from '../json/json.ts';
import type { JobRef } from '../status.ts';

/**
 * What may go without a read, in bytes of labels and of annotations. One patch cannot know of the others: so it may bring no more than a
 * person types, and with more of it the live job is read.
 */
const mostDirect = 1024;

/**
 * The document to send upstream for a merge patch that names nothing but replaceable fields with valid values, built from what was
 * checked and never from the caller's bytes; undefined where the live job must be read to decide (docs/decision.md, one-trip).
 */
export function directPatch(kind: JobKind, ref: JobRef, patch: Json, protectedKeys: readonly string[]): JsonObject | undefined {
  const sent: JsonObject = {};
  const named = { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind };
  if (!isObject(patch)) return undefined;
  for (const key in patch) {
    const value = patch[key] as Json;
    if (key === 'metadata' && isObject(value)) {
      const metadata = directMetadata(ref, value, protectedKeys);
      if (!metadata) return undefined;
      sent.metadata = metadata;
    } else if (key === 'spec' && isObject(value)) {
      const spec = directPolicy(kind, value, kind.policyIn);
      if (!spec) return undefined;
      sent.spec = spec;
    } else if (own(named, key) !== value || value === undefined) return undefined;
  }
  const filled = withoutEmpty(sent);
  return namesReplaceable(filled) ? filled : undefined;
}

function directMetadata(ref: JobRef, metadata: JsonObject, protectedKeys: readonly string[]): JsonObject | undefined {
  const sent: JsonObject = {};
  for (const key in metadata) {
    const value = metadata[key] as Json;
    if (key === 'labels' || key === 'annotations') {
      const map = directMap(key, value, protectedKeys);
      if (map === undefined) return undefined;
      sent[key] = map;
    } else if (key === 'resourceVersion' && typeof value === 'string' && /^[1-9]\d*$/.test(value)) sent.resourceVersion = value;
    else if ((key !== 'name' && key !== 'namespace') || value !== ref[key]) return undefined;
  }
  return sent;
}

/** Null removes the whole map, and with it what is protected or the gateway's own: only labels without protected keys may go so. */
function directMap(name: MapField, value: Json, protectedKeys: readonly string[]): JsonObject | null | undefined {
  if (value === null) return name === 'labels' && protectedKeys.length === 0 ? null : undefined;
  if (!isObject(value)) return undefined;
  const sent: JsonObject = {};
  let size = 0;
  for (const key in value) {
    const text = value[key] as Json;
    if (
      (text !== null && typeof text !== 'string') ||
      key === lastApplied ||
      key.startsWith(ownPrefix) ||
      isProtected(key, protectedKeys)
    ) {
      return undefined;
    }
    const causes = name === 'labels' ? labelCauses(key, text ?? '') : annotationCauses(key);
    size += Buffer.byteLength(key) + Buffer.byteLength(text ?? '');
    if (causes.length > 0 || size > mostDirect) return undefined;
    setOwn(sent, key, text === null ? null : text.toWellFormed());
  }
  return sent;
}

function directPolicy(kind: JobKind, holder: JsonObject, [, next, ...rest]: readonly string[]): JsonObject | undefined {
  const sent: JsonObject = {};
  for (const key in holder) {
    const value = holder[key] as Json;
    if (next !== undefined) {
      const inner = key === next && isObject(value) ? directPolicy(kind, value, [next, ...rest]) : undefined;
      if (!inner) return undefined;
      sent[key] = inner;
      continue;
    }
    const field = policyFields.find((name) => name === key);
    const canonical = canonicalValue(value);
    if (!field || (value !== null && policyCauses(field, field, canonical).length > 0)) return undefined;
    sent[key] = canonical;
  }
  return sent;
}

/** Without empty objects: each would make one where the live job has none. */
function withoutEmpty(object: JsonObject): JsonObject {
  const filled: JsonObject = {};
  for (const key in object) {
    const member = object[key] as Json;
    const value = isObject(member) ? withoutEmpty(member) : member;
    if (!isObject(value) || Object.keys(value).length > 0) setOwn(filled, key, value);
  }
  return filled;
}

function namesReplaceable({ metadata, spec }: JsonObject): boolean {
  return spec !== undefined || Object.keys(metadata ?? {}).some((name) => name !== 'resourceVersion');
}
