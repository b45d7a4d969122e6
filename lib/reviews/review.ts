import { isUtf8 } from 'node:buffer';
import { isObject, type Json, own, parseExactJson } from '../json/json.ts';
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

/** Answers a review. Throws 400 for what cannot be read or is another object, 422 for one that asks nothing. */
export function answerReview(review: ReviewKind, type: string, bytes: Buffer, asking: Asking): Json {
  const { apiVersion, kind, spec } = type === protobufType ? readProtobuf(review, bytes) : readJson(bytes);
  const expected = `${review.group}/${version}`;
  if ((apiVersion ?? expected) !== expected) {
    throw badRequest('identity', `the API version in the data (${cut(apiVersion)}) does not match the expected API version (${expected})`);
  }
  if ((kind ?? review.kind) !== review.kind) throw badRequest('identity', `not a ${review.kind}: ${cut(kind)}`);
  return { kind: review.kind, apiVersion: expected, ...review.answer(spec, asking) };
}

interface Read {
  apiVersion: Json | undefined;
  kind: Json | undefined;
  spec: unknown;
}

function readProtobuf(review: ReviewKind, bytes: Buffer): Read {
  try {
    const { apiVersion, kind, object } = readEnvelope(bytes);
    const spec = messageIn(object, 2);
    return { apiVersion: apiVersion || undefined, kind: kind || undefined, spec: spec && review.specIn(spec) };
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest('syntax', `couldn't get version/kind; protobuf: ${error.message}`);
    throw error;
  }
}

function readJson(bytes: Buffer): Read {
  if (!isUtf8(bytes)) throw badRequest('syntax', 'the body is not valid UTF-8');
  const object = parse(bytes.toString());
  if (!isObject(object)) throw badRequest('shape', "couldn't get version/kind; it must be an object");
  return { apiVersion: own(object, 'apiVersion') ?? undefined, kind: own(object, 'kind') ?? undefined, spec: own(object, 'spec') };
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
