import { wordsOf } from '../parameters/schema.ts';
import { add, type Compiled, ofType, type Resource } from './template.ts';

const lambda = 'AWS::Lambda::Function';
/** What Lambda does with a role's rights to put a function into a VPC; AWS lets none of it be narrowed down before the interface exists. */
const interfaces = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/** With vpcSubnetIds and vpcSecurityGroupIds: whatever calls CCI or the issuer does so from there. The others call nobody. */
export function useVpc(compiled: Compiled): void {
  const { vpcSubnetIds, vpcSecurityGroupIds } = compiled.values;
  if (!vpcSubnetIds) return;
  const functions = ofType(compiled, lambda).map(([, resource]) => resource);
  const calling = functions.filter(({ Properties }) => ['CCI_ENDPOINT', 'OIDC_ISSUER'].some((name) => name in variablesOf(Properties)));
  for (const { Properties } of calling)
    Properties.VpcConfig = { SubnetIds: wordsOf(vpcSubnetIds), SecurityGroupIds: wordsOf(vpcSecurityGroupIds) };
  allow(compiled, 'VpcAccess', 'What Lambda needs of a role to connect its function to the VPC', interfaces, calling);
}

/** With tracing=on: X-Ray has a segment of every request, in API Gateway and in the functions. */
export function traceFunctions(compiled: Compiled): void {
  if (compiled.values.tracing !== 'on') return;
  const functions = ofType(compiled, lambda).map(([, resource]) => resource);
  for (const { Properties } of functions) Properties.TracingConfig = { Mode: 'Active' };
  for (const [, { Properties }] of ofType(compiled, 'AWS::ApiGateway::Stage')) Properties.TracingEnabled = true;
  allow(compiled, 'Tracing', 'Writes X-Ray segments', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], functions);
}

const variablesOf = (properties: Resource['Properties']): object => properties.Environment?.Variables ?? {};

/** Gives the roles of these functions a policy. It is of the role, and no resource of its own beside it, so that the function comes after it. */
function allow(compiled: Compiled, id: string, description: string, actions: readonly string[], functions: readonly Resource[]): void {
  const PolicyDocument = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
  add(compiled, { [id]: { Type: 'AWS::IAM::ManagedPolicy', Properties: { Description: description, PolicyDocument } } });
  const roles = new Set(functions.map(({ Properties }) => roleOf(Properties.Role)));
  for (const role of roles) {
    const properties = compiled.template.Resources[role]?.Properties;
    if (!properties) throw new Error(`there is no role ${role}`);
    properties.ManagedPolicyArns = [...(properties.ManagedPolicyArns ?? []), { Ref: id }];
  }
}

/** The logical id of a function's role. */
function roleOf(role: { 'Fn::Sub'?: string; 'Fn::GetAtt'?: string[] }): string {
  return role['Fn::GetAtt']?.[0] ?? /^\$\{(\w+)\.Arn\}$/.exec(role['Fn::Sub'] ?? '')?.[1] ?? '';
}
