import { isSame } from './assign.ts';
import type { Checked, Literal, Overload } from './overload.ts';
import type { Problems } from './source.ts';
import { type Call, type ListLiteral, type MapLiteral, type Node, nodesOf } from './syntax.ts';
import { dyn, showType, type Type } from './types.ts';

/**
 * What Kubernetes refuses though its types fit: list and map literals of several types, and literals that a function cannot take, such as a
 * pattern that is none. Runs after the checker found nothing.
 */
export function validate(nodes: readonly Node[], problems: Problems): void {
  const formatted = new Set(nodes.filter(isFormat).flatMap((node) => nodesOf(node).slice(1)));
  for (const node of nodes) {
    if (node.kind === 'list' && !formatted.has(node)) validateList(node, problems);
    if (node.kind === 'map' && !formatted.has(node)) validateMap(node, problems);
    if (node.kind === 'call') validateCall(node, problems);
  }
}

/** Templates may take values of several types. */
const isFormat = (node: Node): boolean => node.kind === 'call' && node.name === 'format';
const typeOf = (node: Node): Type => node.type ?? dyn;
const partType = (node: Node, isOptional: boolean): Type => (isOptional ? (typeOf(node).parameters[0] ?? dyn) : typeOf(node));
const mismatch = (wanted: Type, found: Type): string => `expected type '${showType(wanted)}' but found '${showType(found)}'`;

function validateList({ elements }: ListLiteral, problems: Problems): void {
  const types = elements.map(({ value, isOptional }) => partType(value, isOptional));
  const [first = dyn] = types;
  const wrong = elements.find((_, i) => !isSame(first, types[i] as Type));
  if (wrong) problems.add(wrong.value.at, mismatch(first, partType(wrong.value, wrong.isOptional)));
}

function validateMap({ entries }: MapLiteral, problems: Problems): void {
  const [first] = entries;
  if (!first) return;
  const [key, value] = [typeOf(first.key), partType(first.value, first.isOptional)];
  for (const entry of entries) {
    if (!isSame(key, typeOf(entry.key))) problems.add(entry.key.at, mismatch(key, typeOf(entry.key)));
    const type = partType(entry.value, entry.isOptional);
    if (!isSame(value, type)) problems.add(entry.value.at, mismatch(value, type));
  }
}

function validateCall(node: Call, problems: Problems): void {
  const args = node.target && !node.qualified ? [node.target, ...node.args] : node.args;
  const refusing = node.overloads?.find((overload) => overload.refuse);
  const refusal = refusing?.refuse?.(args.map(literalOf));
  if (refusal) problems.add(nodeAt(args, refusal.argument, refusal.element).at, refusal.message);
  const checking = node.overloads?.find((overload) => overload.check);
  if (checking) checkTypes(node, args, checking, problems);
}

function checkTypes(node: Call, args: readonly Node[], { check }: Overload, problems: Problems): void {
  const nodes = new Map<Checked, Node>();
  const refusal = check?.(...args.map((arg) => checkedOf(arg, nodes)));
  if (refusal) problems.add((refusal.at ? (nodes.get(refusal.at) ?? node) : node).at, refusal.message);
}

function literalOf(node: Node): Literal | undefined {
  if (node.kind === 'literal') return node.value;
  return node.kind === 'list' ? node.elements.map(({ value }) => literalOf(value)) : undefined;
}

function nodeAt(args: readonly Node[], argument: number, element: number | undefined): Node {
  const arg = args[argument] as Node;
  return element !== undefined && arg.kind === 'list' ? (arg.elements[element]?.value ?? arg) : arg;
}

function checkedOf(node: Node, nodes: Map<Checked, Node>): Checked {
  const checked: Checked = {
    type: typeOf(node),
    ...(node.kind === 'literal' ? { literal: node.value } : {}),
    ...(node.kind === 'list' ? { elements: node.elements.map(({ value }) => checkedOf(value, nodes)) } : {}),
    ...(node.kind === 'map'
      ? { entries: node.entries.map(({ key, value }) => [checkedOf(key, nodes), checkedOf(value, nodes)] as const) }
      : {}),
  };
  nodes.set(checked, node);
  return checked;
}
