import { describe, expect, it } from 'vitest';
import { allowAll } from '../../../lib/policy/allow-all.ts';
import { type Authorizer, createAuthorizer } from '../../../lib/policy/rbac.ts';
import { answerReview, protobufType, readReview, reviews } from '../../../lib/reviews/review.ts';
import { bundleOf } from '../../policies.ts';
import type { Loose } from '../../scenarios/gateway.ts';

const user = { username: 'jane', uid: '7', groups: ['ml', 'system:authenticated'], extra: { account: ['1'] } };
const now = new Date('2026-11-26T07:00:00.123Z');
const access = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const rules = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
const self = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const authorizer = createAuthorizer(
  bundleOf([
    {
      kind: 'Role',
      metadata: { name: 'r', namespace: 'kube-test' },
      rules: [{ verbs: ['patch'], apiGroups: ['kubeflow.org'], resources: ['tfjobs'] }],
    },
    {
      kind: 'RoleBinding',
      metadata: { name: 'b', namespace: 'kube-test' },
      subjects: [{ kind: 'User', name: 'jane' }],
      roleRef: { kind: 'Role', name: 'r' },
    },
  ]),
);

/** What kubectl 1.37.2 posts for these commands. */
const posted = {
  'auth can-i patch tfjobs/tfjob-test -n kube-test':
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSWAoQCgASABoAIgAqADIAOABCABI6CjgKCWt1YmUtdGVzdBIFcGF0Y2gaDGt1YmVmbG93Lm9yZyIAKgZ0ZmpvYnMyADoKdGZqb2ItdGVzdBoICAASABoAIAAaACIA',
  'auth can-i update tfjobs --subresource=status -A':
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSTAoQCgASABoAIgAqADIAOABCABIuCiwKABIGdXBkYXRlGgxrdWJlZmxvdy5vcmciACoGdGZqb2JzMgZzdGF0dXM6ABoICAASABoAIAAaACIA',
  'auth can-i get /version':
    'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSLwoQCgASABoAIgAqADIAOABCABIREg8KCC92ZXJzaW9uEgNnZXQaCAgAEgAaACAAGgAiAA==',
  'auth can-i --list -n kube-test':
    'azhzAAoxChdhdXRob3JpemF0aW9uLms4cy5pby92MRIWU2VsZlN1YmplY3RSdWxlc1JldmlldxIlChAKABIAGgAiACoAMgA4AEIAEgsKCWt1YmUtdGVzdBoEGAAiABoAIgA=',
  'auth whoami': 'azhzAAotChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESEVNlbGZTdWJqZWN0UmV2aWV3EhoKEAoAEgAaACIAKgAyADgAQgASBgoECgASABoAIgA=',
};

function ask(path: string, body: string | Buffer | object, asked: Authorizer = authorizer): Loose {
  const review = reviews[path];
  if (!review) throw new Error(path);
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const question = readReview(review, Buffer.isBuffer(body) ? protobufType : 'application/json', bytes);
  return answerReview(review, question, { user, authorizer: asked, now });
}
const byKubectl = (command: keyof typeof posted) => Buffer.from(posted[command], 'base64');
const refusal = (ask: () => unknown): Loose => {
  try {
    return ask();
  } catch (error) {
    return (error as Loose).status;
  }
};

