import type { Layout } from '../job/fields.ts';
import { group, type JobKind, jobKinds, version } from '../job/kinds.ts';

// A type, not an interface: it must pass for a JSON object.
type Document = { kind: string; apiVersion: string };

/** What this gateway lets a Kubernetes client do with a job. */
export const verbs = ['get', 'list', 'patch', 'update'] as const;

const groupVersion = `${group}/${version}`;
const servedVersion = { groupVersion, version };

/** The level of the Kubernetes API that is spoken here; kubectl reads gitVersion, and other clients want every member. */
export const versionInfo = {
  major: '1',
  minor: '37',
  gitVersion: 'v1.37.2+tfjob-gateway',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '',
  goVersion: '',
  compiler: '',
  platform: '',
};

/** `/api`: the core group, of which nothing is served. */
export const apiVersions = { kind: 'APIVersions', versions: [], serverAddressByClientCIDRs: [] };

const groupOf = { name: group, versions: [servedVersion], preferredVersion: servedVersion };

/** `/apis`: the one group. */
export const apiGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: [groupOf] };

/** `/apis/kubeflow.org`. */
export const apiGroup = { kind: 'APIGroup', apiVersion: 'v1', ...groupOf };

/** The name of one job of a kind, as in `kubectl explain tfjob`. */
export function singular({ kind }: JobKind): string {
  return kind.toLowerCase();
}

/** `/apis/kubeflow.org/v1`: the kinds of a layout and the verbs. */
export function apiResourceList(layout: Layout) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: jobKinds[layout].map((kind) => ({
      name: kind.plural,
      singularName: singular(kind),
      namespaced: true,
      kind: kind.kind,
      verbs,
    })),
  };
}

/** `/api` as aggregated discovery: nothing. */
export const aggregatedCore = aggregated([]);

/** `/apis` as aggregated discovery: everything at once, so that a client needs no further request. */
export function aggregatedGroups(layout: Layout) {
  const resources = jobKinds[layout].map((kind) => ({
    resource: kind.plural,
    responseKind: { group, version, kind: kind.kind },
    scope: 'Namespaced',
    singularResource: singular(kind),
    verbs,
  }));
  return aggregated([{ metadata: { name: group }, versions: [{ version, resources, freshness: 'Current' }] }]);
}

function aggregated<Item>(items: Item[]): Document & { metadata: object; items: Item[] } {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}
