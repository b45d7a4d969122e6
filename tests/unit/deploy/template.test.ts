import { describe, expect, it } from 'vitest';
import { detailType } from '../../../lib/events/schema.ts';
import { deployed, idOf } from './compiled.ts';
import { functions } from './deployment.ts';
import { account, good, tokens } from './parameters.ts';

type Template = ReturnType<typeof deployed>;
const idsOf = ({ Resources }: Template, type: string) => Object.keys(Resources).filter((id) => Resources[id]?.Type === type);
const root = { 'Fn::Sub': `arn:\${AWS::Partition}:iam::${account}:root` };

describe('a deployment of the API', () => {
  const idOfDeployment = (template: Template) => idsOf(template, 'AWS::ApiGateway::Deployment');

  it('has a name by what it takes, so that it is made anew when the API has changed, and only then', () => {
    const [id = ''] = idOfDeployment(deployed());
    expect(id).toMatch(/^ApiGatewayDeployment[0-9a-f]{16}$/);
    const alike = deployed({ memorySize: '1024' }, ({ Resources }) => {
      Resources.ApiGatewayDeployment9999 = Resources.ApiGatewayDeployment1795 as never;
      delete Resources.ApiGatewayDeployment1795;
    });
    expect(idOfDeployment(alike)).toEqual([id]);
    for (const name of ['ApiGatewayMethodGet', 'Authorizer', 'ResponseThrottled', 'ApiGatewayRestApi']) {
      const other = deployed({}, ({ Resources }) => Object.assign(Resources[name]?.Properties ?? {}, { Changed: true }));
      expect(idOfDeployment(other)[0], name).not.toBe(id);
    }
    expect(idOfDeployment(deployed({ allowedAccounts: account }))[0]).not.toBe(id);
  });

  it('takes its snapshot only after the answers of API Gateway are written, and leaves the stage to the template', () => {
    const template = deployed();
    const [id = ''] = idOfDeployment(template);
    const answers = idsOf(template, 'AWS::ApiGateway::GatewayResponse');
    expect(answers).toHaveLength(18);
    expect(template.Resources[id]?.Properties).not.toHaveProperty('StageName');
    expect(template.Resources[id]?.DependsOn).toEqual(['ApiGatewayMethodGet', ...answers]);
    expect(template.Resources.ApiGatewayStage?.Properties.DeploymentId).toEqual({ Ref: id });
  });
});

