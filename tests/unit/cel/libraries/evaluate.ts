import { RE2JS } from 're2js';
import { canon } from '../../../../lib/cel/canon.ts';
import { type Attributes, Authorizer, ResourceCheck } from '../../../../lib/cel/libraries/authorizer.ts';
import { isEqual } from '../../../../lib/cel/libraries/compare.ts';
import { kubernetesLibraries } from '../../../../lib/cel/libraries/index.ts';
import { includes } from '../../../../lib/cel/libraries/lists.ts';
import { regex } from '../../../../lib/cel/libraries/regex.ts';
import { parse } from '../../../../lib/cel/parser.ts';
import { Problems } from '../../../../lib/cel/source.ts';
import type { Call, Node } from '../../../../lib/cel/syntax.ts';
import type { Type } from '../../../../lib/cel/types.ts';
import {
  CelError,
  Duration,
  fromJson,
  List,
  MapValue,
  Opaque,
  Optional,
  type Result,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../../../../lib/cel/values.ts';
import type { JsonObject } from '../../../../lib/json/json.ts';

const overloads = [...kubernetesLibraries, includes, regex(RE2JS)].flatMap((library) => library.overloads);
const now = (seconds: string): bigint => BigInt(seconds) * 1_000_000_000n;
/** What the libraries stand on, as far as their tests use it. */
const standard: Readonly<Record<string, (...values: Value[]) => Result>> = {
  dyn: (value) => value,
  type: (value) => new TypeValue(value instanceof Opaque ? value.typeName : typeof value === 'bigint' ? 'int' : 'list'),
  double: (text) => Number(text),
  'optional.of': (value) => new Optional(value),
  'optional.none': () => Optional.none,
  value: (optional) => (optional as Optional).value as Value,
  hasValue: (optional) => (optional as Optional).value !== undefined,
  duration: (text) => new Duration(now((text as string).slice(0, -1))),
  timestamp: (text) => new Timestamp(BigInt(Date.parse(text as string)) * 1_000_000n),
};

/** The authorizer of the recorded answers: it allows get, errs on fail, and says what it was asked. */
function authorize({ user, verb, path = '', resource }: Attributes) {
  const { group = '', resource: kind = '', subresource = '', namespace = '', name = '' } = resource ?? {};
  const reason = `${user.name} [${user.groups.join(' ')}] ${verb} path=${path} group=${group} resource=${kind} sub=${subresource} ns=${namespace} name=${name}`;
  return { allowed: verb === 'get', reason, ...(verb === 'fail' ? { error: 'broken' } : {}) };
}
const alice = new Authorizer({ name: 'alice', groups: ['g'] }, authorize);
const requestResource = new ResourceCheck(alice, { group: 'g', resource: 'r', subresource: 's', namespace: 'ns', name: 'n' });

class Evaluation {
  cost = 0;
  readonly #object: Value;
  constructor(object: JsonObject) {
    this.#object = fromJson(object);
  }

  run(node: Node): Result {
    if (node.kind === 'literal') return node.value;
    if (node.kind === 'identifier') {
      this.cost += 1;
      return node.name === 'authorizer' ? alice : this.#object;
    }
    if (node.kind === 'select') return this.#select(node.operand, node.field);
    if (node.kind === 'list') return this.#aggregate(node, 10, (values) => List.of(values));
    if (node.kind === 'map') return this.#aggregate(node, 30, (values) => MapValue.of(pairs(values)));
    if (node.kind === 'call') return this.#call(node);
    throw new TypeError(`no ${node.kind} here`);
  }

  #select(operand: Node, field: string): Result {
    if (operand.kind === 'identifier' && operand.name === 'authorizer') {
      this.cost += 1;
      return requestResource;
    }
    const map = this.run(operand);
    this.cost += 1;
    return map instanceof MapValue ? (map.get(field) ?? new CelError(`no such key: ${field}`)) : map;
  }

  #aggregate(node: Node, cost: number, make: (values: Value[]) => Value): Result {
    const values = this.#all(
      node.kind === 'list'
        ? node.elements.map(({ value }) => value)
        : node.kind === 'map'
          ? node.entries.flatMap(({ key, value }) => [key, value])
          : [],
    );
    if (values instanceof CelError) return values;
    if (!isConstant(node)) this.cost += cost;
    return make(values);
  }

  #all(nodes: readonly Node[]): Value[] | CelError {
    const values: Value[] = [];
    for (const node of nodes) {
      const value = this.run(node);
      if (value instanceof CelError) return value;
      values.push(value);
    }
    return values;
  }

  #call(node: Call): Result {
    const { name, target, args } = node;
    const namespace = target?.kind === 'identifier' && target.name !== 'object' && target.name !== 'authorizer' ? target.name : undefined;
    const isMember = target !== undefined && namespace === undefined;
    const nodes = isMember ? [target, ...args] : args;
    const values = this.#all(nodes);
    if (values instanceof CelError) {
      this.cost += 1;
      return values;
    }
    const fullName = namespace === undefined ? name : `${namespace}.${name}`;
    const own = standard[fullName];
    if (own && !(node.name === fullName && isConversion(node))) this.cost += 1;
    if (own) return own(...values);
    if (fullName === '_==_') return this.#equals(values[0] as Value, values[1] as Value);
    return this.#overload(fullName, isMember, nodes, values);
  }

  #equals(a: Value, b: Value): Result {
    this.cost += 1;
    return a instanceof Opaque ? a.equals(b) : isEqual(a, b);
  }

  #overload(name: string, isMember: boolean, nodes: readonly Node[], values: Value[]): Result {
    const candidates = overloads.filter((row) => row.name === name && row.isMember === isMember && row.parameters.length === values.length);
    const fitting = candidates.filter((row) => row.isUnguarded || row.parameters.every((type, i) => fits(type, values[i] as Value)));
    const open = candidates.filter((row) => row.parameters.every((type, i) => isDyn(nodes[i] as Node) || fits(type, values[i] as Value)));
    const chosen = fitting.find((row) => open.includes(row)) ?? fitting[0];
    if (!chosen) {
      this.cost += 1;
      return new CelError(`no such overload: ${name}`);
    }
    const result = chosen.call(...values);
    const isOpen = open.length > 1 && nodes.some(isDyn);
    const costOf = (isOpen && chosen.unresolvedCost) || chosen.cost;
    this.cost += costOf?.(values, result) ?? 1;
    return result;
  }
}

