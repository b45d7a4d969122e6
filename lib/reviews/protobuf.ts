/** What is wrong with a protobuf message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** The fields of a message by their numbers, each with all its values: bytes, or the number of a varint. */
export type Message = Map<number, (Uint8Array | bigint)[]>;

const magic = [0x6b, 0x38, 0x73, 0x00];

/**
 * Reads the fields of a message (protobuf.dev, Encoding) without knowing what they mean; those of a fixed size are bytes. Throws
 * ProtobufError for what ends too early or is of a wire type that is no more in use.
 */
export function readMessage(bytes: Uint8Array): Message {
  const message: Message = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError('unexpected end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ProtobufError('a varint of more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new ProtobufError('unexpected end');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const [field, type] = [Number(key >> 3n), Number(key & 7n)];
    if (field < 1 || field > 0x1fff_ffff) throw new ProtobufError('a field without a number');
    const value = type === 0 ? varint() : take(lengthOf(type, varint));
    const values = message.get(field);
    if (values) values.push(value);
    else message.set(field, [value]);
  }
  return message;
}

function lengthOf(type: number, varint: () => bigint): number {
  if (type === 1) return 8;
  if (type === 5) return 4;
  if (type === 2) return Number(varint());
  throw new ProtobufError(`wire type ${type}`);
}

/** The last value of a field as a message; undefined where it has none. */
export function messageIn(message: Message, field: number): Message | undefined {
  const value = message.get(field)?.at(-1);
  return value instanceof Uint8Array ? readMessage(value) : undefined;
}

/** The last value of a field as text; empty where it has none. Throws ProtobufError for what is no UTF-8. */
export function textIn(message: Message, field: number): string {
  const value = message.get(field)?.at(-1);
  if (!(value instanceof Uint8Array)) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch {
    throw new ProtobufError('a text is not UTF-8');
  }
}

/**
 * Takes an object of Kubernetes out of its envelope (`k8s`, a zero byte and a runtime.Unknown): its apiVersion, its kind and its own
 * message. Throws ProtobufError for what is none.
 */
export function readEnvelope(bytes: Uint8Array): { apiVersion: string; kind: string; object: Message } {
  if (!magic.every((byte, index) => bytes[index] === byte)) throw new ProtobufError('it does not begin as an object of Kubernetes');
  const envelope = readMessage(bytes.subarray(magic.length));
  const type = messageIn(envelope, 1) ?? new Map();
  return { apiVersion: textIn(type, 1), kind: textIn(type, 2), object: messageIn(envelope, 2) ?? new Map() };
}