describe('what kubectl posts as protobuf', () => {
  it('asks whether one may patch a job', () => {
    expect(ask(access, byKubectl('auth can-i patch tfjobs/tfjob-test -n kube-test'))).toEqual({
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec: {
        resourceAttributes: { namespace: 'kube-test', verb: 'patch', group: 'kubeflow.org', resource: 'tfjobs', name: 'tfjob-test' },
      },
      status: { allowed: true, reason: 'RBAC: allowed by RoleBinding "b/kube-test" of Role "r" to User "jane"' },
    });
  });

  it('asks about a subresource in all namespaces, and about a path', () => {
    expect(ask(access, byKubectl('auth can-i update tfjobs --subresource=status -A'))).toMatchObject({
      spec: { resourceAttributes: { verb: 'update', group: 'kubeflow.org', resource: 'tfjobs', subresource: 'status' } },
      status: { allowed: false },
    });
    expect(ask(access, byKubectl('auth can-i get /version'))).toMatchObject({
      spec: { nonResourceAttributes: { path: '/version', verb: 'get' } },
      status: { allowed: true },
    });
  });

  it('asks for all that one may do in a namespace, and who one is', () => {
    const { status } = ask(rules, byKubectl('auth can-i --list -n kube-test'));
    expect(status.resourceRules).toContainEqual({ verbs: ['patch'], apiGroups: ['kubeflow.org'], resources: ['tfjobs'] });
    expect(status).toMatchObject({
      incomplete: false,
      nonResourceRules: expect.arrayContaining([expect.objectContaining({ verbs: ['get'] })]),
    });
    expect(ask(self, byKubectl('auth whoami'))).toEqual({
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: '2026-11-26T07:00:00Z' },
      status: { userInfo: { username: 'jane', uid: '7', groups: user.groups, extra: user.extra } },
    });
  });

  it('is refused as 400 where it is cut off anywhere, and never fails otherwise', () => {
    const whole = byKubectl('auth can-i patch tfjobs/tfjob-test -n kube-test');
    const codes = Array.from({ length: whole.length }, (_, length) => refusal(() => ask(access, whole.subarray(0, length))).code);
    // Fields that are left out at the end are none; what is cut inside of one is no message.
    expect(codes.slice(0, 4)).toEqual([400, 400, 400, 400]);
    for (const code of codes) expect([400, 422, undefined]).toContain(code);
  });

  it.each([
    ['a varint without end', Buffer.from([0x6b, 0x38, 0x73, 0, ...Array(12).fill(0xff)])],
    ['a field without a number', Buffer.from([0x6b, 0x38, 0x73, 0, 2, 0])],
    ['a group, which is no more in use', Buffer.from([0x6b, 0x38, 0x73, 0, 0x0b])],
    ['a length beyond the end', Buffer.from([0x6b, 0x38, 0x73, 0, 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])],
    ['a text that is no UTF-8', Buffer.from([0x6b, 0x38, 0x73, 0, 0x0a, 3, 0x0a, 1, 0xff])],
    ['JSON', Buffer.from('{}')],
    ['nothing', Buffer.alloc(0)],
  ])('is refused as %s', (_, bytes) => {
    expect(refusal(() => ask(access, bytes))).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('a review as JSON', () => {
  it('may leave out what its path says already', () => {
    const spec = { resourceAttributes: { verb: 'patch', group: 'kubeflow.org', resource: 'tfjobs', namespace: 'kube-test', name: null } };
    expect(ask(access, { spec }).status.allowed).toBe(true);
    expect(ask(access, { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec }).status.allowed).toBe(true);
  });

  it.each<[string, string, string | object, number, RegExp]>([
    ['another version', access, { apiVersion: 'authorization.k8s.io/v1beta1' }, 400, /does not match the expected API version/],
    ['another kind', access, { kind: 'SelfSubjectRulesReview' }, 400, /not a SelfSubjectAccessReview/],
    ['what is no JSON', access, '{', 400, /json parse error/],
    ['what is no object', access, '[]', 400, /must be an object/],
    [
      'a number for a text',
      access,
      { spec: { resourceAttributes: { verb: 7 } } },
      400,
      /spec\.resourceAttributes\.verb is not of its type/,
    ],
    ['nothing that is asked', access, {}, 422, /exactly one of nonResourceAttributes or resourceAttributes must be specified/],
    ['two questions', access, { spec: { resourceAttributes: {}, nonResourceAttributes: {} } }, 422, /exactly one of/],
    ['no namespace', rules, { spec: {} }, 400, /no namespace on request/],
  ])('is refused with %s', (_, path, body, code, message) => {
    expect(refusal(() => ask(path, body))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is answered yes to all where there is no RBAC', () => {
    expect(ask(access, { spec: { nonResourceAttributes: { path: '/metrics', verb: 'get' } } }, allowAll).status).toEqual({ allowed: true });
    const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
    expect(ask(rules, { spec: { namespace: 'a' } }, allowAll).status.resourceRules).toEqual([everything]);
  });
});
