import { distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { omittedWrites } from '../../lib/audit/strict-policy.ts';
import type { AuditPolicy } from '../../lib/policy/manifests.ts';
import { secretArn } from '../../lib/runtime/config.ts';
import { certificateArn, keyArn, type ParameterName, Parameters, topicArn, type Values, wordsOf } from './schema.ts';

/** What is about to be deployed. */
export interface Deployment {
  /** Each `--param`, as it was written. */
  options: readonly string[];
  /** Of serverless.yml: params.default, and params of the stage. */
  defaults: Readonly<Record<string, unknown>>;
  ofStage: Readonly<Record<string, unknown>>;
  stage: string;
  region: string;
  /** Whether the functions were built with RBAC manifests; undefined where none are deployed. */
  hasRbac?: boolean;
  /** The audit policy with which they were built, if any. */
  auditPolicy?: AuditPolicy | undefined;
}
/** The parameters of a deployment, and every mistake in them as a sentence. Both are about texts: CloudFormation has no other values. */
export interface Checked {
  values: Values;
  mistakes: string[];
}

/** Where a function's name would be longer than Lambda allows. */
const longestStage = 32;

/** Checks every parameter, known or not, alone and beside the others. */
export function checkParameters(deployment: Deployment): Checked {
  const { given, mistakes } = read(deployment);
  const defaults = texts(deployment.defaults);
  const all = { ...defaults, ...given };
  const values: Values = Object.fromEntries(Object.entries(all).filter(([name, text]) => text !== '' || defaults[name] !== ''));
  // What a variable of the framework's own is to say is not known before it has resolved it, and is checked then.
  const later = new Set(Object.keys(values).filter((name) => values[name as ParameterName]?.includes('${')));
  const known = Object.fromEntries(Object.entries(values).filter(([name]) => !later.has(name)));
  const { issues = [] } = v.safeParse(Parameters, known);
  const unread = new Set(later);
  for (const issue of issues) {
    const name = String(issue.path?.[0].key);
    if (later.has(name)) continue;
    unread.add(name);
    mistakes.push(issue.type === 'strict_object' && !(name in Parameters.entries) ? unknown(name) : `${name} ${words(issue)}`);
  }
  const isSet = (name: ParameterName): boolean => values[name] !== undefined && values[name] !== defaults[name];
  const beside = together(values, isSet, deployment).filter(([depends]) => !depends.some((name) => unread.has(name)));
  mistakes.push(...beside.map(([, sentence]) => sentence));
  return { values, mistakes };
}

/** What the command line and serverless.yml say, as texts. */
function read({ options, ofStage, stage }: Deployment): { given: Record<string, string>; mistakes: string[] } {
  const mistakes: string[] = [];
  if (!/^[A-Za-z0-9-]+$/.test(stage) || stage.length > longestStage)
    mistakes.push(`the stage must be letters, digits and hyphens, at most ${longestStage}`);
  for (const [name, value] of Object.entries(ofStage)) {
    if (value !== null && typeof value === 'object') mistakes.push(`${name} must be one text; a list has commas`);
    else mistakes.push(...unclean(name, String(value ?? '')));
  }
  const seen = new Set<string>();
  const fromOptions = options.map((option): [string, string] => {
    const [, name = option, value = ''] = /^([^=]+)=(.*)$/s.exec(option) ?? [];
    if (value.trim() === '') mistakes.push(`--param ${name} needs a value: --param ${name}=VALUE`);
    mistakes.push(...unclean(name, value.trimEnd()));
    if (value.includes('${')) mistakes.push(`${name} may have a variable in serverless.yml alone: let the shell put in what it says`);
    if (seen.has(name)) mistakes.push(`${name} is given twice`);
    seen.add(name);
    return [name, value.trimEnd()];
  });
  return { given: { ...texts(ofStage), ...Object.fromEntries(fromOptions.filter(([, value]) => value !== '')) }, mistakes };
}

/** What is wrong of any text: nobody sees it, and names and addresses with it are others. */
function unclean(name: string, value: string): string[] {
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(value)) return [`${name} may have no line breaks or other control characters`];
  return value === value.trim() ? [] : [`${name} may not begin or end with a space`];
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && typeof value !== 'object');
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function unknown(name: string): string {
  const near = Object.keys(Parameters.entries)
    .map((known) => ({ known, far: distance(known.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.far - b.far)[0];
  return near && near.far <= Math.max(2, name.length / 3)
    ? `there is no parameter ${name}: did you mean ${near.known}?`
    : `there is no parameter ${name}`;
}

function words(issue: v.BaseIssue<unknown>): string {
  return issue.input === undefined ? 'is missing' : issue.message;
}

const ofTokens = [
  'authorization',
  'oidcIssuer',
  'oidcAudience',
  'oidcJwksUri',
  'oidcUserClaim',
  'oidcGroupsClaim',
  'oidcUsernamePrefix',
  'oidcGroupsPrefix',
  'authCacheSeconds',
  'callerRate',
  'callerBurst',
] as const;
const ofSignatures = ['ssoUsername', 'allowedAccounts'] as const;
const ofArchive = ['auditRetentionDays', 'auditLockMode'] as const;
const ofPage = ['consoleClientId', 'consoleScope', 'consoleNamespaces', 'consoleOrigins'] as const;
const ofWatch = ['watchConcurrency'] as const;
const ofRotation = ['rotationSchedule', 'rotationNamespace'] as const;
const pairs = [
  ['vpcSubnetIds', 'vpcSecurityGroupIds'],
  ['domainName', 'certificateArn'],
] as const;

/** A mistake, and the parameters that must be read to tell: where one of them has a mistake itself, that is enough. */
type Sentence = [depends: readonly ParameterName[], sentence: string];

/** What is wrong of values beside each other. A parameter that would do nothing is a mistake: somebody believes that it does something. */
function together(values: Values, isSet: (name: ParameterName) => boolean, deployment: Deployment): Sentence[] {
  const { region, hasRbac } = deployment;
  const found: Sentence[] = [];
  const needs = (names: readonly ParameterName[], other: ParameterName, allowed: readonly string[]): void => {
    if (allowed.includes(values[other] ?? '')) return;
    for (const name of names)
      if (isSet(name)) found.push([[other], `${name} does nothing without ${other}=${allowed.join(` or ${other}=`)}`]);
  };
  needs(ofTokens, 'auth', ['jwt']);
  needs(ofSignatures, 'auth', ['aws_iam']);
  needs(ofArchive, 'audit', ['archive', 'strict']);
  needs(ofRotation, 'rotation', ['on']);
  needs(ofPage, 'console', ['on']);
  needs(ofWatch, 'watch', ['on']);
  if (values.watch === 'on' && values.watchConcurrency === undefined)
    found.push([
      ['watch', 'watchConcurrency'],
      'watchConcurrency is missing: watch=on needs it, since each watch holds a Lambda for minutes',
    ]);
  for (const [one, other] of pairs) {
    if (isSet(one) !== isSet(other)) found.push([[one, other], `${one} and ${other} are given together or not at all`]);
  }
  if (values.auth === 'jwt') {
    for (const name of ['oidcIssuer', 'oidcAudience'] as const)
      if (values[name] === undefined) found.push([['auth', name], `${name} is missing: auth=jwt needs it`]);
    if (hasRbac === false && values.authorization === undefined) found.push([['auth', 'authorization'], undecided]);
  }
  if (hasRbac && values.authorization !== undefined)
    found.push([['authorization'], 'authorization=allow-authenticated, but the functions were built with RBAC manifests, which decide']);
  if (values.audit === 'strict') found.push(...ofStrictAudit(values, deployment));
  if (values.console === 'on') found.push(...ofConsole(values));
  found.push(...elsewhere(values, region));
  return found;
}

/** No function would start with an audit policy that leaves out anything of a write. */
function ofStrictAudit({ layout = 'cci' }: Values, { auditPolicy }: Deployment): Sentence[] {
  const omitted = auditPolicy ? omittedWrites(auditPolicy, layout === 'kubeflow' ? 'kubeflow' : 'cci') : [];
  if (omitted.length === 0) return [];
  const sentence = `audit is strict, and the audit policy with which the functions were built ${omitted.join(', and ')} (docs/audit.md)`;
  return [[['audit', 'layout'], sentence]];
}

/** The page's tokens are its own client's. */
function ofConsole({ auth, consoleClientId: client, oidcAudience = '' }: Values): Sentence[] {
  if (auth !== 'jwt') return [[['auth'], 'console=on needs auth=jwt: a browser cannot sign as aws_iam asks for']];
  if (client === undefined) return [[['consoleClientId'], "consoleClientId is missing: console=on needs the id of the page's own client"]];
  if (wordsOf(oidcAudience).includes(client)) return [];
  return [[['oidcAudience'], `the page's tokens are for ${client}: name it in oidcAudience, with a comma after the others`]];
}

const undecided = [
  'with auth=jwt whoever has a token may change the five fields of every job, unless RBAC manifests say who may do what: put some into',
  'policies/ and build again (docs/policies.md), or deploy with --param authorization=allow-authenticated if that is what you want',
].join(' ');

/** Everything that is named by its ARN has to be in the region of the deployment, or AWS does not find it there. */
function elsewhere(values: Values, region: string): Sentence[] {
  const arns = { secretName: secretArn, secretKmsKeyArn: keyArn, certificateArn, alarmTopicArn: topicArn };
  return Object.entries(arns).flatMap(([name, pattern]): Sentence[] => {
    const itsRegion = pattern.exec(values[name as ParameterName] ?? '')?.[2];
    if (itsRegion === undefined || itsRegion === region) return [];
    return [[[name as ParameterName], `${name} is of the region ${itsRegion}, but the deployment is to ${region}`]];
  });
}
