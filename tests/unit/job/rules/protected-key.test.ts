import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isProtected, parseProtectedKeys, recommendedKeys } from '../../../../lib/job/rules/protected-key.ts';
import { causes, changed, forbidden, job, sent } from '../jobs.ts';

describe('the recommended protected keys', () => {
  it.each([
    'applyset.kubernetes.io/part-of',
    'argocd.argoproj.io/tracking-id',
    'argocd.argoproj.io/sync-options',
    'kustomize.toolkit.fluxcd.io/prune',
    'helm.toolkit.fluxcd.io/name',
    'meta.helm.sh/release-name',
    'helm.sh/hook-delete-policy',
    'app.kubernetes.io/instance',
    'app.kubernetes.io/managed-by',
    'cleanup.kyverno.io/ttl',
    'janitor/ttl',
    'kapp.k14s.io/app',
    'objectset.rio.cattle.io/applied',
    'config.k8s.io/owning-inventory',
    'kueue.x-k8s.io/queue-name',
    'volcano.sh/queue-name',
    'scheduling.volcano.sh/group-min-member',
  ])('keep %s as it is, as a label and as an annotation', (key) => {
    const rules = { protectedKeys: recommendedKeys };
    for (const name of ['labels', 'annotations']) {
      const live = job({ [`metadata.${name}`]: { free: 'f' } });
      const requested = changed(live, { [`metadata.${name}`]: { free: 'g', [key]: '1' } });
      expect(causes(live, requested, rules)).toEqual([403, forbidden(`metadata.${name}[${key}]`, 'is protected and may not be changed')]);
    }
  });

  it.each([
    'app',
    'team',
    'app.kubernetes.io/name',
    'app.kubernetes.io/version',
    'app.kubernetes.io/part-of',
    'janitor',
    'helm.example.com/x',
  ])('leave %s to its callers', (key) => {
    expect(isProtected(key, recommendedKeys)).toBe(false);
    expect(sent(job(), changed(job(), { 'metadata.labels': { [key]: '1' } }), { protectedKeys: recommendedKeys }).changed).toEqual([
      'metadata.labels',
    ]);
  });

  it('are those of the documentation’s table, each with what it does', () => {
    const page = readFileSync(new URL('../../../../docs/protected-keys.md', import.meta.url), 'utf8');
    const documented = [...(page.split('## The recommended keys')[1] ?? '').matchAll(/^\| `([^`]+)` \| \S.*\|$/gm)].map(([, key]) => key);
    expect(documented).toEqual([...recommendedKeys]);
  });

  it('are patterns that the configuration itself takes', () => {
    expect(parseProtectedKeys(recommendedKeys.join())).toEqual([...recommendedKeys]);
  });
});
