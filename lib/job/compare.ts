import { isObject, type Json, type JsonObject, maxDepth, numberText } from '../json/json.ts';
import { quantityValue } from '../json/quantity.ts';
import { maxListed } from './causes.ts';
import type { FieldSemantics } from './semantics.ts';

/** A place where two jobs differ in meaning; `undefined` stands for absent. */
export interface Difference {
  path: string;
  live: Json | undefined;
  requested: Json | undefined;
}
/** The first differences, in document order, and how many there are in all. */
export interface Differences {
  found: Difference[];
  total: number;
}

const noSemantics: FieldSemantics = {};
// Member names whose empty object means something: an empty label selector selects everything.
const labelSelector = /(?:^s|S)elector$/;
const plainKey = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

/** The path of a member in Kubernetes' style: `spec.backoffLimit`, or `metadata.labels[app.kubernetes.io/name]`; a long name is cut. */
export function childPath(path: string, key: string): string {
  if (!plainKey.test(key)) return `${path}[${key.length > 100 ? `${key.slice(0, 100)}…` : key}]`;
  return path === '' ? key : `${path}.${key}`;
}

/**
 * Every difference between two jobs that means something (docs/decision.md, meaning-not-spelling): spelling of quantities, documented defaults,
 * null, `[]`, `{}`, dropped zero values, and the case of replica types are none. Linear in the size of the two.
 * `atMost` bounds how many are listed; all are counted.
 */
export function compare(live: JsonObject, requested: JsonObject, semantics: FieldSemantics, atMost = maxListed): Differences {
  const comparison = new Comparison(atMost);
  comparison.members(live, requested, semantics, undefined);
  return comparison;
}

/** Whether two values of a replaceable field are the same, to the letter of a number; only the order of members is free. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  const number = numberText(a);
  if (number !== undefined) return number === numberText(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return Array.isArray(a) === Array.isArray(b) && compare({ a }, { a: b }, noSemantics, 0).total === 0;
}

/** Where a walk is; its text is made only for what is reported, since most of a job is never reported. */
interface Place {
  up: Place | undefined;
  key: string | number;
  depth: number;
}

/** Two objects that are compared member by member. */
interface Pair {
  a: JsonObject;
  b: JsonObject;
  semantics: FieldSemantics;
  place: Place | undefined;
}

function pathOf(place: Place): string {
  const above = place.up ? pathOf(place.up) : '';
  return typeof place.key === 'number' ? `${above}[${place.key}]` : childPath(above, place.key);
}

/** A walk through a live job and a requested one at once. In each method `a` is of the live job and `b` of the requested one. */
class Comparison implements Differences {
  readonly found: Difference[] = [];
  total = 0;
  private readonly atMost: number;
  /** How many differences were met, and in how many objects that are reported as a whole the walk is: inside them none is told. */
  private met = 0;
  private silent = 0;

  constructor(atMost: number) {
    this.atMost = atMost;
  }

  members(liveObject: JsonObject, requestedObject: JsonObject, semantics: FieldSemantics, place: Place | undefined): void {
    let a = liveObject;
    let b = requestedObject;
    if (semantics.complete) {
      a = semantics.complete(liveObject, requestedObject, false);
      b = semantics.complete(requestedObject, liveObject, true);
    }
    if (semantics.foldCase) b = withSpellingOf(a, b);
    const pair = { a, b, semantics, place };
    for (const key in a) {
      const mine = a[key];
      const theirs = Object.hasOwn(b, key) ? b[key] : undefined;
      if (mine !== theirs) this.member(key, mine, theirs, pair);
    }
    for (const key in b) {
      if (!Object.hasOwn(a, key)) this.member(key, undefined, b[key], pair);
    }
  }

  private member(key: string, live: Json | undefined, requested: Json | undefined, holders: Pair): void {
    const { fields, each } = holders.semantics;
    const semantics = (fields && Object.hasOwn(fields, key) ? fields[key] : each) ?? noSemantics;
    if (semantics.skip) return;
    const a = effectiveValue(live, semantics, holders.a);
    const b = effectiveValue(requested, semantics, holders.b);
    if (a === b || (semantics.omittedMeansLive && (b === undefined || isEmpty(b)))) return;
    const up = holders.place;
    const place = { up, key, depth: up ? up.depth + 1 : 0 };
    if (a !== undefined && b !== undefined) this.both(a, b, semantics, place);
    else if (semantics.presence || (labelSelector.test(key) && key !== 'nodeSelector')) this.report(place, live, requested);
    else this.withNothing(a, b, semantics, place);
  }

  /** One side has nothing here: no difference if the other says nothing but defaults. */
  private withNothing(a: Json | undefined, b: Json | undefined, semantics: FieldSemantics, place: Place): void {
    const present = a ?? b;
    if (Array.isArray(present)) {
      if (present.length > 0) this.report(place, a, b);
    } else if (isObject(present) && place.depth < maxDepth) {
      const before = this.met;
      if (!semantics.descend) this.silent += 1;
      this.members((a ?? {}) as JsonObject, (b ?? {}) as JsonObject, semantics, place);
      if (!semantics.descend) this.silent -= 1;
      if (this.met > before && !semantics.descend) this.report(place, a, b);
    } else this.report(place, a, b);
  }

