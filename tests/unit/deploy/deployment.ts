// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';

export interface Route {
  method: string;
  path: string;
  authorizer: string;
  private: string;
}
export interface Lambda {
  handler: string;
  role: { 'Fn::Sub': string };
  timeout?: number;
  package: { patterns: string[] };
  environment: Record<string, string>;
  events: { http?: Route; sqs?: Record<string, unknown> }[];
}
export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, one shape per resource type
  Properties: Record<string, any>;
}

export const text = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8');
export const config = parse(text, { merge: true, maxAliasCount: -1 });
export const authText = (auth: string) => readFileSync(new URL(`../../../deploy/auth/${auth}.yml`, import.meta.url), 'utf8');
export const [iam, jwt] = [parse(authText('aws_iam')), parse(authText('jwt'))];
export const rotationText = (rotation: string) =>
  readFileSync(new URL(`../../../deploy/rotation/${rotation}.yml`, import.meta.url), 'utf8');
export const [rotationOff, rotationOn] = [parse(rotationText('off')), parse(rotationText('on'))];
export const watchText = (watch: string) => readFileSync(new URL(`../../../deploy/watch/${watch}.yml`, import.meta.url), 'utf8');
export const [watchOff, watchOn] = [parse(watchText('off')), parse(watchText('on'))];
const auditOf = (audit: string) =>
  parse(readFileSync(new URL(`../../../deploy/audit/${audit}.yml`, import.meta.url), 'utf8'), { merge: true });
/** What the audit trail adds, by the parameter: in the file of `strict` the archive is that of the other. */
export const archives: Record<string, Record<string, Resource>> = {
  archive: auditOf('archive').archive.Resources,
  strict: { ...auditOf('archive').archive.Resources, ...auditOf('strict').acknowledged.Resources },
};
export const eventsText = readFileSync(new URL('../../../deploy/events.yml', import.meta.url), 'utf8');
export const events = parse(eventsText, { merge: true });
export const { provider } = config;
// The page for people, whose two routes are open, has tests of its own (serverless-console.test.ts).
const { console: _page, ...always } = config.functions;
// As deployed with auth=jwt, rotation=on and watch=on, which have all that the defaults have, and a function each besides. Lists are routed by
// default to the function of reads.
export const functions: Record<string, Lambda> = {
  ...always,
  jobEvent: events.function,
  readJobs: { ...config.functions.readJobs, events: watchOff.readEvents },
  listJobs: { ...watchOn.function, environment: config.functions.readJobs.environment },
  authorizer: { events: [], ...jwt.function },
  rotateCredentials: { events: [], ...rotationOn.function },
};
export const resources: Record<string, Resource> = {
  ...config.resources[0].Resources,
  ...events.resources.Resources,
  ...jwt.resources.Resources,
  ...rotationOn.resources.Resources,
  ...watchOn.resources.Resources,
};

export const ofType = (type: string): Resource[] => Object.values(resources).filter((resource) => resource.Type === type);
export const routes = Object.values(functions).flatMap((lambda) => lambda.events.flatMap((event) => event.http ?? []));
export const roleOf = (name: string): string | undefined => functions[name]?.role['Fn::Sub'].match(/^\$\{(\w+)\.Arn\}$/)?.[1];

/** What deploy/secret.cjs makes of a secret and its key. */
export const secretOf = (secretName: string, secretKmsKeyArn = '') =>
  createRequire(import.meta.url)('../../../deploy/secret.cjs')({
    resolveVariable: async (name: string) => ({ 'param:secretName': secretName, 'param:secretKmsKeyArn': secretKmsKeyArn })[name],
  });
const byName = await secretOf('${param:secretName}');

/** A value, or what the file of the secret says where it is a variable of it. */
// biome-ignore lint/suspicious/noExplicitAny: as above
const withSecret = (value: any): any => {
  const [, member] = (typeof value === 'string' && /^\$\{file\(deploy\/secret\.cjs\):(\w+)\}$/.exec(value)) || [];
  return member === undefined ? value : byName[member];
};
/** Who may have the rotation function called. */
export const sourceArnOf = ({ Properties }: Resource): unknown => withSecret(Properties.SourceArn);

/** Every statement of a role's policies. */
export function statementsOf(role: Resource | undefined): { Action: string | string[]; Resource: unknown }[] {
  return (
    role?.Properties.Policies.flatMap((policy: { PolicyDocument: { Statement: unknown } }) =>
      withSecret(policy.PolicyDocument.Statement),
    ) ?? []
  );
}
export const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
