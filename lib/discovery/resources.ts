import type { Layout } from '../job/fields.ts';
import { group, type JobKind, jobKinds, version } from '../job/kinds.ts';

// A type, not an interface: it must pass for a JSON object.
type Document = { kind: string; apiVersion: string };

/** What this gateway lets a Kubernetes client do with a job. */
export const verbs = ['get', 'list', 'patch', 'update'] as const;
/** The same where jobs can be watched. */
export const verbsWithWatch = [...verbs, 'watch'] as const;
type Verbs = typeof verbs | typeof verbsWithWatch;

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

/** What a caller may be told of himself: the resources of other groups that are served, each of which takes nothing but a POST. */
const reviewsOf: Record<string, { plural: string; kind: string }[]> = {
  'authentication.k8s.io': [{ plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' }],
  'authorization.k8s.io': [
    { plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
    { plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
  ],
};
/** The groups of those resources, all at v1. */
export const reviewGroups = Object.keys(reviewsOf);

/** `/apis`: the group of the jobs, and those of the reviews. */
export const apiGroupList = { kind: 'APIGroupList', apiVersion: 'v1', groups: [groupOf, ...reviewGroups.map(reviewGroupOf)] };

/** `/apis/kubeflow.org`. */
export const apiGroup = { kind: 'APIGroup', apiVersion: 'v1', ...groupOf };

/** `/apis/authorization.k8s.io`, and the like. */
export function reviewGroup(name: string) {
  return { kind: 'APIGroup', apiVersion: 'v1', ...reviewGroupOf(name) };
}

function reviewGroupOf(name: string) {
  const served = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [served], preferredVersion: served };
}

/** `/apis/authorization.k8s.io/v1`, and the like. */
export function reviewResourceList(name: string) {
  const resources = (reviewsOf[name] ?? []).map(({ plural, kind }) => ({
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${name}/v1`, resources };
}

/** The name of one job of a kind, as in `kubectl explain tfjob`. */
export function singular({ kind }: JobKind): string {
  return kind.toLowerCase();
}

/** `/apis/kubeflow.org/v1`: the kinds of a layout and the verbs. */
export function apiResourceList(layout: Layout, served: Verbs = verbs) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: jobKinds[layout].map((kind) => ({
      name: kind.plural,
      singularName: singular(kind),
      namespaced: true,
      kind: kind.kind,
      verbs: served,
    })),
  };
}

/** `/api` as aggregated discovery: nothing. */
export const aggregatedCore = aggregated([]);

/** `/apis` as aggregated discovery: everything at once, so that a client needs no further request. */
export function aggregatedGroups(layout: Layout, served: Verbs = verbs) {
  const resources = jobKinds[layout].map((kind) => ({
    resource: kind.plural,
    responseKind: { group, version, kind: kind.kind },
    scope: 'Namespaced',
    singularResource: singular(kind),
    verbs: served,
  }));
  const reviews = reviewGroups.map((name) => aggregatedGroup(name, 'v1', aggregatedReviews(name)));
  return aggregated([aggregatedGroup(group, version, resources), ...reviews]);
}

function aggregatedReviews(name: string) {
  return (reviewsOf[name] ?? []).map(({ plural, kind }) => ({
    resource: plural,
    responseKind: { group: name, version: 'v1', kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }));
}

function aggregatedGroup<Resource>(name: string, version: string, resources: Resource[]) {
  return { metadata: { name }, versions: [{ version, resources, freshness: 'Current' }] };
}

function aggregated<Item>(items: Item[]): Document & { metadata: object; items: Item[] } {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}
