import type { Frame, Place, Step } from './frame.ts';
import { noSuchOverload } from './libraries/common.ts';
import { GrowingMap } from './maps.ts';
import { goTypeOf, showValue } from './show.ts';
import { CelError, GrowingList, HeldError, List, MapValue, Optional, type Result, read, Uint, type Value } from './values.ts';

/** One selection from a value: `.field`, `[index]`, or optional as `.?field` and `[?index]`. */
export interface Qualifier {
  readonly isOptional: boolean;
  /** The key, where it is a constant; else it is resolved when it is needed. */
  readonly key?: Value;
  readonly resolve?: Step;
  /** Whether it only asks if the field is there: the last one in has(). */
  readonly isTest?: boolean;
}

/** Reads a variable. What has no value is an error, as an expression may be evaluated without `authorizer`. */
export function readVariable(name: string, { slot, init }: Place): Step {
  const missing = new CelError(`no such attribute(s): ${name}`);
  if (!init) return (frame) => frame.slots[slot] ?? (frame.slots[slot] === null ? null : missing);
  return (frame) => {
    const known = frame.slots[slot];
    if (known !== undefined) return known;
    const value = growing(init(frame));
    frame.slots[slot] = value;
    return value;
  };
}

/** An empty list or map that a macro begins with is one that its steps may add to. */
function growing(value: Result): Result {
  if (value instanceof List && value.size === 0) return new GrowingList();
  return value instanceof MapValue && value.size === 0 ? new GrowingMap() : value;
}

/** Selects from what the root gives, one qualifier after the other, each for a cost of 1. */
export function qualified(root: Step, qualifiers: readonly Qualifier[]): Step {
  if (qualifiers.length === 0) return root;
  return (frame) => {
    const value = root(frame);
    if (value instanceof CelError) return value;
    if (!(value instanceof Optional)) return select(frame, value, qualifiers, false);
    return value.value === undefined ? value : select(frame, value.value, qualifiers, true);
  };
}

/** From the first optional one on, a key that is missing makes the whole an optional without a value. */
function select(frame: Frame, root: Value, qualifiers: readonly Qualifier[], isOptionalRoot: boolean): Result {
  let value = root;
  let isOptional = isOptionalRoot;
  for (const qualifier of qualifiers) {
    isOptional ||= qualifier.isOptional;
    const next = isOptional ? findOptional(frame, value, qualifier) : selectOne(frame, value, qualifier);
    if (next === undefined) return Optional.none;
    if (next instanceof CelError) return next;
    value = next;
  }
  return isOptional ? new Optional(value) : read(value);
}

function selectOne(frame: Frame, value: Value, { key: constant, resolve, isTest }: Qualifier): Result {
  const key = constant ?? resolve?.(frame) ?? null;
  const found = key instanceof CelError ? key : find(value, key);
  frame.charge(1);
  if (found instanceof CelError) return found;
  if (isTest) return found !== undefined;
  return found ?? (found === null ? null : missing(value, key as Value));
}

function findOptional(frame: Frame, value: Value, { key: constant, resolve }: Qualifier): Result | undefined {
  const key = constant ?? resolve?.(frame) ?? null;
  const found = key instanceof CelError ? key : find(value, key);
  if (found !== undefined && !(found instanceof CelError)) frame.charge(1);
  return found;
}

const missing = (value: Value, key: Value): CelError =>
  new CelError(value instanceof List ? `index out of bounds: ${showValue(key)}` : `no such key: ${showValue(key)}`);

/** The element or entry of a key, or undefined where there is none. Other values than lists and maps have none. */
function find(value: Value, key: Value): Result | undefined {
  if (!isKey(key)) return new CelError(`invalid qualifier type: ${goTypeOf(key)}`);
  if (value instanceof MapValue) return readEntry(value.find(key));
  if (!(value instanceof List)) return value instanceof HeldError ? value.error : undefined;
  const index = indexOf(key);
  if (index instanceof CelError) return index;
  return index >= 0 && index < value.size ? value.find(key, index) : undefined;
}

const readEntry = (found: Result | undefined): Result | undefined => (found instanceof HeldError ? found.error : found);

/** Whether a value may be a key or an index at all. */
export const isKey = (key: Value): boolean => (typeof key !== 'object' ? true : key instanceof Uint);

function indexOf(key: Value): number | CelError {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof Uint && key.value < 1n << 63n) return Number(key.value);
  if (typeof key === 'number' && Number.isInteger(key) && key >= -(2 ** 63) && key < 2 ** 63) return key;
  const isNumber = key instanceof Uint || typeof key === 'number';
  return new CelError(
    `unsupported index ${isNumber ? `value ${showValue(key)}` : `type '${typeof key === 'boolean' ? 'bool' : 'string'}'`} in list`,
  );
}

/** A ternary: of its branches only one is evaluated. */
export function conditional(condition: Step, then: Step, otherwise: Step): Step {
  return (frame) => {
    const is = condition(frame);
    if (is === true) return then(frame);
    if (is === false) return otherwise(frame);
    return is instanceof CelError ? is : noSuchOverload;
  };
}

/** has(): the last qualifier asks whether its field is there. */
export function presence(resolve: Step): Step {
  return (frame) => {
    const is = resolve(frame);
    return is instanceof Optional ? is.value !== undefined : is;
  };
}
