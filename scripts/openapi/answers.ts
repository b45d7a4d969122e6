/** The answers of docs/openapi.yaml: what each refusal means, with a Status as the gateway makes it. */
import { fieldCount } from '../../lib/job/fields.ts';
import { jobKinds } from '../../lib/job/kinds.ts';
import {
  badRequest,
  conflict,
  forbidden,
  internalError,
  invalid,
  methodNotAllowed,
  notAcceptable,
  StatusError,
  serviceUnavailable,
  timeout,
  tooLarge,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from '../../lib/status.ts';

const [kind] = jobKinds.cci as [(typeof jobKinds.cci)[number]];
const ref = { kind, namespace: 'kube-test', name: 'tfjob-test' };
const details = { name: ref.name, group: kind.group, kind: kind.plural };
const requestId = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const refusedBy = { 'X-Refused-By': { $ref: '#/components/headers/X-Refused-By' } };
const retryAfter = { 'Retry-After': { $ref: '#/components/headers/Retry-After' } };

/** One refusal: its name in the document, what it means, and an example. */
interface Refusal {
  name: string;
  description: string;
  example: StatusError;
  headers?: object;
}

const refusals: Record<number, Refusal> = {
  400: {
    name: 'BadRequest',
    description:
      'The request cannot be read, or it names another apiVersion, name or namespace than its URL. For a PUT under fieldValidation=Strict also: unknown or duplicate fields. (For a PATCH these are 422.)',
    example: badRequest('identity', 'the name of the object (other) does not match the name on the URL (tfjob-test)'),
  },
  401: {
    name: 'Unauthorized',
    description: 'There is no authenticated caller.',
    example: unauthorized(),
    headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
  },
  403: {
    name: 'Forbidden',
    description: `Something other than the ${fieldCount} fields would change. Nothing is written, and there is one cause for each field that differs, up to 100. A cause shows the value of the live job beside the requested one, but never of env, args, command or anything of a secret; that there is a cause at all still tells that the two differ. So whoever may send requests can learn what the job holds. If a part of the request is permitted, the last line of the message is a kubectl command that does that part.`,
    example: forbidden(
      'immutable-field',
      ref,
      [{ reason: 'FieldValueForbidden', field: 'spec.tfReplicaSpecs.Worker.replicas', message: 'may not be changed: 1 → 2' }],
      { wayOut: `kubectl patch tfjob tfjob-test -n kube-test --type merge -p '{"spec":{"ttlSecondsAfterFinished":600}}'` },
    ),
  },
  404: {
    name: 'NotFound',
    description: 'There is no such job or path.',
    example: new StatusError({ code: 404, reason: 'NotFound', message: 'tfjobs.kubeflow.org "tfjob-test" not found', details }),
  },
  405: {
    name: 'MethodNotAllowed',
    description: 'This verb is not served; or a watch, where none was deployed.',
    example: methodNotAllowed(),
  },
  406: {
    name: 'NotAcceptable',
    description: 'The Accept header names nothing that is served.',
    example: notAcceptable(['application/json']),
  },
  409: {
    name: 'Conflict',
    description: 'The resourceVersion or the uid is not that of the job. Without a resourceVersion, whatever the version is meant.',
    example: conflict(ref, 'the object has been modified; please apply your changes to the latest version and try again'),
  },
  410: {
    name: 'Gone',
    description: 'The list cannot be continued: it must be begun again.',
    example: new StatusError({ code: 410, reason: 'Expired', message: 'The provided continue parameter is too old' }),
  },
  413: {
    name: 'RequestEntityTooLarge',
    description: 'The body is larger than 3 MiB, or the answer than can be sent: use limit.',
    example: tooLarge('body-size', 3 * 1024 * 1024),
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The content type or the content encoding is not read.',
    example: unsupportedMediaType(['application/json', 'application/yaml']),
  },
  422: {
    name: 'Invalid',
    description: 'A value is wrong, or a patch cannot be applied: one cause for each mistake.',
    example: invalid('field-value', kind, ref.name, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: -1: spec.activeDeadlineSeconds in body should be greater than or equal to 1',
        field: 'spec.activeDeadlineSeconds',
      },
    ]),
  },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests; nothing was written.',
    example: tooManyRequests({}, 1),
    headers: retryAfter,
  },
  500: {
    name: 'InternalError',
    description: 'The gateway’s own trouble. Its log has the reason under the request id.',
    example: internalError({}),
  },
  503: {
    name: 'ServiceUnavailable',
    description: 'The upstream cannot be reached; nothing was written.',
    example: serviceUnavailable({}, 1),
    headers: retryAfter,
  },
  504: {
    name: 'Timeout',
    description: 'The upstream did not answer in time. A write may or may not have happened: read the job.',
    example: timeout('CCI gave no answer in time; the job may have been changed', {}),
  },
};

/** What every operation may be answered. */
export const always = [401, 403, 429, 500];
/** What a request may be answered that goes upstream. */
export const upstream = [...always, 400, 404, 405, 406, 409, 410, 413, 415, 422, 503, 504];

/** References to the refusals that an operation may be answered with. */
export function refusalsOf(codes: readonly number[]): Record<string, object> {
  const named = codes.map((code) => [String(code), { $ref: `#/components/responses/${refusals[code]?.name}` }]);
  return Object.fromEntries(named.sort(([a], [b]) => Number(a) - Number(b)));
}

/** All refusals, under their names. */
export function refusalComponents(): Record<string, object> {
  const described = Object.entries(refusals).map(([code, { name, description, example, headers }]) => [
    name,
    {
      description,
      headers: { ...requestId, ...(Number(code) < 429 && refusedBy), ...headers },
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Status' }, example: example.status } },
    },
  ]);
  return Object.fromEntries(described);
}

/** An answer of 200 or 201, with its headers. */
export function success(description: string, content: object, headers: object = {}): object {
  return { description, headers: { ...requestId, ...headers }, content };
}
