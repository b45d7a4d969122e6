import { isObject, type Json, type JsonObject, numberText } from '../json/json.ts';
import { quantityValue } from '../json/quantity.ts';
import type { Shape } from './semantics.ts';

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

const noShape: Shape = {};
// Deeper than any job, and shallow enough for the stack; what lies deeper counts as different (fail closed).
const deepest = 500;
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
export function compare(live: JsonObject, requested: JsonObject, shape: Shape, atMost = 100): Differences {
  const differences: Differences = { found: [], total: 0 };
  compareMembers(live, requested, shape, undefined, 0, (place, a, b) => {
    differences.total += 1;
    if (differences.found.length < atMost) differences.found.push({ path: pathOf(place), live: a, requested: b });
  });
  return differences;
}

/** Whether two values of a replaceable field are the same, to the letter of a number; only the order of members is free. */
export function sameValue(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  const number = numberText(a);
  if (number !== undefined) return number === numberText(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return Array.isArray(a) === Array.isArray(b) && compare({ a }, { a: b }, noShape, 0).total === 0;
}

/** Where a walk is; its text is made only for what is reported, since most of a job is never reported. */
interface Place {
  up: Place | undefined;
  key: string | number;
}
type Report = (place: Place, live: Json | undefined, requested: Json | undefined) => void;

function pathOf(place: Place): string {
  const above = place.up ? pathOf(place.up) : '';
  return typeof place.key === 'number' ? `${above}[${place.key}]` : childPath(above, place.key);
}

function compareMembers(
  liveObject: JsonObject,
  requestedObject: JsonObject,
  shape: Shape,
  place: Place | undefined,
  depth: number,
  report: Report,
): void {
  let a = liveObject;
  let b = requestedObject;
  if (shape.complete) {
    a = shape.complete(liveObject, requestedObject, false);
    b = shape.complete(requestedObject, liveObject, true);
  }
  if (shape.foldCase) b = withSpellingOf(a, b);
  for (const key in a) {
    const mine = a[key];
    const theirs = Object.hasOwn(b, key) ? b[key] : undefined;
    if (mine !== theirs) compareValues(mine, theirs, a, b, key, shape, place, depth, report);
  }
  for (const key in b) {
    if (!Object.hasOwn(a, key)) compareValues(undefined, b[key], a, b, key, shape, place, depth, report);
  }
}

function compareValues(
  live: Json | undefined,
  requested: Json | undefined,
  liveHolder: JsonObject,
  requestedHolder: JsonObject,
  key: string,
  holderShape: Shape,
  up: Place | undefined,
  depth: number,
  report: Report,
): void {
  const fields = holderShape.fields;
  const shape = (fields && Object.hasOwn(fields, key) ? fields[key] : holderShape.each) ?? noShape;
  if (shape.skip) return;
  const a = meant(live, shape, liveHolder);
  const b = meant(requested, shape, requestedHolder);
  if (a === b || (shape.omittedMeansLive && (b === undefined || isEmpty(b)))) return;
  const place = { up, key };
  if (a !== undefined && b !== undefined) compareBoth(a, b, shape, place, depth, report);
  else if (shape.presence || (labelSelector.test(key) && key !== 'nodeSelector')) report(place, live, requested);
  else compareWithNothing(a, b, shape, place, depth, report);
}

/** One side has nothing here: no difference if the other says nothing but defaults. */
function compareWithNothing(a: Json | undefined, b: Json | undefined, shape: Shape, place: Place, depth: number, report: Report): void {
  const present = a ?? b;
  if (Array.isArray(present)) {
    if (present.length > 0) report(place, a, b);
  } else if (isObject(present) && depth < deepest) {
    let differs = false;
    compareMembers((a ?? {}) as JsonObject, (b ?? {}) as JsonObject, shape, place, depth + 1, (...difference) => {
      if (shape.descend) report(...difference);
      differs = true;
    });
    if (differs && !shape.descend) report(place, a, b);
  } else report(place, a, b);
}

function compareBoth(a: Json, b: Json, shape: Shape, place: Place, depth: number, report: Report): void {
  if (compareInside(a, b, shape, place, depth, report) || sameScalar(a, b, shape)) return;
  // An array beside an object: one that is empty says nothing, and the other may say nothing as well.
  if (!isEmpty(a) && !isEmpty(b)) report(place, a, b);
  else if (!isEmpty(a)) compareWithNothing(a, undefined, shape, place, depth, report);
  else if (!isEmpty(b)) compareWithNothing(undefined, b, shape, place, depth, report);
}

/** Compares two objects or two arrays; false if they are not. */
function compareInside(a: Json, b: Json, shape: Shape, place: Place, depth: number, report: Report): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const arrays = Array.isArray(a);
  if (arrays !== Array.isArray(b) || (!arrays && !(isObject(a) && isObject(b)))) return false;
  if (depth >= deepest) report(place, a, b);
  else if (arrays) compareElements(a, b as Json[], shape.each ?? noShape, place, depth + 1, report);
  else compareMembers(a as JsonObject, b as JsonObject, shape, place, depth + 1, report);
  return true;
}

function compareElements(a: Json[], b: Json[], each: Shape, place: Place, depth: number, report: Report): void {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const mine = a[i];
    const theirs = b[i];
    if (mine === theirs) continue;
    const element = { up: place, key: i };
    // Inside an array, null, [] and {} are values of their own.
    if (mine === undefined || theirs === undefined) report(element, mine, theirs);
    else if (!compareInside(mine, theirs, each, element, depth, report) && !sameScalar(mine, theirs, each)) report(element, mine, theirs);
  }
}

/** What a member says: null is absent, a dropped zero value is absent, and absent is the documented default. */
function meant(value: Json | undefined, shape: Shape, holder: JsonObject): Json | undefined {
  if (value !== undefined && value !== null && !(shape.zeroIsAbsent && isZero(value, shape))) return value;
  return typeof shape.default === 'function' ? shape.default(holder) : shape.default;
}

function isZero(value: Json, shape: Shape): boolean {
  return value === '' || value === false || ((shape.as === 'quantity' || typeof value !== 'string') && quantityValue(value) === '0');
}

function isEmpty(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (!isObject(value)) return value === null;
  for (const _ in value) return false;
  return true;
}

function sameScalar(a: Json, b: Json, shape: Shape): boolean {
  if (shape.as === 'quantity') {
    const quantity = quantityValue(a);
    return quantity !== undefined && quantity === quantityValue(b);
  }
  if (shape.as === 'time' && typeof a === 'string' && typeof b === 'string') return sameMoment(a, b);
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
