import type { Json, JsonObject } from '../json/json.ts';

/** What compare knows about a field beyond its value. A field without semantics is compared by its value alone. */
export interface FieldSemantics {
  /** Not compared here: server-owned, retired, replaceable, or part of the identity. */
  skip?: true;
  /** Omitted means "as live"; only present and different is a difference. */
  omittedMeansLive?: true;
  /** Go clients drop `""`, `false` and 0 here, so these equal absent. */
  zeroIsAbsent?: true;
  /** That it is there means something, even where it says nothing but defaults: an `elasticPolicy`, a replica type. */
  presence?: true;
  /** The documented default where the field is absent; may depend on the object that holds it. */
  default?: Json | ((holder: JsonObject) => Json | undefined);
  /** Compared as a Kubernetes quantity, or as a moment in time. */
  as?: 'quantity' | 'time';
  /** Differences are named field by field even where one side has nothing here. */
  descend?: true;
  /** Member names are compared without regard to case (replica types). */
  foldCase?: true;
  /** Completes an object before it is compared with the other one: defaults that depend on several fields, or on which side it is. */
  complete?: Complete;
  fields?: Record<string, FieldSemantics>;
  /** The semantics of every member of a map, or every element of an array. */
  each?: FieldSemantics;
}
export type Complete = (object: JsonObject, other: JsonObject, isRequested: boolean) => JsonObject;

/** A plain value in Go without a default: its zero value is dropped. */
export const omitEmpty: FieldSemantics = { zeroIsAbsent: true };
export const quantities: FieldSemantics = { each: { as: 'quantity' } };
/** Not compared: another rule settles it, or nothing reads it. */
export const skipped: FieldSemantics = { skip: true };

/** An object with these fields. */
export const object = (fields: Record<string, FieldSemantics>): FieldSemantics => ({ fields });
/** An array of objects with these fields. */
export const list = (fields: Record<string, FieldSemantics>): FieldSemantics => ({ each: { fields } });
/** A pointer in Go: its zero value is a value, and absent means the default. */
export const defaultsTo = (value: Json): FieldSemantics => ({ default: value });
/** A plain value in Go: its zero value is dropped, and absent means the default. */
export const omitEmptyDefault = (value: Json): FieldSemantics => ({ zeroIsAbsent: true, default: value });
