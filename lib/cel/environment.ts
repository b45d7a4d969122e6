import type { Library, Overload } from './overload.ts';
import { opaqueTypes, parseType, type Type, typeOf } from './types.ts';

/** What an expression may name: variables with their types, and the functions of its libraries. */
export interface Environment {
  readonly variables: Readonly<Record<string, Type>>;
  readonly libraries: readonly Library[];
  /** What the environment declares, prepared for the checker. */
  readonly scope: Scope;
}

/** An environment of these variables and libraries. */
export function environment(variables: Readonly<Record<string, Type>>, libraries: readonly Library[]): Environment {
  return { variables, libraries, scope: new Scope(variables, libraries) };
}

/** The names that an environment declares. */
export class Scope {
  readonly #variables: ReadonlyMap<string, Type>;
  readonly #functions = new Map<string, Overload[]>();
  readonly #fields = new Map<string, Readonly<Record<string, Type>>>();

  constructor(variables: Readonly<Record<string, Type>>, libraries: readonly Library[]) {
    this.#variables = new Map(Object.entries(variables));
    for (const library of libraries) {
      for (const overload of library.overloads) {
        const known = this.#functions.get(overload.name);
        if (known) known.push(overload);
        else this.#functions.set(overload.name, [overload]);
      }
      for (const [name, fields] of Object.entries(library.types ?? {})) this.#fields.set(name, fields);
    }
  }

  variable(name: string): Type | undefined {
    return this.#variables.get(name);
  }

  /** The type of a type's name as a value: of `int` it is type(int). */
  type(name: string): Type | undefined {
    return typeNames.get(name) ?? (this.#fields.has(name) || checkedOnly.has(name) ? typeOf(parseType(name)) : undefined);
  }

  /** Whether the checker knows a type by a name that has no value when the expression is evaluated. */
  isCheckedOnly(name: string): boolean {
    return !typeNames.has(name);
  }

  overloads(name: string): readonly Overload[] | undefined {
    return this.#functions.get(name);
  }

  /** The fields of an object type. */
  fields(name: string): Readonly<Record<string, Type>> | undefined {
    return this.#fields.get(name);
  }
}

const names = 'bool int uint double string bytes null_type list map type google.protobuf.Timestamp google.protobuf.Duration'.split(' ');
const typeNames = new Map([...names, 'optional_type', ...opaqueTypes].map((name) => [name, typeOf(parseType(shortName(name)))]));

function shortName(name: string): string {
  return { 'google.protobuf.Timestamp': 'timestamp', 'google.protobuf.Duration': 'duration', optional_type: 'optional' }[name] ?? name;
}

/** Names that cel-go's checker takes for types, though none of them is a value. */
const messages =
  'Any BoolValue BytesValue DoubleValue Empty FloatValue Int32Value Int64Value ListValue StringValue Struct UInt32Value UInt64Value Value';
const checkedOnly = new Set(['timestamp', 'duration', ...messages.split(' ').map((name) => `google.protobuf.${name}`)]);
