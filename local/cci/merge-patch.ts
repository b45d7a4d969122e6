import { isObject, type Json, type JsonObject, own, setOwn } from '../../lib/json/json.ts';

/** What a JSON merge patch (RFC 7386) makes of a value; neither of the two is changed. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setOwn(merged, key, mergePatch(own(merged, key), value));
  }
  return merged;
}
