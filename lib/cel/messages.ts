import { durationOf, timestampAt } from './arithmetic.ts';
import { EntriesMap } from './maps.ts';
import {
  bool,
  bytes,
  double,
  duration,
  dyn,
  int,
  listOf,
  mapOf,
  parseType,
  string,
  type Type,
  timestamp,
  uint,
  wrapperOf,
} from './types.ts';
import { CelError, List, Opaque, type Result, Uint, type Value } from './values.ts';

/** A message of Protocol Buffers that an expression can make: `google.protobuf.Timestamp{seconds: 1}`. */
export interface Message {
  readonly type: Type;
  readonly fields: Readonly<Record<string, Type>>;
  /** The value of a message with these fields; those that are not given are absent. */
  make(fields: ReadonlyMap<string, Value>): Result;
}

const wrapper = (type: Type, zero: Value, convert = (value: Value): Result => value): Message => ({
  type: wrapperOf(type),
  fields: { value: type },
  make: (fields) => convert(fields.get('value') ?? zero),
});

/** Within 32 bits, as the message holds it. */
const int32 = (value: Value): Result =>
  typeof value === 'bigint' && BigInt.asIntN(32, value) !== value ? tooLarge('Int32Value', 'integer overflow') : value;
const uint32 = (value: Value): Result =>
  value instanceof Uint && value.value >= 1n << 32n ? tooLarge('UInt32Value', 'unsigned integer overflow') : value;
const tooLarge = (message: string, why: string): CelError =>
  new CelError(`field type conversion error for google.protobuf.${message}.value value type: ${why}`);

const nanoseconds = (fields: ReadonlyMap<string, Value>): bigint =>
  ((fields.get('seconds') as bigint | undefined) ?? 0n) * 1_000_000_000n + ((fields.get('nanos') as bigint | undefined) ?? 0n);
const timed = { seconds: int, nanos: int };
const listType = listOf(dyn);
const mapType = mapOf(string, dyn);

class Empty extends Opaque {
  override readonly typeName = 'google.protobuf.Empty';
  override equals(other: Value): boolean {
    return other instanceof Empty;
  }
  override toString(): string {
    return '';
  }
}

const known: Readonly<Record<string, Message>> = {
  BoolValue: wrapper(bool, false),
  BytesValue: wrapper(bytes, new Uint8Array()),
  DoubleValue: wrapper(double, 0),
  FloatValue: wrapper(double, 0, (value) => Math.fround(value as number)),
  Int32Value: wrapper(int, 0n, int32),
  Int64Value: wrapper(int, 0n),
  StringValue: wrapper(string, ''),
  UInt32Value: wrapper(uint, new Uint(0n), uint32),
  UInt64Value: wrapper(uint, new Uint(0n)),
  Timestamp: { type: timestamp, fields: timed, make: (fields) => timestampAt(nanoseconds(fields)) },
  Duration: { type: duration, fields: timed, make: (fields) => durationOf(nanoseconds(fields)) },
  ListValue: { type: listType, fields: { values: listType }, make: (fields) => fields.get('values') ?? List.of([]) },
  Struct: { type: mapType, fields: { fields: mapType }, make: (fields) => fields.get('fields') ?? new EntriesMap([]) },
  Value: {
    type: dyn,
    fields: { null_value: int, number_value: double, string_value: string, bool_value: bool, struct_value: mapType, list_value: listType },
    make: (fields) => [...fields].reduce<Value>((_, [name, value]) => (name === 'null_value' ? null : value), null),
  },
  Any: {
    type: parseType('google.protobuf.Any'),
    fields: { type_url: string, value: bytes },
    make: () => new CelError('unsupported conversion to ref.Val: (*dynamicpb.Message)'),
  },
  Empty: { type: parseType('google.protobuf.Empty'), fields: {}, make: () => new Empty() },
};

/** The message of a name such as `google.protobuf.Int64Value`; undefined for what is none. */
export function messageOf(name: string): Message | undefined {
  const [, short = ''] = /^\.?google\.protobuf\.(\w+)$/.exec(name) ?? [];
  return Object.hasOwn(known, short) ? known[short] : undefined;
}
