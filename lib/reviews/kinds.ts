import * as v from 'valibot';
import type { UserInfo } from '../callers/user-info.ts';
import type { Json } from '../json/json.ts';
import type { Authorizer } from '../policy/rbac.ts';
import { badRequest, invalid } from '../status.ts';
import { AccessSpec, accessSpecIn, RulesSpec, rulesSpecIn, withoutEmpty } from './attributes.ts';
import type { Message } from './protobuf.ts';

/** Who asks about himself, and whom is asked. */
export interface Asking {
  user: UserInfo;
  authorizer: Authorizer;
  /** When. */
  now: Date;
}
/** A question that a caller may ask about himself: nothing is stored, and the answer is the question with its status. */
export interface ReviewKind {
  group: string;
  kind: string;
  plural: string;
  /** Its spec, from protobuf. */
  specIn(spec: Message): Json;
  /** What there is beside apiVersion and kind. Throws 400 and 422 as an API server does. */
  answer(spec: unknown, asking: Asking): object;
}

const authorization = 'authorization.k8s.io';
const authentication = 'authentication.k8s.io';

/** `kubectl auth can-i`. */
const accessReview: ReviewKind = {
  group: authorization,
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  specIn: accessSpecIn,
  answer(given, { user, authorizer }) {
    const { resourceAttributes: resource, nonResourceAttributes: path } = parsed(this.kind, AccessSpec, given);
    if (Boolean(resource) === Boolean(path)) {
      const rule = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
      const message = `Invalid value: ${JSON.stringify(path ?? null)}: ${rule}`;
      throw invalid('shape', { group: authorization, kind: '' }, '', [{ reason: 'FieldValueInvalid', message, field: 'spec' }]);
    }
    const asked = withoutEmpty(resource ?? path ?? {});
    const { verb = '' } = asked;
    const attributes = path ? { path: '', ...asked, verb } : { group: '', resource: '', ...asked, version: asked.version ?? '*', verb };
    const { allowed, reason } = authorizer.authorize(user, attributes);
    return {
      metadata: {},
      spec: { [resource ? 'resourceAttributes' : 'nonResourceAttributes']: asked },
      status: { allowed, ...(reason !== '' && { reason }) },
    };
  },
};

/** `kubectl auth can-i --list`. */
const rulesReview: ReviewKind = {
  group: authorization,
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  specIn: rulesSpecIn,
  answer(given, { user, authorizer }) {
    const { namespace } = parsed(this.kind, RulesSpec, given);
    if (!namespace) throw badRequest('shape', 'no namespace on request');
    const { evaluationError, ...rules } = authorizer.rules(user, namespace);
    return { metadata: {}, spec: {}, status: { ...rules, incomplete: false, ...(evaluationError !== '' && { evaluationError }) } };
  },
};

/** `kubectl auth whoami`. */
const selfReview: ReviewKind = {
  group: authentication,
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  specIn: () => ({}),
  answer: (_, { user: { username, uid, groups, extra }, now }) => ({
    metadata: { creationTimestamp: now.toISOString().replace(/\.\d+/, '') },
    status: { userInfo: { username, ...(uid !== '' && { uid }), groups, ...(Object.keys(extra).length > 0 && { extra }) } },
  }),
};

/** The reviews that are served. */
export const reviewKinds = [accessReview, rulesReview, selfReview];

function parsed<S extends v.GenericSchema>(kind: string, schema: S, given: unknown): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(schema, given ?? {});
  if (success) return output;
  const place = ['spec', ...issues.slice(0, 1).flatMap((issue) => v.getDotPath(issue) ?? [])].join('.');
  throw badRequest('shape', `${kind} in version "v1" cannot be handled as a ${kind}: ${place} is not of its type`);
}
