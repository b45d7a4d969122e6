import { invalidPatch } from '../status.ts';
import { isObject, type Json, type JsonObject, maxDepth, own, setOwn } from './json.ts';

/** Applies a merge patch (RFC 7386): null removes, objects merge, all else replaces. Neither argument is changed. */
export function applyMergePatch(target: Json | undefined, patch: Json, depth = 0): Json {
  if (!isObject(patch)) return patch;
  if (depth > maxDepth) throw invalidPatch('patch', 'it is nested too deeply');
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const key in patch) {
    const value = patch[key] as Json;
    if (value === null) delete merged[key];
    else setOwn(merged, key, applyMergePatch(own(merged, key), value, depth + 1));
  }
  return merged;
}
