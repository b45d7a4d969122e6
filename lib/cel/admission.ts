import { type Environment, environment } from './environment.ts';
import { conversions } from './libraries/conversions.ts';
import { kubernetesLibraries } from './libraries/index.ts';
import { includes } from './libraries/lists.ts';
import { mapInsert, optional } from './libraries/optional.ts';
import { type RegexEngine, regex } from './libraries/regex.ts';
import { standard } from './libraries/standard.ts';
import { time } from './libraries/time.ts';
import type { Library } from './overload.ts';
import { dyn, parseType, type Type } from './types.ts';

const fields = (types: Readonly<Record<string, string>>): Record<string, Type> =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, parseType(type)]));

/** The types of `request` and `namespaceObject`: k8s.io/apiserver/pkg/admission/plugin/cel/compile.go. */
const admissionTypes: Library = {
  overloads: [],
  types: {
    'kubernetes.GroupVersionKind': fields({ group: 'string', version: 'string', kind: 'string' }),
    'kubernetes.GroupVersionResource': fields({ group: 'string', version: 'string', resource: 'string' }),
    'kubernetes.UserInfo': fields({ username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' }),
    'kubernetes.AdmissionRequest': fields({
      kind: 'kubernetes.GroupVersionKind',
      resource: 'kubernetes.GroupVersionResource',
      subResource: 'string',
      requestKind: 'kubernetes.GroupVersionKind',
      requestResource: 'kubernetes.GroupVersionResource',
      requestSubResource: 'string',
      name: 'string',
      namespace: 'string',
      operation: 'string',
      userInfo: 'kubernetes.UserInfo',
      dryRun: 'bool',
      options: 'dyn',
    }),
    'kubernetes.NamespaceSpec': fields({ finalizers: 'list<string>' }),
    'kubernetes.NamespaceCondition': fields({
      status: 'string',
      type: 'string',
      lastTransitionTime: 'timestamp',
      message: 'string',
      reason: 'string',
    }),
    'kubernetes.NamespaceStatus': fields({ conditions: 'list<kubernetes.NamespaceCondition>', phase: 'string' }),
    'kubernetes.NamespaceMetadata': fields({
      name: 'string',
      generateName: 'string',
      namespace: 'string',
      labels: 'map<string, string>',
      annotations: 'map<string, string>',
      UID: 'string',
      creationTimestamp: 'timestamp',
      deletionGracePeriodSeconds: 'int',
      deletionTimestamp: 'timestamp',
      generation: 'int',
      resourceVersion: 'string',
      finalizers: 'list<string>',
    }),
    'kubernetes.Namespace': fields({
      metadata: 'kubernetes.NamespaceMetadata',
      spec: 'kubernetes.NamespaceSpec',
      status: 'kubernetes.NamespaceStatus',
    }),
  },
};

interface Options {
  /** Whether the policy has a paramKind. */
  params?: boolean;
  authorizer?: boolean;
  /** The types of the policy's own variables that come before, by name: members of `variables`. */
  variables?: Readonly<Record<string, Type>>;
  /** RE2JS, needed by expressions with regular expressions. */
  engine?: RegexEngine | undefined;
  /** Whether the functions that are new in Kubernetes 1.37 are there, as for expressions already stored. */
  isStored?: boolean;
}

const variablesType = 'kubernetes.variables';

/** The environment that Kubernetes 1.37 gives to the expressions of a ValidatingAdmissionPolicy. */
export function admissionEnvironment({
  params = true,
  authorizer = true,
  variables = {},
  engine,
  isStored = true,
}: Options = {}): Environment {
  const own: Library = { overloads: [], types: { [variablesType]: variables } };
  const libraries = [
    standard,
    conversions,
    time,
    mapInsert,
    optional,
    regex(engine),
    ...kubernetesLibraries,
    ...(isStored ? [includes] : []),
  ];
  return environment(
    {
      object: dyn,
      oldObject: dyn,
      namespaceObject: parseType('kubernetes.Namespace'),
      request: parseType('kubernetes.AdmissionRequest'),
      ...(params ? { params: dyn } : {}),
      ...(authorizer ? authorizerVariables : {}),
      variables: parseType(variablesType),
    },
    [...libraries, admissionTypes, own],
  );
}

const authorizerVariables = {
  authorizer: parseType('kubernetes.authorization.Authorizer'),
  'authorizer.requestResource': parseType('kubernetes.authorization.ResourceCheck'),
};
