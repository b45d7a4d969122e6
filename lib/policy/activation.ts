import { type Activation, type Authorize, Authorizer, fromJson, fromRequest, ResourceCheck, type Value } from '../cel/index.ts';
import type { JsonObject } from '../json/json.ts';
import type { AdmissionRequest } from './admission.ts';
import type { ConfigMap } from './manifests.ts';
import type { Authorizer as Rbac } from './rbac.ts';

/** The variables of expressions but `variables`: those with an authorizer, and those without, as messages and audit annotations see them. */
export interface Activations {
  activation: Activation;
  withoutAuthorizer: Activation;
}

/**
 * The values of the variables for a request, as apiserver's activation has them: `request` is an AdmissionRequest, whose empty members are
 * not there. They are made once for a request, and with each of its parameters by `withParams`.
 */
export function activationsOf(request: AdmissionRequest, authorize: Authorize): Activations {
  const { group, resource, namespace, name, user, object, oldObject } = request;
  const withoutAuthorizer: Activation = {
    object: fromJson(object),
    oldObject: fromJson(oldObject),
    request: fromRequest(admissionRequest(request)),
    params: null,
    namespaceObject: null,
  };
  const { username, uid, groups, extra } = user;
  const authorizer = new Authorizer({ name: username, groups, ...(uid && { uid }), extra }, authorize);
  const requestResource = new ResourceCheck(authorizer, { group, resource, namespace, name });
  return { activation: { ...withoutAuthorizer, authorizer, 'authorizer.requestResource': requestResource }, withoutAuthorizer };
}

const paramsOf = new WeakMap<ConfigMap, Value>();

/** The same variables, but `params` is this ConfigMap. */
export function withParams({ activation, withoutAuthorizer }: Activations, configMap: ConfigMap): Activations {
  const params = paramsOf.get(configMap) ?? fromJson(JSON.parse(JSON.stringify(configMap)) as JsonObject);
  paramsOf.set(configMap, params);
  return { activation: { ...activation, params }, withoutAuthorizer: { ...withoutAuthorizer, params } };
}

function admissionRequest({ group, version, resource, kind, name, namespace, user, dryRun, options }: AdmissionRequest): JsonObject {
  const { username, uid, groups, extra } = user;
  const kindOf = { group, version, kind };
  const resourceOf = { group, version, resource };
  return {
    kind: kindOf,
    resource: resourceOf,
    requestKind: { ...kindOf },
    requestResource: { ...resourceOf },
    name,
    namespace,
    operation: 'UPDATE',
    userInfo: {
      username,
      ...(uid && { uid }),
      ...(groups.length > 0 && { groups: [...groups] }),
      ...(Object.keys(extra).length > 0 && { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
    },
    dryRun,
    options,
  };
}

/** Answers what an expression asks of `authorizer`: by RBAC alone, which knows no selectors. */
export function authorizeOf(rbac: Rbac): Authorize {
  return ({ user, verb, path, resource }) => {
    const { name: username, uid = '', groups, extra = {} } = user;
    const asked = resource ? { verb, version: '*', ...resource } : { verb, path: path ?? '' };
    return rbac.authorize({ username, uid, groups, extra }, asked);
  };
}
