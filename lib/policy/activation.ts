import { type Activation, type Authorize, Authorizer, fromJson, fromRequest, ResourceCheck } from '../cel/index.ts';
import type { JsonObject } from '../json/json.ts';
import type { AdmissionRequest } from './admission.ts';
import type { ConfigMap } from './manifests.ts';
import type { Authorizer as Rbac } from './rbac.ts';

/**
 * The values of an expression's variables for a request, as apiserver's activation has them: `request` is an AdmissionRequest, whose empty
 * members are not there. Messages and audit annotations see no authorizer.
 */
export function activationOf(
  request: AdmissionRequest,
  params: ConfigMap | undefined,
  authorize: Authorize,
): { activation: Activation; withoutAuthorizer: Activation } {
  const { group, resource, namespace, name, user, object, oldObject } = request;
  const withoutAuthorizer: Activation = {
    object: fromJson(object),
    oldObject: fromJson(oldObject),
    request: fromRequest(admissionRequest(request)),
    params: params ? fromJson(JSON.parse(JSON.stringify(params)) as JsonObject) : null,
    namespaceObject: null,
  };
  const { username, uid, groups, extra } = user;
  const authorizer = new Authorizer({ name: username, groups, ...(uid && { uid }), extra }, authorize);
  const requestResource = new ResourceCheck(authorizer, { group, resource, namespace, name });
  return { activation: { ...withoutAuthorizer, authorizer, 'authorizer.requestResource': requestResource }, withoutAuthorizer };
}

function admissionRequest({ group, version, resource, kind, name, namespace, user, dryRun, options }: AdmissionRequest): JsonObject {
  const { username, uid, groups, extra } = user;
  const kindOf = { group, version, kind };
  const resourceOf = { group, version, resource };
  return {
    kind: kindOf,
    resource: resourceOf,
    requestKind: kindOf,
    requestResource: resourceOf,
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
