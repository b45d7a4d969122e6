import { isUtf8 } from 'node:buffer';
import { isObject, type Json, type JsonObject, own, parseExactJson } from '../json/json.ts';
import { badRequest } from '../status.ts';
import { type Asking, type ReviewKind, reviewKinds } from './kinds.ts';
import { messageIn, ProtobufError, readEnvelope } from './protobuf.ts';

/** The version of each review. */
const version = 'v1';

/** The content types that a review is read in: kubectl posts protobuf, and does not fall back. */
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** The reviews by the paths to which they are posted. */
export const reviews: Readonly<Record<string, ReviewKind>> = Object.fromEntries(
  reviewKinds.map((kind) => [`/apis/${kind.group}/${version}/${kind.plural}`, kind]),
);

/** A review as it was posted. */
export interface Question extends JsonObject {
  apiVersion?: Json;
  kind?: Json;
  spec?: Json;
}

/** Reads a review out of a body's bytes. Throws 400 for what cannot be read. */
export function readReview(review: ReviewKind, type: string, bytes: Buffer): Question {
  return type === protobufType ? readProtobuf(review, bytes) : readJson(bytes);
}

/** Answers a review. Throws 400 for what is another object, 422 for one that asks nothing. */
export function answerReview(review: ReviewKind, { apiVersion, kind, spec }: Question, asking: Asking): Json {
  const expected = `${review.group}/${version}`;
  if ((apiVersion ?? expected) !== expected) {
    throw badRequest('identity', `the API version in the data (${cut(apiVersion)}) does not match the expected API version (${expected})`);
  }
  if ((kind ?? review.kind) !== review.kind) throw badRequest('identity', `not a ${review.kind}: ${cut(kind)}`);
  return { kind: review.kind, apiVersion: expected, ...review.answer(spec, asking) };
}

function readProtobuf(review: ReviewKind, bytes: Buffer): Question {
  try {
    const { apiVersion, kind, object } = readEnvelope(bytes);
    const spec = messageIn(object, 2);
    return { ...(kind && { kind }), ...(apiVersion && { apiVersion }), ...(spec && { spec: review.specIn(spec) }) };
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest('syntax', `couldn't get version/kind; protobuf: ${error.message}`);
    throw error;
  }
}

function readJson(bytes: Buffer): Question {
  if (!isUtf8(bytes)) throw badRequest('syntax', 'the body is not valid UTF-8');
  const object = parse(bytes.toString());
  if (!isObject(object)) throw badRequest('shape', "couldn't get version/kind; it must be an object");
  const [kind, apiVersion, spec] = [own(object, 'kind') ?? undefined, own(object, 'apiVersion') ?? undefined, own(object, 'spec')];
  return { ...(kind !== undefined && { kind }), ...(apiVersion !== undefined && { apiVersion }), ...(spec !== undefined && { spec }) };
}

function parse(text: string): Json {
  try {
    return parseExactJson(text);
  } catch {
    // The parser's message quotes the body.
    throw badRequest('syntax', "couldn't get version/kind; json parse error");
  }
}

const cut = (value: unknown): string => String(value).slice(0, 253);
