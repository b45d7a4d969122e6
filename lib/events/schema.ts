import * as v from 'valibot';
import { fieldCount } from '../job/fields.ts';
import { isObject, type Json, type JsonObject, numberText } from '../json/json.ts';

/** What the rule on the bus matches. */
export const detailType = 'Job Update Requested';
/** Bytes of an event: SQS takes 1 MiB with all attributes, and what goes to the dead-letter queue gets some. */
export const eventLimit = 1_000_000;

/** A text as JSON Schema counts it, in whole characters; what valibot cannot say of it in JSON Schema is its metadata. */
const text = (most: number) =>
  v.pipe(
    v.string('must be a string'),
    v.minLength(1, 'may not be empty'),
    v.check((value) => value.length <= most || [...value].length <= most, `may have ${most} characters`),
    // Two ids that differ in a half of a character would be one where they are hashed.
    v.check((value) => value.isWellFormed(), 'must be well-formed Unicode'),
    v.metadata({ maxLength: most, pattern: '^[^\\ud800-\\udfff]*$' }),
  );
const object = v.custom<JsonObject>(isObject, 'must be an object');
const integer = 'must be an integer from 0 to 2^53 - 1';
/** A number however it is written: 6.0 is 6. */
export const JsonNumber = v.custom<Json>((value) => numberText(value) !== undefined, integer);

const common = {
  version: v.literal('1', 'must be "1"'),
  id: v.pipe(text(256), v.description("The producer's own id of this event: the same for every repetition, another for every other event")),
  kind: v.pipe(text(63), v.description('The kind of the job: TFJob, PyTorchJob, MXJob, or another that the upstream has')),
  namespace: v.pipe(text(63), v.description('The namespace of the job')),
  name: v.pipe(text(253), v.description('The name of the job')),
  uid: v.optional(v.pipe(text(128), v.description('Only if the job has this uid'))),
  resourceVersion: v.optional(
    v.pipe(
      v.string('must be a string'),
      v.minLength(1, 'may not be empty'),
      v.maxLength(128, 'may have 128 characters'),
      v.regex(/^[1-9]\d*$/, 'must be a resourceVersion'),
      v.description('Only if the job has this resourceVersion'),
    ),
  ),
  sequence: v.optional(
    v.pipe(
      JsonNumber,
      v.transform((value) => Number(numberText(value)) + 0),
      v.integer(integer),
      v.minValue(0, integer),
      v.maxValue(Number.MAX_SAFE_INTEGER, integer),
      v.description('A number that grows with every event for one job: an older one that comes late is not applied'),
    ),
  ),
  reason: v.optional(v.pipe(text(1024), v.description('Why, for the log'))),
};

/** The detail of an event that changes what it names, as HTTP PATCH does. */
export const Patch = v.strictObject({
  ...common,
  patch: v.pipe(object, v.description(`A merge patch (RFC 7386) of the ${fieldCount} replaceable fields, in the shape of the job`)),
});
/** The detail of an event that replaces the five fields, as HTTP PUT does. */
export const Replace = v.strictObject({
  ...common,
  object: v.pipe(object, v.description(`The whole job: what it leaves out of the ${fieldCount} replaceable fields is removed`)),
});
/** What EventBridge wraps a detail in, as far as it is read; a producer that sends to the FIFO queue writes no more than this. */
export const Envelope = v.looseObject({
  'detail-type': v.pipe(v.literal(detailType, `must be "${detailType}"`), v.description('What the event is')),
  detail: object,
  source: v.optional(v.pipe(v.string('must be a string'), v.description('Who sends it, for the log'))),
  account: v.optional(
    v.pipe(v.string('must be a string'), v.description('The AWS account that sends it, for the log; EventBridge fills it in')),
  ),
});
