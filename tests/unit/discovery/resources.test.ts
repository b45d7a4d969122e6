import { describe, expect, it } from 'vitest';
import { discoveryDocuments } from '../../../lib/discovery/documents.ts';
import {
  aggregatedGroups,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  reviewGroups,
  versionInfo,
} from '../../../lib/discovery/resources.ts';
import { reviews } from '../../../lib/reviews/review.ts';

const family = {
  cci: ['tfjobs', 'pytorchjobs', 'mxjobs'],
  kubeflow: ['tfjobs', 'pytorchjobs', 'mxjobs', 'xgboostjobs', 'paddlejobs', 'mpijobs'],
};

describe.each(['cci', 'kubeflow'] as const)('the resources of the %s layout', (layout) => {
  it('are its kinds and nothing else: no subresource, no other group', () => {
    expect(apiResourceList(layout).resources.map(({ name }) => name)).toEqual(family[layout]);
  });

  it('can be read, listed, patched and replaced, and nothing else', () => {
    for (const { verbs } of apiResourceList(layout).resources) expect(verbs).toEqual(['get', 'list', 'patch', 'update']);
  });

  it('are the same in aggregated discovery', () => {
    const [group, ...others] = aggregatedGroups(layout).items;
    expect(others.map(({ metadata }) => metadata.name)).toEqual(['authentication.k8s.io', 'authorization.k8s.io']);
    expect(group).toMatchObject({ metadata: { name: 'kubeflow.org' }, versions: [{ version: 'v1', freshness: 'Current' }] });
    const aggregated = group?.versions[0]?.resources.map(({ resource, singularResource, scope, responseKind, verbs }) => ({
      name: resource,
      singularName: singularResource,
      namespaced: scope === 'Namespaced',
      kind: responseKind.kind,
      verbs,
    }));
    expect(aggregated).toEqual(apiResourceList(layout).resources);
  });
});

describe('the documents of discovery', () => {
  it('name one kind as an API server does', () => {
    expect(apiResourceList('cci')).toMatchObject({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: 'kubeflow.org/v1' });
    expect(apiResourceList('cci').resources[1]).toEqual({
      name: 'pytorchjobs',
      singularName: 'pytorchjob',
      namespaced: true,
      kind: 'PyTorchJob',
      verbs: ['get', 'list', 'patch', 'update'],
    });
  });

  it('know the group of the jobs in one version, which is preferred, and beside it those in which a caller asks about himself', () => {
    const version = { groupVersion: 'kubeflow.org/v1', version: 'v1' };
    const group = { name: 'kubeflow.org', versions: [version], preferredVersion: version };
    expect(apiGroup).toEqual({ kind: 'APIGroup', apiVersion: 'v1', ...group });
    const groups = reviewGroups.map((name) => ({ name, groupVersion: `${name}/v1` }));
    expect(apiGroupList).toEqual({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: [
        group,
        ...groups.map(({ name, groupVersion }) => ({
          name,
          versions: [{ groupVersion, version: 'v1' }],
          preferredVersion: { groupVersion, version: 'v1' },
        })),
      ],
    });
    expect(groups.map(({ name }) => name)).toEqual(['authentication.k8s.io', 'authorization.k8s.io']);
  });

  it('name the reviews that are served, which nobody can do more with than create', async () => {
    for (const [path, { group, kind, plural }] of Object.entries(reviews)) {
      const list = (await discoveryDocuments('cci')[`/apis/${group}/v1`]?.read()) as ReturnType<typeof apiResourceList>;
      const named = { name: plural, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] };
      expect([path, list.resources]).toEqual([`/apis/${group}/v1/${plural}`, expect.arrayContaining([named])]);
      const aggregated = aggregatedGroups('cci').items.find(({ metadata }) => metadata.name === group);
      expect(aggregated?.versions[0]?.resources.map(({ resource, scope }) => [resource, scope])).toContainEqual([plural, 'Cluster']);
    }
    expect(Object.keys(reviews)).toHaveLength(3);
  });

  it('say that nothing of the core group is served', () => {
    expect(apiVersions).toMatchObject({ kind: 'APIVersions', versions: [] });
  });

  it('tell a version that kubectl can compare, with every member that other clients want', () => {
    expect(versionInfo.gitVersion).toMatch(/^v1\.\d+\.\d+\+[0-9A-Za-z.-]+$/);
    expect(versionInfo.gitVersion).toContain(`v${versionInfo.major}.${versionInfo.minor}.`);
    for (const member of Object.values(versionInfo)) expect(member).toBeTypeOf('string');
  });

  it('point from the index to the schemas, by a hash that differs between the layouts and not between two calls', async () => {
    const urls = await Promise.all(
      (['cci', 'kubeflow', 'cci'] as const).map(async (layout) => {
        const index = (await discoveryDocuments(layout)['/openapi/v3']?.read()) as {
          paths: Record<string, { serverRelativeURL: string }>;
        };
        expect(Object.keys(index.paths)).toEqual(['apis/kubeflow.org/v1']);
        return index.paths['apis/kubeflow.org/v1']?.serverRelativeURL;
      }),
    );
    expect(urls[0]).toMatch(/^\/openapi\/v3\/apis\/kubeflow\.org\/v1\?hash=[0-9a-f]{64}$/);
    expect(urls[1]).not.toBe(urls[0]);
    expect(urls[2]).toBe(urls[0]);
  });
});
