// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's variables look like JavaScript's
import { wordsOf } from '../parameters/schema.ts';
import { add, type Compiled } from './template.ts';

const invoke = { Action: 'execute-api:Invoke', Resource: 'execute-api:/*' };
const openRoutes = ['execute-api:/*/GET/console', 'execute-api:/*/GET/console/*'];
/** An account, of which its own IAM says who may. */
export const accountRoot = (account: string): object => ({ 'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root` });

/**
 * With allowedSourceRanges and allowedAccounts: the API's resource policy. Addresses are only denied: a statement that allowed some would let
 * every principal of the own account in, whatever IAM says of him. The console's two routes have no authorizer, and with any policy API Gateway
 * lets in there whom a statement allows.
 */
export function restrictAccess({ template, values }: Compiled): void {
  const [ranges, accounts] = [wordsOf(values.allowedSourceRanges), wordsOf(values.allowedAccounts)];
  const api = template.Resources.ApiGatewayRestApi;
  if (!api) throw new Error('the stack has no API');
  const Statement = [
    ...(ranges.length > 0 && values.console === 'on' ? [{ Effect: 'Allow', Principal: '*', ...invoke, Resource: openRoutes }] : []),
    ...(accounts.length > 0 ? [{ Effect: 'Allow', Principal: { AWS: accounts.map(accountRoot) }, ...invoke }] : []),
    ...(ranges.length > 0 ? [{ Effect: 'Deny', Principal: '*', ...invoke, Condition: { NotIpAddress: { 'aws:SourceIp': ranges } } }] : []),
  ];
  if (Statement.length > 0) api.Properties.Policy = { Version: '2012-10-17', Statement };
}

/** With domainName and certificateArn: the API under a name of one's own, without a stage in the path. */
export function useDomain(compiled: Compiled): void {
  const { domainName, certificateArn } = compiled.values;
  if (!domainName) return;
  add(compiled, {
    ApiDomain: {
      Type: 'AWS::ApiGateway::DomainName',
      Properties: {
        DomainName: domainName,
        RegionalCertificateArn: certificateArn,
        EndpointConfiguration: { Types: ['REGIONAL'] },
        SecurityPolicy: 'TLS_1_2',
      },
    },
    ApiDomainMapping: {
      Type: 'AWS::ApiGateway::BasePathMapping',
      Properties: { DomainName: { Ref: 'ApiDomain' }, RestApiId: { Ref: 'ApiGatewayRestApi' }, Stage: { Ref: 'ApiGatewayStage' } },
    },
  });
  compiled.template.Outputs = {
    ...compiled.template.Outputs,
    ApiDomainTarget: { Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalDomainName'] } },
    ApiDomainZone: { Value: { 'Fn::GetAtt': ['ApiDomain', 'RegionalHostedZoneId'] } },
  };
}
