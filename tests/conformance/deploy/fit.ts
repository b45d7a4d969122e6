/** Makes a template one that moto's CloudFormation can carry out, and takes out what it cannot. */
import { createHash } from 'node:crypto';
import type { Loose } from '../http.ts';

/** A template as far as it matters here. */
export interface Template {
  Resources: Record<string, { Type: string; DeletionPolicy?: string; DependsOn?: string | string[]; Properties?: Loose }>;
  Outputs?: Record<string, Loose>;
}
/** What is known of a resource that moto is not to make: what its Ref and its attributes are. */
export type Known = Record<string, string>;

/** Of moto 5.2.5: the types that any deployment has and that its CloudFormation passes over. Checked against moto itself. */
export const notCreated = [
  'AWS::ApiGateway::Account',
  'AWS::ApiGateway::ApiKey',
  'AWS::ApiGateway::Authorizer',
  'AWS::ApiGateway::BasePathMapping',
  'AWS::ApiGateway::DomainName',
  'AWS::ApiGateway::GatewayResponse',
  'AWS::ApiGateway::Stage',
  'AWS::ApiGateway::UsagePlan',
  'AWS::ApiGateway::UsagePlanKey',
  'AWS::CloudWatch::Alarm',
  'AWS::Events::EventBusPolicy',
  'AWS::KinesisFirehose::DeliveryStream',
  'AWS::Logs::LogStream',
  'AWS::Logs::QueryDefinition',
  'AWS::Logs::SubscriptionFilter',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::SecretsManager::RotationSchedule',
];
/** Those that it makes and never changes: each gets a name of what it is, so that a change is another one. */
export const notUpdated = [
  'AWS::ApiGateway::Deployment',
  'AWS::ApiGateway::Method',
  'AWS::ApiGateway::Resource',
  'AWS::ApiGateway::RestApi',
  'AWS::IAM::ManagedPolicy',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
];
/** Those of them that it does not take away either. */
export const notDeleted = notUpdated.filter((type) => type !== 'AWS::Logs::LogGroup');

/**
 * The template without what moto cannot make and without what it is not to make (`known`, by logical id), whose values stand in the others
 * instead. `nameOf` names a FIFO queue, to which moto gives a name that SQS refuses.
 */
export function fitted(
  { Resources, Outputs = {} }: Template,
  known: Readonly<Record<string, Known>>,
  nameOf: (id: string) => string,
): Template {
  const out = new Set(Object.keys(Resources).filter((id) => id in known || notCreated.includes(Resources[id]?.Type ?? '')));
  // To moto the Ref of a bus is no text.
  const buses = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::Events::EventBus');
  const busNames = Object.fromEntries(buses.map(([id, { Properties }]) => [id, Properties?.Name]));
  const names = new Map<string, string>();
  /** What moto is to know a resource by. A log is never renamed: moto would delete it. */
  const renamed = (id: string): string => {
    const resource = Resources[id];
    if (!resource || !notDeleted.includes(resource.Type)) return id;
    const name =
      names.get(id) ??
      `${id}${createHash('sha256')
        .update(JSON.stringify(valued(resource.Properties)))
        .digest('hex')
        .slice(0, 8)}`;
    names.set(id, name);
    return name;
  };
  const said = (id: string, attribute: string): string => known[id]?.[attribute] ?? `no-${id}`;
  const inText = (text: string): string =>
    text.replaceAll(/\$\{(\w+)(?:\.(\w+))?\}/g, (whole, id: string, attribute?: string) => {
      if (out.has(id)) return said(id, attribute ?? 'Ref');
      return id in Resources ? `\${${renamed(id)}${attribute ? `.${attribute}` : ''}}` : whole;
    });
  const valued = (value: unknown): Loose => {
    if (Array.isArray(value)) return value.map(valued);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::GetAtt': att, 'Fn::Sub': sub } = value as Loose;
    if (Ref !== undefined) return out.has(Ref) ? said(Ref, 'Ref') : (busNames[Ref] ?? { Ref: renamed(Ref) });
    if (att !== undefined) return out.has(att[0]) ? said(att[0], att[1]) : { 'Fn::GetAtt': [renamed(att[0]), att[1]] };
    if (typeof sub === 'string') return { 'Fn::Sub': inText(sub) };
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, valued(member)]));
  };
  const kept = Object.entries(Resources).filter(([id]) => !out.has(id));
  const made = kept.map(([id, resource]) => {
    const Properties = valued(resource.Properties ?? {});
    if (Properties.FifoQueue) Properties.QueueName = nameOf(id);
    const DependsOn = [resource.DependsOn ?? []]
      .flat()
      .filter((other) => !out.has(other))
      .map(renamed);
    return [renamed(id), { ...resource, DependsOn, Properties }];
  });
  // Without the exports: moto forgets them, and then does not delete the stack.
  const outputs = Object.entries(Outputs).map(([name, { Value }]) => [name, { Value: valued(Value) }]);
  return { Resources: Object.fromEntries(made), Outputs: Object.fromEntries(outputs) };
}
