import { type Library, type Overload, overload } from '../overload.ts';
import { CelError, Opaque, type Result, type Value } from '../values.ts';
import { noSuchOverload, sizeOf, tenth } from './common.ts';
import { namedFormats } from './named-formats.ts';
import { trimSpace } from './text.ts';

/** Who asks: as Kubernetes' user.Info. */
export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}
/** What is asked about: a path, or a resource; selectors stand as they were written. */
export interface Attributes {
  user: User;
  verb: string;
  path?: string;
  resource?: ResourceAttributes;
}
interface ResourceAttributes {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  fieldSelector: string;
  labelSelector: string;
}
/** The answer; `error` where the decision failed. */
export interface Decision {
  allowed: boolean;
  reason: string;
  error?: string;
}
/** Who decides: it is the caller's, and does not throw. */
export type Authorize = (attributes: Attributes) => Decision;

/** The values of this library have no fields, and nothing equals them. */
abstract class Receiver extends Opaque {
  override equals(): CelError {
    return noSuchOverload;
  }
  override toString(): string {
    return 'no such overload';
  }
}

/** The variable `authorizer`: a user, and who decides. */
export class Authorizer extends Receiver {
  override readonly typeName = 'kubernetes.authorization.Authorizer';
  readonly user: User;
  readonly authorize: Authorize;
  constructor(user: User, authorize: Authorize) {
    super();
    this.user = user;
    this.authorize = authorize;
  }
}

class PathCheck extends Receiver {
  override readonly typeName = 'kubernetes.authorization.PathCheck';
  readonly authorizer: Authorizer;
  readonly path: string;
  constructor(authorizer: Authorizer, path: string) {
    super();
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheck extends Receiver {
  override readonly typeName = 'kubernetes.authorization.GroupCheck';
  readonly authorizer: Authorizer;
  readonly group: string;
  constructor(authorizer: Authorizer, group: string) {
    super();
    this.authorizer = authorizer;
    this.group = group;
  }
}

/** A check of a resource: the variable `authorizer.requestResource` is one. */
export class ResourceCheck extends Receiver {
  override readonly typeName = 'kubernetes.authorization.ResourceCheck';
  readonly authorizer: Authorizer;
  readonly resource: ResourceAttributes;
  constructor(authorizer: Authorizer, resource: Partial<ResourceAttributes>) {
    super();
    this.authorizer = authorizer;
    this.resource = {
      group: '',
      resource: '',
      subresource: '',
      namespace: '',
      name: '',
      fieldSelector: '',
      labelSelector: '',
      ...resource,
    };
  }
}

class DecisionValue extends Receiver {
  override readonly typeName = 'kubernetes.authorization.Decision';
  readonly decision: Decision;
  constructor(decision: Decision) {
    super();
    this.decision = decision;
  }
}

const path = (authorizer: Authorizer, text: string): Result =>
  trimSpace(text) ? new PathCheck(authorizer, text) : new CelError('path must not be empty');

const resource = ({ authorizer, group }: GroupCheck, text: string): Result =>
  trimSpace(text) ? new ResourceCheck(authorizer, { group, resource: text }) : new CelError('resource must not be empty');

function serviceAccount(authorizer: Authorizer, namespace: string, name: string): Result {
  if (namedFormats.dns1123Subdomain?.problems(name).length) return new CelError('Invalid service account name');
  if (namedFormats.dns1123Label?.problems(namespace).length) return new CelError('Invalid service account namespace');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return new Authorizer({ name: `system:serviceaccount:${namespace}:${name}`, groups }, authorizer.authorize);
}

const checkPath = ({ authorizer, path }: PathCheck, verb: string): Result =>
  new DecisionValue(authorizer.authorize({ user: authorizer.user, verb, path }));
const checkResource = ({ authorizer, resource }: ResourceCheck, verb: string): Result =>
  new DecisionValue(authorizer.authorize({ user: authorizer.user, verb, resource }));

const ofType = (name: string): string => `kubernetes.authorization.${name}`;
const narrowing = (id: string, part: keyof ResourceAttributes, extras: Partial<Overload> = {}): Overload =>
  overload(
    id,
    `<${ofType('ResourceCheck')}>.${part}(string) -> ${ofType('ResourceCheck')}`,
    (check: ResourceCheck, text: string) => new ResourceCheck(check.authorizer, { ...check.resource, [part]: text }),
    extras,
  );
const answering = (name: string, type: string, answer: (decision: Decision) => Value): Overload =>
  overload(`decision_${name}`, `<${ofType('Decision')}>.${name}() -> ${type}`, ({ decision }: DecisionValue) => answer(decision));

// An authorizer may be a webhook: two checks are all that an expression can pay.
const checkCost = (): number => 350_000;
/** A list of requirements, each at least two characters, with a struct and a list for each. */
const selectorCost = ([_check, selector]: readonly Result[]): number => {
  const size = sizeOf(selector);
  return 10 + tenth(size) + Math.ceil(size * 0.5) * 50;
};

/** k8s.io/apiserver/pkg/cel/library/authz.go, with the selectors. */
export const authorizer: Library = {
  overloads: [
    overload('authorizer_path', `<${ofType('Authorizer')}>.path(string) -> ${ofType('PathCheck')}`, path),
    overload(
      'authorizer_group',
      `<${ofType('Authorizer')}>.group(string) -> ${ofType('GroupCheck')}`,
      (value: Authorizer, group: string) => new GroupCheck(value, group),
    ),
    overload(
      'authorizer_serviceaccount',
      `<${ofType('Authorizer')}>.serviceAccount(string, string) -> ${ofType('Authorizer')}`,
      serviceAccount,
    ),
    overload('groupcheck_resource', `<${ofType('GroupCheck')}>.resource(string) -> ${ofType('ResourceCheck')}`, resource),
    narrowing('resourcecheck_subresource', 'subresource'),
    narrowing('resourcecheck_namespace', 'namespace'),
    narrowing('resourcecheck_name', 'name'),
    narrowing('authorizer_fieldselector', 'fieldSelector', { cost: selectorCost }),
    narrowing('authorizer_labelselector', 'labelSelector', { cost: selectorCost }),
    overload('pathcheck_check', `<${ofType('PathCheck')}>.check(string) -> ${ofType('Decision')}`, checkPath, { cost: checkCost }),
    overload('resourcecheck_check', `<${ofType('ResourceCheck')}>.check(string) -> ${ofType('Decision')}`, checkResource, {
      cost: checkCost,
    }),
    answering('allowed', 'bool', ({ allowed }) => allowed),
    answering('reason', 'string', ({ reason }) => reason),
    answering('errored', 'bool', ({ error }) => error !== undefined),
    answering('error', 'string', ({ error }) => error ?? ''),
  ],
};
