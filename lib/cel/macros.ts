import { accumulator, call, type Fold, identifier, listLiteral, literal, type Node } from './syntax.ts';

/** Arguments that a macro does not take, with cel-go's message and the node that it points at. */
export class MacroError extends Error {
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

interface Use {
  readonly at: number;
  readonly target: Node;
  readonly args: readonly Node[];
}

/** The macros by name and number of arguments; each gives the expression that it stands for. */
const macros: Readonly<Record<string, (use: Use) => Node>> = {
  'all/2': (use) => all(use, variablesOf(use, 1)),
  'all/3': (use) => all(use, variablesOf(use, 2)),
  'exists/2': (use) => exists(use, variablesOf(use, 1)),
  'exists/3': (use) => exists(use, variablesOf(use, 2)),
  'exists_one/2': (use) => existsOne(use, variablesOf(use, 1)),
  'exists_one/3': (use) => existsOne(use, variablesOf(use, 2)),
  'existsOne/3': (use) => existsOne(use, variablesOf(use, 2)),
  'map/2': (use) => transformed(use, itemOf(use), use.args.slice(1)),
  'map/3': (use) => transformed(use, itemOf(use), use.args.slice(1)),
  'filter/2': (use) => transformed(use, itemOf(use), [use.args[1] as Node, use.args[0] as Node]),
  'transformList/3': (use) => transformed(use, variablesOf(use, 2), use.args.slice(2)),
  'transformList/4': (use) => transformed(use, variablesOf(use, 2), use.args.slice(2)),
  'transformMap/3': (use) => transformedMap(use, true),
  'transformMap/4': (use) => transformedMap(use, true),
  'transformMapEntry/3': (use) => transformedMap(use, false),
  'transformMapEntry/4': (use) => transformedMap(use, false),
  'optMap/2': (use) => optionalMap(use, 'optMap', (at, body) => call(at, 'optional.of', [body])),
  'optFlatMap/2': (use) => optionalMap(use, 'optFlatMap', (_, body) => body),
  'sortBy/2': sortBy,
};

/** What a call of a macro stands for, or undefined where the call is no macro's. Throws MacroError. */
export function expand(at: number, name: string, target: Node | undefined, args: readonly Node[]): Node | undefined {
  if (target === undefined) return name === 'has' && args.length === 1 ? presenceTest(at, args[0] as Node) : undefined;
  const key = `${name}/${args.length}`;
  return Object.hasOwn(macros, key) ? macros[key]?.({ at, target, args }) : undefined;
}

function presenceTest(at: number, tested: Node): Node {
  if (tested.kind !== 'select') throw new MacroError(tested.at, 'invalid argument to has() macro');
  return { ...tested, at, isTest: true };
}

type Variables = readonly [string] | readonly [string, string];

/** The names of the iteration's variables, which are the first arguments. */
function variablesOf({ args }: Use, count: 1 | 2): Variables {
  const [first, second] = args.slice(0, count).map((arg) => nameOf(arg, 'argument must be a simple name'));
  if (second !== undefined && first === second) throw new MacroError((args[1] as Node).at, `duplicate variable name: ${first}`);
  for (const arg of args.slice(0, count)) refuseAccumulator(arg);
  return second === undefined ? [first as string] : [first as string, second];
}

function itemOf({ args }: Use): Variables {
  const name = nameOf(args[0] as Node, 'argument is not an identifier');
  refuseAccumulator(args[0] as Node);
  return [name];
}

function nameOf(node: Node, message: string): string {
  if (node.kind !== 'identifier') throw new MacroError(node.at, message);
  return node.name;
}

function refuseAccumulator(node: Node): void {
  const name = node.kind === 'identifier' ? node.name : '';
  if (name === '__result__' || name === accumulator) throw new MacroError(node.at, 'iteration variable overwrites accumulator variable');
}

type Steps = Pick<Fold, 'init' | 'condition' | 'step' | 'result'>;
const fold = ({ at, target }: Use, [variable, second]: Variables, steps: Steps): Fold => {
  return { kind: 'fold', at, range: target, variable, second, accumulator, ...steps };
};
const soFar = (at: number): Node => identifier(at, accumulator);
const choose = (at: number, condition: Node, then: Node, otherwise: Node): Node => call(at, '_?_:_', [condition, then, otherwise]);

function all(use: Use, variables: Variables): Node {
  const { at, args } = use;
  return fold(use, variables, {
    init: literal(at, true),
    condition: call(at, '@not_strictly_false', [soFar(at)]),
    step: call(at, '_&&_', [soFar(at), args.at(-1) as Node]),
    result: soFar(at),
  });
}

function exists(use: Use, variables: Variables): Node {
  const { at, args } = use;
  return fold(use, variables, {
    init: literal(at, false),
    condition: call(at, '@not_strictly_false', [call(at, '!_', [soFar(at)])]),
    step: call(at, '_||_', [soFar(at), args.at(-1) as Node]),
    result: soFar(at),
  });
}

function existsOne(use: Use, variables: Variables): Node {
  const { at, args } = use;
  return fold(use, variables, {
    init: literal(at, 0n),
    condition: literal(at, true),
    step: choose(at, args.at(-1) as Node, call(at, '_+_', [soFar(at), literal(at, 1n)]), soFar(at)),
    result: call(at, '_==_', [soFar(at), literal(at, 1n)]),
  });
}

/** map, filter and transformList: of two expressions the first is a filter. */
function transformed(use: Use, variables: Variables, expressions: readonly Node[]): Node {
  const { at } = use;
  const added = call(at, '_+_', [soFar(at), listLiteral(at, expressions.at(-1) as Node)]);
  return fold(use, variables, filtered(at, listLiteral(at), added, expressions.length > 1 ? expressions[0] : undefined));
}

function transformedMap(use: Use, hasKey: boolean): Node {
  const { at, args } = use;
  const variables = variablesOf(use, 2);
  const key = hasKey ? [identifier(at, variables[0])] : [];
  const added = call(at, 'cel.@mapInsert', [soFar(at), ...key, args.at(-1) as Node]);
  return fold(use, variables, filtered(at, { kind: 'map', at, entries: [] }, added, args.length > 3 ? args[2] : undefined));
}

function filtered(at: number, init: Node, added: Node, filter: Node | undefined): Steps {
  const step = filter ? choose(at, filter, added, soFar(at)) : added;
  return { init, condition: literal(at, true), step, result: soFar(at) };
}

/** A variable bound for one expression is a fold over nothing whose accumulator it is. */
function bind(at: number, name: string, value: Node, body: Node): Fold {
  const steps = { init: value, condition: literal(at, false), step: identifier(at, name), result: body };
  return { kind: 'fold', at, range: listLiteral(at), variable: '#unused', second: undefined, accumulator: name, ...steps };
}

function optionalMap(use: Use, macro: string, wrap: (at: number, body: Node) => Node): Node {
  const { at, target, args } = use;
  const name = nameOf(args[0] as Node, `${macro}() variable name must be a simple identifier`);
  const body = bind(at, name, call(at, 'value', [], target), args[1] as Node);
  return choose(at, call(at, 'hasValue', [], target), wrap(at, body), call(at, 'optional.none', []));
}

function sortBy(use: Use): Node {
  const { at, target, args } = use;
  const input = '@__sortBy_input__';
  if (target.kind === 'literal' || target.kind === 'map' || target.kind === 'struct') {
    throw new MacroError(target.at, 'sortBy can only be applied to a list, identifier, comprehension, call or select expression');
  }
  const keys = transformed({ at, target: identifier(at, input), args }, itemOf(use), args.slice(1));
  return bind(at, input, target, call(at, '@sortByAssociatedKeys', [keys], identifier(at, input)));
}