  private both(a: Json, b: Json, semantics: FieldSemantics, place: Place): void {
    if (this.inside(a, b, semantics, place) || sameScalar(a, b, semantics)) return;
    // An array beside an object: one that is empty says nothing, and the other may say nothing as well.
    if (!isEmpty(a) && !isEmpty(b)) this.report(place, a, b);
    else if (!isEmpty(a)) this.withNothing(a, undefined, semantics, place);
    else if (!isEmpty(b)) this.withNothing(undefined, b, semantics, place);
  }

  /** Compares two objects or two arrays; false if they are not. */
  private inside(a: Json, b: Json, semantics: FieldSemantics, place: Place): boolean {
    if (typeof a !== 'object' || typeof b !== 'object') return false;
    const arrays = Array.isArray(a);
    if (arrays !== Array.isArray(b) || (!arrays && !(isObject(a) && isObject(b)))) return false;
    if (place.depth >= maxDepth) this.report(place, a, b);
    else if (arrays) this.elements(a, b as Json[], semantics.each ?? noSemantics, place);
    else this.members(a as JsonObject, b as JsonObject, semantics, place);
    return true;
  }

  private elements(a: Json[], b: Json[], each: FieldSemantics, up: Place): void {
    for (let i = 0; i < a.length || i < b.length; i++) {
      const mine = a[i];
      const theirs = b[i];
      if (mine === theirs) continue;
      const place = { up, key: i, depth: up.depth + 1 };
      // Inside an array, null, [] and {} are values of their own.
      if (mine === undefined || theirs === undefined) this.report(place, mine, theirs);
      else if (!this.inside(mine, theirs, each, place) && !sameScalar(mine, theirs, each)) this.report(place, mine, theirs);
    }
  }

  private report(place: Place, live: Json | undefined, requested: Json | undefined): void {
    this.met += 1;
    if (this.silent > 0) return;
    this.total += 1;
    if (this.found.length < this.atMost) this.found.push({ path: pathOf(place), live, requested });
  }
}

/** What a member says: null is absent, a dropped zero value is absent, and absent is the documented default. */
function effectiveValue(value: Json | undefined, semantics: FieldSemantics, holder: JsonObject): Json | undefined {
  if (value !== undefined && value !== null && !(semantics.zeroIsAbsent && isZero(value, semantics))) return value;
  return typeof semantics.default === 'function' ? semantics.default(holder) : semantics.default;
}

function isZero(value: Json, semantics: FieldSemantics): boolean {
  return value === '' || value === false || ((semantics.as === 'quantity' || typeof value !== 'string') && quantityValue(value) === '0');
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return value === null;
  for (const _ in value) return false;
  return true;
}

function sameScalar(a: Json, b: Json, semantics: FieldSemantics): boolean {
  if (semantics.as === 'quantity') {
    const quantity = quantityValue(a);
    return quantity !== undefined && quantity === quantityValue(b);
  }
  if (semantics.as === 'time' && typeof a === 'string' && typeof b === 'string') return sameMoment(a, b);
  const number = numberText(a);
  return number !== undefined && sameNumber(number, numberText(b));
}

/** Whether two numbers, as written, are the same number: `1.0` and `1`, but not 2^53 and 2^53 + 1. */
function sameNumber(a: string, b: string | undefined): boolean {
  if (b === undefined) return false;
  return a === b || (quantityValue(a) !== undefined && quantityValue(a) === quantityValue(b));
}

// Date.parse reads much else, and some of it in the machine's time zone.
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Whether two RFC 3339 timestamps are the same moment in another form. */
export function sameMoment(a: string, b: string): boolean {
  if (a === b) return true;
  if (!rfc3339.test(a) || !rfc3339.test(b)) return false;
  return Date.parse(a) === Date.parse(b) && fractionOfMillisecond(a) === fractionOfMillisecond(b);
}

// Date holds milliseconds; what a timestamp says beyond them is compared as text.
function fractionOfMillisecond(time: string): string {
  return (/\.\d{3}(\d+)/.exec(time)?.[1] ?? '').replace(/0+$/, '');
}

/** The requested map with each name in the live map's spelling; where two live names fold together, names stay as written. */
function withSpellingOf(live: JsonObject, requested: JsonObject): JsonObject {
  if (Object.keys(requested).every((name) => Object.hasOwn(live, name))) return requested;
  const spelling = new Map(Object.keys(live).map((name) => [name.toLowerCase(), name]));
  if (spelling.size !== Object.keys(live).length) return requested;
  const entries = Object.entries(requested).map(([name, value]) => [spelling.get(name.toLowerCase()) ?? name, value] as const);
  const respelled = Object.fromEntries(entries);
  return Object.keys(respelled).length === entries.length ? respelled : requested;
}