const isDyn = (node: Node): boolean => node.kind === 'select' || (node.kind === 'call' && node.name === 'dyn');
const pairs = (values: Value[]): [Value, Value][] => values.flatMap((value, i) => (i % 2 ? [] : [[value, values[i + 1] as Value]]));

function isConstant(node: Node): boolean {
  if (node.kind === 'list') return node.elements.every(({ value }) => isConstant(value));
  if (node.kind === 'map') return node.entries.every(({ key, value }) => isConstant(key) && isConstant(value));
  return node.kind === 'literal' || (node.kind === 'call' && isConversion(node));
}

/** cel-go converts constants when it plans the program, at no cost. */
const isConversion = ({ name, args }: Call): boolean =>
  ['dyn', 'type', 'double', 'duration', 'timestamp'].includes(name) && args.every((arg) => isConstant(arg));

/** Whether a value is of a type, of a list as far as its first element. */
function fits(type: Type, value: Value): boolean {
  const [element] = type.parameters;
  if (type.kind === 'dyn' || type.kind === 'parameter') return true;
  if (type.kind === 'list') return value instanceof List && (!value.size || fits(element as Type, value.at(0)));
  if (value instanceof Opaque) return value.typeName === type.name;
  if (value instanceof Duration) return type.name === 'google.protobuf.Duration';
  if (value instanceof Timestamp) return type.name === 'google.protobuf.Timestamp';
  if (value instanceof Uint) return type.name === 'uint';
  if (value instanceof Uint8Array) return type.name === 'bytes';
  return { bigint: 'int', number: 'double', string: 'string', boolean: 'bool' }[typeof value as string] === type.name;
}

/** What an expression gives, as the recorded answers write it: its value or `ERR` and the message, and its cost. */
export function evaluate(expression: string, object: JsonObject = {}): string {
  const evaluation = new Evaluation(object);
  const result = evaluation.run(parse(expression, new Problems(expression)));
  return `${result instanceof CelError ? `ERR ${result.message}` : canon(result)} @${evaluation.cost}`;
}
