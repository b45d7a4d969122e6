import { createHash } from 'node:crypto';
import type { Layout } from '../job/fields.ts';
import { group, version } from '../job/kinds.ts';
import {
  aggregatedCore,
  aggregatedGroups,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  reviewGroup,
  reviewGroups,
  reviewResourceList,
  verbs,
  verbsWithWatch,
  versionInfo,
} from './resources.ts';

/** A document under its path. */
export interface Document {
  /** Makes it when it is first asked for. */
  read(): unknown;
  /** The same as aggregated discovery, for the clients that ask for that. */
  aggregated?: unknown;
  /** Tells one state of the document from the next; whoever names it may keep the answer. */
  hash?(): Promise<string>;
}

/** The content type of aggregated discovery, exactly as clients ask for it and look for it. */
export const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** What the documents say beside the kinds of a layout: of what they were built, and whether jobs can be watched. */
export interface Served {
  build?: string;
  policiesDigest?: string | undefined;
  watch?: boolean;
}

/**
 * What a Kubernetes client may ask about the gateway itself, by path: only our group, the kinds of the layout, and our verbs. The version
 * names the build and the digest of the policies, where there are any.
 */
export function discoveryDocuments(layout: Layout, { build, policiesDigest, watch = false }: Served = {}): Record<string, Document> {
  const groupPath = `/apis/${group}/${version}`;
  const served = watch ? verbsWithWatch : verbs;
  const openApi = lazy(async () => {
    // Only explain, replace, apply and edit want it, and it brings the schemas along.
    const { servedOpenApi } = await import('./openapi.ts');
    return servedOpenApi(layout, watch);
  });
  const hash = lazy(async () =>
    createHash('sha256')
      .update(JSON.stringify(await openApi()))
      .digest('hex'),
  );
  return {
    '/version': {
      read: () => ({
        ...versionInfo,
        ...(build !== undefined && { build }),
        ...(policiesDigest !== undefined && { policies: policiesDigest }),
      }),
    },
    '/api': { read: () => apiVersions, aggregated: aggregatedCore },
    '/apis': { read: () => apiGroupList, aggregated: aggregatedGroups(layout, served) },
    [`/apis/${group}`]: { read: () => apiGroup },
    [groupPath]: { read: () => apiResourceList(layout, served) },
    ...Object.fromEntries(
      reviewGroups.flatMap((name) => [
        [`/apis/${name}`, { read: () => reviewGroup(name) }],
        [`/apis/${name}/v1`, { read: () => reviewResourceList(name) }],
      ]),
    ),
    '/openapi/v3': {
      read: async () => ({ paths: { [groupPath.slice(1)]: { serverRelativeURL: `/openapi/v3${groupPath}?hash=${await hash()}` } } }),
    },
    [`/openapi/v3${groupPath}`]: { read: openApi, hash },
  };
}

function lazy<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
