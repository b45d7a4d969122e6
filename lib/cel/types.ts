/** A type as the checker knows it. A parameter is `A` of a signature, or a variable that checking binds. */
export interface Type {
  readonly kind: Kind;
  readonly name: string;
  readonly parameters: readonly Type[];
}
export type Kind = 'simple' | 'dyn' | 'error' | 'null' | 'time' | 'list' | 'map' | 'type' | 'opaque' | 'struct' | 'wrapper' | 'parameter';

const make = (kind: Kind, name: string, ...parameters: Type[]): Type => ({ kind, name, parameters });

export const bool = make('simple', 'bool');
export const int = make('simple', 'int');
export const uint = make('simple', 'uint');
export const double = make('simple', 'double');
export const string = make('simple', 'string');
export const bytes = make('simple', 'bytes');
export const nullType = make('null', 'null_type');
export const dyn = make('dyn', 'dyn');
export const error = make('error', '*error*');
export const timestamp = make('time', 'google.protobuf.Timestamp');
export const duration = make('time', 'google.protobuf.Duration');
export const listOf = (element: Type): Type => make('list', 'list', element);
export const mapOf = (key: Type, value: Type): Type => make('map', 'map', key, value);
export const typeOf = (type: Type): Type => make('type', 'type', type);
export const optionalOf = (type: Type): Type => make('opaque', 'optional_type', type);
/** A simple type that may be null, as Protocol Buffers wraps one. */
export const wrapperOf = (type: Type): Type => make('wrapper', 'wrapper', type);
export const opaque = (name: string): Type => make('opaque', name);
export const struct = (name: string): Type => make('struct', name);
export const parameter = (name: string): Type => make('parameter', name);

/** Types of libraries that have no fields and can be named as values. */
export const opaqueTypes: readonly string[] = ['net.IP', 'net.CIDR'];

const named = new Map<string, Type>([
  ...[bool, int, uint, double, string, bytes, nullType, dyn].map((type): [string, Type] => [type.name, type]),
  ...opaqueTypes.map((name): [string, Type] => [name, opaque(name)]),
  ['timestamp', timestamp],
  ['duration', duration],
]);

/**
 * A type from its short notation: `int`, `timestamp`, `list<A>`, `map<string, list<string>>`, `optional<T>`, `type<A>`; a single capital
 * letter is a parameter, and any other name an object type such as `kubernetes.URL`.
 */
export function parseType(text: string): Type {
  const { type, rest } = readType(text);
  if (rest !== '') throw new TypeError(`not a type: ${text}`);
  return type;
}

function readType(text: string): { type: Type; rest: string } {
  const name = /^\s*[\w.]+/.exec(text)?.[0] ?? '';
  let rest = text.slice(name.length);
  const parameters: Type[] = [];
  if (rest.startsWith('<')) {
    do {
      const next = readType(rest.slice(1));
      parameters.push(next.type);
      rest = next.rest;
    } while (rest.startsWith(','));
    rest = rest.slice(1);
  }
  return { type: typeNamed(name.trim(), parameters), rest };
}

// `type` alone is type(type), whose parameter has none.
const anyType = make('type', 'type');

function typeNamed(name: string, [first, second = dyn]: readonly Type[]): Type {
  if (name === 'type') return first ? typeOf(first) : anyType;
  return parameterized(name, first ?? dyn, second);
}

function parameterized(name: string, first: Type, second: Type): Type {
  if (name === 'list') return listOf(first);
  if (name === 'map') return mapOf(first, second);
  if (name === 'optional') return optionalOf(first);
  return named.get(name) ?? (/^[A-Z]$/.test(name) ? parameter(name) : struct(name));
}

/** What a signature says: of a member function the target is the first argument. */
export interface Signature {
  readonly name: string;
  readonly isMember: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
}

/**
 * A signature from CEL's own notation: `size(list<A>) -> int`, `ip.isCanonical(string) -> bool`, and with the target in angle brackets
 * `<list<A>>.indexOf(A) -> int`, `<net.IP>.family() -> int`.
 */
export function parseSignature(text: string): Signature {
  const parts = /^(?:<(.*)>\.)?(_[<>]=?_|[^<>()]+)\((.*)\) -> (.+)$/.exec(text);
  const [, target, name = '', list = '', result = ''] = parts ?? [];
  if (!parts) throw new TypeError(`not a signature: ${text}`);
  const parameters = target === undefined ? [] : [parseType(target)];
  for (let rest = list; rest.trim() !== ''; ) {
    const next = readType(rest);
    parameters.push(next.type);
    rest = next.rest.replace(/^,/, '');
  }
  return { name, isMember: target !== undefined, parameters, result: parseType(result) };
}

/** A type as cel-go's messages write it: `list(string)`, `timestamp`, `null`. */
export function showType(type: Type): string {
  if (type.kind === 'error') return '!error!';
  if (type.kind === 'null') return 'null';
  if (type.kind === 'time') return type.name === timestamp.name ? 'timestamp' : 'duration';
  return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(showType).join(', ')})`;
}

/** The type of a whole expression as cel-go prints it: `google.protobuf.Timestamp`, `null_type`. */
export function printType(type: Type): string {
  return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(printType).join(', ')})`;
}

/** Whether anything may be done with values of a type: nothing is known of them, or there is a mistake already. */
export const isOpen = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'error';
