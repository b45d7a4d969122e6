import { fieldsOf, isMap, type Layout, type MapName, type PlacedField } from '../job/fields.ts';
import type { JobKind } from '../job/kinds.ts';
import { annotationCauses, canonicalValue, labelCauses, valueCauses } from '../job/rules/field-value.ts';
import { lastApplied } from '../job/rules/last-applied.ts';
import { ownPrefix } from '../job/rules/own-annotations.ts';
import { isProtected } from '../job/rules/protected-key.ts';
import { isObject, type Json, type JsonObject, setOwn } from '../json/json.ts';
import type { JobRef } from '../status.ts';

/**
 * What may go without a read, in bytes of labels and of annotations. One patch cannot know of the others: so it may bring no more than a
 * person types, and with more of it the live job is read.
 */
const maxMapBytes = 1024;

/** The replaceable fields of a layout, in the objects that hold them. */
interface Tree extends Map<string, PlacedField | Tree> {}
const trees: Record<Layout, Tree> = { cci: treeOf('cci'), kubeflow: treeOf('kubeflow') };

function treeOf(layout: Layout): Tree {
  const root: Tree = new Map();
  for (const field of fieldsOf(layout)) {
    let holder = root;
    for (const key of field.path.slice(0, -1)) {
      const found = holder.get(key);
      const inner: Tree = found instanceof Map ? found : new Map();
      holder.set(key, inner);
      holder = inner;
    }
    holder.set(field.name, field);
  }
  return root;
}

/** The job that a patch is for. */
interface Target {
  kind: JobKind;
  ref: JobRef;
  protectedKeys: readonly string[];
}

/**
 * The document to send upstream for a merge patch that names nothing but replaceable fields with valid values, built from what was
 * checked and never from the caller's bytes; undefined where the live job must be read to decide (docs/decision.md, one-trip).
 */
export function passThroughPatch(kind: JobKind, ref: JobRef, patch: Json, protectedKeys: readonly string[]): JsonObject | undefined {
  const sent = isObject(patch) ? membersToSend(patch, trees[kind.layout], '', { kind, ref, protectedKeys }) : undefined;
  const filled = sent && withoutEmpty(sent);
  return filled && namesReplaceable(filled) ? filled : undefined;
}

/** What is sent of the object at a path of the patch, of which `tree` has the replaceable fields. */
function membersToSend(object: JsonObject, tree: Tree, path: string, target: Target): JsonObject | undefined {
  const sent: JsonObject = {};
  for (const key in object) {
    const value = object[key] as Json;
    const known = tree.get(key);
    if (known) {
      const next = known instanceof Map ? innerToSend(value, known, `${path}.${key}`, target) : valueToSend(known, value, target);
      if (next === undefined) return undefined;
      sent[key] = next;
    } else if (path === '.metadata' && key === 'resourceVersion') {
      if (typeof value !== 'string' || !/^[1-9]\d*$/.test(value)) return undefined;
      sent.resourceVersion = value;
    } else if (value !== identityOf(target, path, key)) return undefined;
  }
  return sent;
}

function innerToSend(value: Json, tree: Tree, path: string, target: Target): JsonObject | undefined {
  return isObject(value) ? membersToSend(value, tree, path, target) : undefined;
}

/** What a member must be, if it is named, for the patch to be of this job: it is not sent. */
function identityOf({ kind, ref }: Target, path: string, key: string): string | undefined {
  if (path === '') return key === 'kind' ? kind.kind : key === 'apiVersion' ? `${kind.group}/${kind.version}` : undefined;
  return path === '.metadata' && (key === 'name' || key === 'namespace') ? ref[key] : undefined;
}

function valueToSend(field: PlacedField, value: Json, { protectedKeys }: Target): Json | undefined {
  if (isMap(field)) return mapToSend(field.name, value, protectedKeys);
  const canonical = canonicalValue(value);
  return value === null || valueCauses(field.value, field.name, canonical).length === 0 ? canonical : undefined;
}

/** Null removes the whole map, and with it what is protected or the gateway's own: only labels without protected keys may go so. */
function mapToSend(name: MapName, value: Json, protectedKeys: readonly string[]): JsonObject | null | undefined {
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
    if (causes.length > 0 || size > maxMapBytes) return undefined;
    setOwn(sent, key, text === null ? null : text.toWellFormed());
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
