import type { Random } from '../differential/random.ts';
import type { Loose } from '../http.ts';

/** What an audit policy says beside its apiVersion and kind, and what it is there for. */
export interface Written {
  title: string;
  rules: Loose[];
  omitStages?: string[];
  omitManagedFields?: boolean;
}

const jobs = (...resources: string[]) => [{ group: 'kubeflow.org', ...(resources.length > 0 && { resources }) }];

/** The policies that are not drawn: each of their conditions alone, and together. */
export const written: readonly Written[] = [
  { title: 'Metadata of everything', rules: [{ level: 'Metadata' }] },
  { title: 'Request of everything', rules: [{ level: 'Request' }] },
  { title: 'RequestResponse of everything', rules: [{ level: 'RequestResponse' }] },
  {
    title: 'users',
    rules: [{ level: 'None', users: ['eve'] }, { level: 'RequestResponse', users: ['bob', 'dan'] }, { level: 'Metadata' }],
  },
  {
    title: 'groups, and nothing of the rest',
    rules: [
      { level: 'Metadata', userGroups: ['nobody', 'team-b'] },
      { level: 'Request', userGroups: ['admins'] },
      { level: 'RequestResponse', users: ['dan'], userGroups: ['admins'] },
    ],
  },
  {
    title: 'verbs, and stages left out by a rule',
    rules: [
      { level: 'None', verbs: ['get', 'list', 'watch'] },
      { level: 'RequestResponse', verbs: ['patch'], omitStages: ['RequestReceived'] },
      { level: 'Request', verbs: ['update', 'create', 'delete', 'deletecollection'] },
    ],
  },
  {
    title: 'stages left out by the policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'Request', verbs: ['update'], omitStages: ['Panic'] },
      { level: 'Metadata', verbs: ['patch'], omitStages: ['ResponseComplete'] },
      { level: 'Metadata' },
    ],
  },
  {
    title: 'no end',
    omitStages: ['ResponseComplete', 'ResponseStarted'],
    rules: [{ level: 'RequestResponse' }],
  },
  {
    title: 'no managed fields but by one rule',
    omitManagedFields: true,
    rules: [{ level: 'RequestResponse', verbs: ['get', 'update'], omitManagedFields: false }, { level: 'RequestResponse' }],
  },
  {
    title: 'managed fields but by one rule',
    rules: [{ level: 'RequestResponse', verbs: ['get', 'update'], omitManagedFields: true }, { level: 'RequestResponse' }],
  },
  {
    title: 'groups and resources',
    rules: [
      { level: 'None', resources: [{ group: '', resources: ['pods'] }] },
      { level: 'Request', resources: jobs('tfjobs') },
      { level: 'Metadata', resources: jobs() },
      { level: 'RequestResponse', resources: [{ group: 'authorization.k8s.io', resources: ['selfsubjectaccessreviews'] }] },
      { level: 'Request', resources: [{ group: '' }] },
    ],
  },
  {
    title: 'subresources',
    rules: [
      { level: 'Metadata', resources: jobs('tfjobs/status') },
      { level: 'Request', resources: [{ group: '*', resources: ['*/scale'] }] },
      { level: 'RequestResponse', resources: jobs('pytorchjobs/*') },
      { level: 'Metadata', resources: jobs('mxjobs') },
    ],
  },
  {
    title: 'names',
    rules: [
      { level: 'RequestResponse', resources: [{ ...jobs('tfjobs')[0], resourceNames: ['job-1', 'job-3'] }] },
      { level: 'Metadata', resources: [{ group: '*', resources: ['*'], resourceNames: ['job-2', ''] }] },
    ],
  },
  {
    title: 'namespaces',
    rules: [
      { level: 'Request', namespaces: ['other'] },
      { level: 'Metadata', namespaces: [''] },
      { level: 'RequestResponse', namespaces: ['kube-test'], resources: jobs('*'), verbs: ['update', 'get'] },
    ],
  },
  {
    title: 'paths',
    rules: [
      { level: 'None', nonResourceURLs: ['/openapi*', '/version'] },
      { level: 'RequestResponse', nonResourceURLs: ['/apis*', '/api'] },
      { level: 'Request', nonResourceURLs: ['/version/*', '/healthz'] },
      { level: 'Metadata', nonResourceURLs: ['*'] },
    ],
  },
  {
    title: 'the first rule that matches',
    rules: [
      { level: 'Metadata', verbs: ['update'], namespaces: ['kube-test'] },
      { level: 'RequestResponse', verbs: ['update', 'patch'] },
      { level: 'None', userGroups: ['system:authenticated'] },
      { level: 'RequestResponse' },
    ],
  },
];

const levels = ['None', 'Metadata', 'Request', 'RequestResponse', 'RequestResponse'] as const;
const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
const verbs = ['get', 'list', 'watch', 'update', 'patch', 'create', 'delete', 'deletecollection', 'post'] as const;
const resources = ['tfjobs', 'pytorchjobs', 'mxjobs', 'tfjobs/status', 'mxjobs/*', '*/status', '*', 'pods', 'selfsubjectreviews'] as const;
const urls = ['/version', '/version*', '/api*', '/apis/*', '/openapi/*', '*', '/', '/healthz', '/nowhere'] as const;

/** Draws a policy: some rules with some conditions each. */
export function drawPolicy(random: Random, number: number): Written {
  const rules = Array.from({ length: random.integer(2, 5) }, () => drawRule(random));
  // What matches nothing shows little: half of them tell of the rest as well.
  if (random.chance(0.5)) rules.push({ level: random.pick(levels.slice(1)) });
  return {
    title: `drawn ${number}`,
    rules,
    ...(random.chance(0.4) && { omitStages: random.some(stages, 1) }),
    ...(random.chance(0.3) && { omitManagedFields: random.chance(0.5) }),
  };
}

function drawRule(random: Random): Loose {
  const about = random.fraction();
  return {
    level: random.pick(levels),
    ...(random.chance(0.3) && { users: random.some(['ada', 'bob', 'eve', 'dan', ''], 2) }),
    ...(random.chance(0.3) && { userGroups: random.some(['admins', 'team-a', 'team-b', 'system:authenticated'], 2) }),
    ...(random.chance(0.4) && { verbs: random.some(verbs, 4) }),
    ...(random.chance(0.3) && { omitStages: random.some(stages, 1) }),
    ...(random.chance(0.3) && { omitManagedFields: random.chance(0.5) }),
    ...(about < 0.6 && { resources: Array.from({ length: random.integer(1, 2) }, () => drawResources(random)) }),
    ...(about < 0.3 && { namespaces: random.some(['kube-test', 'other', ''], 2) }),
    ...(about > 0.8 && { nonResourceURLs: random.some(urls, 3) }),
  };
}

function drawResources(random: Random): Loose {
  const named = random.chance(0.7);
  return {
    group: random.pick(['kubeflow.org', 'kubeflow.org', '*', '', 'authentication.k8s.io']),
    ...(named && { resources: random.some(resources, 3) }),
    ...(named && random.chance(0.3) && { resourceNames: random.some(['job-1', 'job-2', 'job-3', 'nope', ''], 2) }),
  };
}
