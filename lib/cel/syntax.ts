import type { Overload } from './overload.ts';
import type { Type } from './types.ts';
import type { Value } from './values.ts';

/** An expression after parsing: macros are expanded. `at` is where its messages point, in UTF-16 units of the source. */
export type Node = Literal | Identifier | Select | Call | ListLiteral | MapLiteral | StructLiteral | Fold;

interface Base {
  readonly at: number;
  /** What the checker found its type to be. */
  type?: Type;
}

export interface Literal extends Base {
  readonly kind: 'literal';
  readonly value: Value;
}

/** A variable or a type. A name that begins with a dot means the outermost one. */
export interface Identifier extends Base {
  readonly kind: 'identifier';
  readonly name: string;
  /** Set by the checker where the name is a type's. */
  typeName?: string;
}

/** `operand.field`, or as `isTest` the presence test `has(operand.field)`. */
export interface Select extends Base {
  readonly kind: 'select';
  readonly operand: Node;
  readonly field: string;
  readonly isTest: boolean;
  /** Set by the checker where the whole is one name: of a variable such as `authorizer.requestResource`, or of a type. */
  meant?: Identifier;
}

/** A function, an operator (`_+_`), or a member function with its target. */
export interface Call extends Base {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Node | undefined;
  readonly args: readonly Node[];
  /** Set by the checker: the overloads that its types allow, and the function's name where the target is its namespace. */
  overloads?: readonly Overload[];
  qualified?: string;
}

export interface ListLiteral extends Base {
  readonly kind: 'list';
  readonly elements: readonly Element[];
}

export interface Element {
  readonly value: Node;
  readonly isOptional: boolean;
}

export interface MapLiteral extends Base {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

export interface Entry extends Element {
  readonly key: Node;
}

/** `google.protobuf.Timestamp{seconds: 1}`. */
export interface StructLiteral extends Base {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Field extends Element {
  readonly name: string;
  readonly at: number;
}

/** The comprehension that macros become: cel-go's fold. */
export interface Fold extends Base {
  readonly kind: 'fold';
  readonly range: Node;
  readonly variable: string;
  readonly second: string | undefined;
  readonly accumulator: string;
  readonly init: Node;
  readonly condition: Node;
  readonly step: Node;
  readonly result: Node;
}

/** The name of the accumulator, which no expression can write. */
export const accumulator = '@result';

export const literal = (at: number, value: Value): Literal => ({ kind: 'literal', at, value });
export const identifier = (at: number, name: string): Identifier => ({ kind: 'identifier', at, name });
export const call = (at: number, name: string, args: readonly Node[], target?: Node): Call => ({ kind: 'call', at, name, args, target });
export const listLiteral = (at: number, ...values: Node[]): ListLiteral => ({
  kind: 'list',
  at,
  elements: values.map((value) => ({ value, isOptional: false })),
});

/** A node and every node below it, each once: macros use some twice. */
export function nodesOf(root: Node): readonly [Node, ...Node[]] {
  const nodes = new Set<Node>([root]);
  // A set is iterated over what is added meanwhile, too.
  for (const node of nodes) addChildren(node, nodes);
  return [...nodes] as [Node, ...Node[]];
}

function addChildren(node: Node, nodes: Set<Node>): void {
  switch (node.kind) {
    case 'select':
      nodes.add(node.operand);
      break;
    case 'call':
      if (node.target) nodes.add(node.target);
      for (const arg of node.args) nodes.add(arg);
      break;
    case 'list':
      for (const { value } of node.elements) nodes.add(value);
      break;
    case 'map':
      for (const { key, value } of node.entries) nodes.add(key).add(value);
      break;
    case 'struct':
      for (const { value } of node.fields) nodes.add(value);
      break;
    case 'fold':
      nodes.add(node.range).add(node.init).add(node.condition).add(node.step).add(node.result);
  }
}

/**
 * Whether the operations of an expression nest deeper than a limit; a chain such as `a.b.c` nests, && and || do not. It looks no deeper
 * than that, so that no expression is too deep for the stack.
 */
export function isDeeper(root: Node, limit: number): boolean {
  /** The most operations that each node was seen below: macros use some nodes twice. */
  const seen = new Map<Node, number>();
  const isBeyond = (node: Node, above: number): boolean => {
    if (above <= (seen.get(node) ?? -1)) return false;
    seen.set(node, above);
    const depth = above + (node.kind === 'select' || (node.kind === 'call' && isNesting(node)) ? 1 : 0);
    if (depth > limit) return true;
    const children = new Set<Node>();
    addChildren(node, children);
    return [...children].some((child) => isBeyond(child, depth));
  };
  return isBeyond(root, 0);
}

const flat = new Set(['_&&_', '_||_', '!_', '-_']);
const isNesting = ({ name, target }: Call): boolean => target !== undefined || name === '@in' || (name.startsWith('_') && !flat.has(name));

export const isTernary = (node: Node): boolean => node.kind === 'call' && node.name === '_?_:_';
/** `a[b]`, `a[?b]` or `a.?b`. */
export const isIndex = ({ name }: Call): boolean => name === '_[_]' || name === '_[?_]' || name === '_?._';
/** Whether cel-go plans a node as an attribute: a variable, a selection, or a ternary. */
export const isAttribute = (node: Node): boolean =>
  (node.kind === 'identifier' && node.typeName === undefined) ||
  node.kind === 'select' ||
  (node.kind === 'call' && (isTernary(node) || isIndex(node)));
/** What the selections of an attribute are from. */
export function rootOf(node: Node): Node {
  if (node.kind === 'select' && !node.meant) return rootOf(node.operand);
  return node.kind === 'call' && isIndex(node) ? rootOf(node.args[0] as Node) : node;
}
