import type { AuditResources, AuditRule } from '../../lib/policy/manifests.ts';
import type { Manifest, Raw } from './manifests.ts';
import type { FieldErrors, Path } from './mistakes.ts';
import { subdomainMessages } from './names.ts';

const levels = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];

/** Checks an audit Policy as kube-apiserver does (ValidatePolicy, LoadPolicyFromBytes). */
export function checkAuditPolicy({ value, errors }: Manifest): void {
  const rules: readonly Raw<AuditRule>[] = value.rules ?? [];
  checkStages(value.omitStages, ['omitStages'], errors);
  for (const [index, rule] of rules.entries()) checkRule(rule, ['rules', index], errors);
  if (rules.length === 0) errors.sentence(['rules'], 'loaded illegal policy with 0 rules');
}

/** Tells of every audit Policy but the first: only one can be followed. */
export function checkOneAuditPolicy(manifests: readonly Manifest[]): void {
  const [first, ...others] = manifests.filter(({ kind }) => kind === 'Policy');
  for (const { errors } of others)
    errors.add(['kind'], `there may be one audit policy, and ${first?.file}:${first?.lineOf(['kind'])} has one`);
}

function checkRule(rule: Raw<AuditRule>, path: Path, errors: FieldErrors): void {
  const { level, nonResourceURLs = [], resources = [], namespaces = [], omitStages } = rule;
  if (!level) errors.required([...path, 'level']);
  else if (!levels.includes(level)) errors.notSupported([...path, 'level'], level, levels);
  for (const [index, url] of nonResourceURLs.entries()) checkUrl(url, [...path, 'nonResourceURLs', index], errors);
  for (const [index, one] of resources.entries()) checkResources(one, [...path, 'resources'], index, errors);
  checkStages(omitStages, [...path, 'omitStages'], errors);
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
    errors.invalid([...path, 'nonResourceURLs'], nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs');
}

function checkUrl(url: string, path: Path, errors: FieldErrors): void {
  if (url === '*') return;
  if (!url.startsWith('/')) errors.invalid(path, url, "non-resource URL rules must begin with a '/' character");
  if (url.slice(0, -1).includes('*')) errors.invalid(path, url, "non-resource URL wildcards '*' must be the final character of the rule");
}

/** kube-apiserver names no index here; the line is that of the one. */
function checkResources(one: Raw<AuditResources>, path: Path, index: number, errors: FieldErrors): void {
  const { group = '', resources = [], resourceNames = [] } = one;
  const messages = group === '' || group === '*' ? [] : subdomainMessages(group);
  if (messages.length > 0) errors.invalid([...path, 'group'], group, messages.join(','), [...path, index, 'group']);
  if (resourceNames.length > 0 && resources.length === 0)
    errors.invalid([...path, 'resourceNames'], resourceNames, 'using resourceNames requires at least one resource', [
      ...path,
      index,
      'resourceNames',
    ]);
}

function checkStages(given: readonly string[] | undefined, path: Path, errors: FieldErrors): void {
  for (const [index, stage] of (given ?? []).entries())
    if (!stages.includes(stage)) errors.invalid([...path, index], stage, `allowed stages are ${stages.join(',')}`);
}