describe('what a parameter adds', () => {
  it('vpcSubnetIds: whatever calls CCI or the issuer does so from the VPC, with the rights that Lambda needs, and nothing else is in it', () => {
    const { Resources } = deployed({ vpcSubnetIds: 'subnet-1, subnet-2', vpcSecurityGroupIds: 'sg-1' });
    const inside = Object.keys(functions).filter((name) => Resources[`${idOf(name)}LambdaFunction`]?.Properties.VpcConfig);
    expect(inside.sort()).toEqual(['authorizer', 'jobEvent', 'listJobs', 'patchJob', 'readJobs', 'replaceJob', 'rotateCredentials']);
    expect(Resources.JobEventLambdaFunction?.Properties.VpcConfig).toEqual({
      SubnetIds: ['subnet-1', 'subnet-2'],
      SecurityGroupIds: ['sg-1'],
    });
    const roles = Object.keys(Resources).filter((id) =>
      Resources[id]?.Properties.ManagedPolicyArns?.some(({ Ref }: { Ref: string }) => Ref === 'VpcAccess'),
    );
    expect(roles.sort()).toEqual(['AuthorizerRole', 'JobEventRole', 'JobsRole', 'ListJobsRole', 'RotateCredentialsRole']);
    const [statement] = Resources.VpcAccess?.Properties.PolicyDocument.Statement ?? [];
    expect(statement.Action.every((action: string) => /^ec2:\w+(NetworkInterfaces?|Subnets|PrivateIpAddresses)$/.test(action))).toBe(true);
  });

  it('tracing: segments of every function and of the stage', () => {
    const { Resources } = deployed({ tracing: 'on' });
    for (const name of Object.keys(functions))
      expect(Resources[`${idOf(name)}LambdaFunction`]?.Properties.TracingConfig, name).toEqual({ Mode: 'Active' });
    expect(Resources.ApiGatewayStage?.Properties.TracingEnabled).toBe(true);
    for (const role of ['JobsRole', 'NotFoundRole', 'DiscoveryRole', 'JobEventRole'])
      expect(Resources[role]?.Properties.ManagedPolicyArns).toEqual([{ Ref: 'Tracing' }]);
  });

  it('allowedSourceRanges: addresses are denied and none is allowed, as that would let in whom IAM does not', () => {
    const { Resources } = deployed({ allowedSourceRanges: '203.0.113.0/24,2001:db8::/32' });
    expect(Resources.ApiGatewayRestApi?.Properties.Policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'execute-api:Invoke',
          Resource: 'execute-api:/*',
          Condition: { NotIpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '2001:db8::/32'] } },
        },
      ],
    });
  });

  it('allowedSourceRanges with console: its two routes are allowed, as they have no authorizer, and from the ranges alone', () => {
    const { Resources } = deployed({ ...tokens, console: 'on', consoleClientId: 'page', allowedSourceRanges: '203.0.113.0/24' });
    const { Statement } = Resources.ApiGatewayRestApi?.Properties.Policy ?? {};
    const open = ['execute-api:/*/GET/console', 'execute-api:/*/GET/console/*'];
    expect(Statement[0]).toEqual({ Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: open });
    expect(Statement[1]).toMatchObject({ Effect: 'Deny', Principal: '*', Resource: 'execute-api:/*' });
    expect(Statement).toHaveLength(2);
    expect(deployed({ ...tokens, console: 'on', consoleClientId: 'page' }).Resources.ApiGatewayRestApi?.Properties.Policy).toBe('');
  });

  it('more than AWS has room for is refused before it is deployed', () => {
    const many = (count: number, one: (index: number) => string) => Array.from({ length: count }, (_, index) => one(index)).join(',');
    const PROTECTED_KEYS = many(300, (index) => `example.com/key-${index}`);
    const long: Parameters<typeof deployed>[1] = ({ Resources }) =>
      Object.assign(Resources.ReplaceJobLambdaFunction?.Properties ?? {}, { Environment: { Variables: { PROTECTED_KEYS } } });
    expect(() => deployed({}, long)).toThrow(
      /^the variables of replaceJob take \d+ bytes, and Lambda has room for 4096: shorten what they are made of$/,
    );
    const full = "the API's resource policy takes";
    expect(() => deployed({ allowedAccounts: many(300, (index) => String(100_000_000_000 + index)) })).toThrow(full);
    expect(() => deployed({ allowedSourceRanges: many(600, (index) => `203.0.${index % 256}.0/24`) })).toThrow(full);
    expect(() => deployed({ eventProducerAccounts: many(300, (index) => String(100_000_000_000 + index)) })).toThrow(
      "the bus's policy takes",
    );
    expect(() => deployed({ allowedAccounts: many(100, (index) => String(100_000_000_000 + index)) })).not.toThrow();
  });

  it('allowedAccounts: their own IAM says who of them may call, and the ranges hold for them too', () => {
    const { Resources } = deployed({ allowedAccounts: account, allowedSourceRanges: '203.0.113.0/24' });
    const { Statement } = Resources.ApiGatewayRestApi?.Properties.Policy ?? {};
    expect(Statement[0]).toEqual({ Effect: 'Allow', Principal: { AWS: [root] }, Action: 'execute-api:Invoke', Resource: 'execute-api:/*' });
    expect(Statement[1].Effect).toBe('Deny');
    expect(Statement).toHaveLength(2);
  });

  it('domainName: the stage under that name, and outputs for the DNS', () => {
    const { Resources, Outputs } = deployed({ domainName: 'jobs.example.com', certificateArn: good.certificateArn });
    expect(Resources.ApiDomain?.Properties).toMatchObject({
      DomainName: 'jobs.example.com',
      RegionalCertificateArn: good.certificateArn,
      SecurityPolicy: 'TLS_1_2',
    });
    expect(Resources.ApiDomainMapping?.Properties).toMatchObject({ Stage: { Ref: 'ApiGatewayStage' } });
    expect(Object.keys(Outputs ?? {})).toEqual(expect.arrayContaining(['ApiDomainTarget', 'ApiDomainZone']));
  });

  it('eventProducerAccounts: they may put requests on the bus, and no results', () => {
    const { Resources } = deployed({ eventProducerAccounts: account });
    expect(Resources.JobEventBusPolicy?.Properties.Statement).toEqual({
      Effect: 'Allow',
      Principal: { AWS: [root] },
      Action: 'events:PutEvents',
      Resource: { 'Fn::GetAtt': ['JobEventBus', 'Arn'] },
      Condition: { StringEquals: { 'events:detail-type': detailType } },
    });
  });

  it('none of it is there by default', () => {
    const { Resources } = deployed();
    for (const id of ['VpcAccess', 'Tracing', 'ApiDomain', 'ApiDomainMapping', 'JobEventBusPolicy'])
      expect(Resources).not.toHaveProperty(id);
    expect(Resources.ApiGatewayRestApi?.Properties.Policy).toBe('');
    expect(JSON.stringify(Resources)).not.toContain('TracingConfig');
  });
});

describe('what holds evidence', () => {
  it('stays when the stack is removed: every log, and what could not be done', () => {
    const { Resources } = deployed();
    const kept = Object.keys(Resources).filter(
      (id) => Resources[id]?.DeletionPolicy === 'Retain' && Resources[id]?.UpdateReplacePolicy === 'Retain',
    );
    const logs = [...Object.keys(functions).map((name) => `${idOf(name)}LogGroup`), 'AccessLogGroup'];
    expect(kept.sort()).toEqual([...logs, 'JobEventDeadLetters', 'JobEventFifoDeadLetters', 'JobEventUndelivered'].sort());
  });
});
