import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deployed } from './compiled.ts';
import { config } from './deployment.ts';
import { account, good } from './parameters.ts';

const { Statement } = JSON.parse(readFileSync('docs/deployer-policy.json', 'utf8')) as {
  Statement: { Sid: string; Effect: string; Action: string[]; Resource: string | string[] }[];
};
const granted = new Set(Statement.flatMap(({ Action }) => Action));

/** What CloudFormation does to make and to delete a resource of a type, by the type's own schema or the service's documentation. */
const needed: Record<string, string[]> = {
  'AWS::ApiGateway::Account': ['apigateway:PATCH', 'apigateway:GET', 'iam:PassRole'],
  'AWS::ApiGateway::ApiKey': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::Authorizer': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::BasePathMapping': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::Deployment': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::DomainName': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::GatewayResponse': ['apigateway:PUT', 'apigateway:DELETE'],
  'AWS::ApiGateway::Method': ['apigateway:PUT', 'apigateway:DELETE'],
  'AWS::ApiGateway::Resource': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::RestApi': ['apigateway:POST', 'apigateway:DELETE', 'apigateway:UpdateRestApiPolicy'],
  'AWS::ApiGateway::Stage': ['apigateway:POST', 'apigateway:PATCH', 'apigateway:DELETE', 'logs:CreateLogDelivery'],
  'AWS::ApiGateway::UsagePlan': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::ApiGateway::UsagePlanKey': ['apigateway:POST', 'apigateway:DELETE'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
  'AWS::Events::EventBus': ['events:CreateEventBus', 'events:UpdateEventBus', 'events:DeleteEventBus', 'events:ListTagsForResource'],
  'AWS::Events::EventBusPolicy': ['events:PutPermission', 'events:RemovePermission'],
  'AWS::Events::Rule': ['events:PutRule', 'events:PutTargets', 'events:RemoveTargets', 'events:DeleteRule', 'events:ListTagsForResource'],
  'AWS::IAM::ManagedPolicy': [
    'iam:CreatePolicy',
    'iam:DeletePolicy',
    'iam:AttachRolePolicy',
    'iam:DetachRolePolicy',
    'iam:ListEntitiesForPolicy',
  ],
  'AWS::IAM::Policy': ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
  'AWS::IAM::Role': [
    'iam:CreateRole',
    'iam:DeleteRole',
    'iam:PutRolePolicy',
    'iam:PassRole',
    'iam:ListRolePolicies',
    'iam:ListAttachedRolePolicies',
  ],
  'AWS::KinesisFirehose::DeliveryStream': ['firehose:CreateDeliveryStream', 'firehose:DescribeDeliveryStream', 'iam:PassRole'],
  'AWS::Lambda::EventSourceMapping': ['lambda:CreateEventSourceMapping', 'lambda:DeleteEventSourceMapping'],
  'AWS::Lambda::Function': [
    'lambda:CreateFunction',
    'lambda:DeleteFunction',
    'lambda:PutFunctionConcurrency',
    'lambda:GetRuntimeManagementConfig',
    's3:GetObject',
    'iam:PassRole',
    'ec2:DescribeNetworkInterfaces', // those of a VPC must have gone before the function is
  ],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission', 'lambda:GetPolicy'],
  'AWS::Logs::LogGroup': ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:GetDataProtectionPolicy', 'logs:DescribeIndexPolicies'],
  'AWS::Logs::LogStream': ['logs:CreateLogStream'],
  'AWS::Logs::QueryDefinition': ['logs:PutQueryDefinition', 'logs:DeleteQueryDefinition'],
  'AWS::Logs::SubscriptionFilter': ['logs:PutSubscriptionFilter', 'logs:DeleteSubscriptionFilter', 'iam:PassRole'],
  'AWS::S3::Bucket': ['s3:CreateBucket', 's3:PutBucketPublicAccessBlock', 's3:PutEncryptionConfiguration', 's3:TagResource'],
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes'],
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes'],
  'AWS::SecretsManager::RotationSchedule': ['secretsmanager:RotateSecret', 'secretsmanager:CancelRotateSecret', 'lambda:InvokeFunction'],
};

/** Every type of resource that any deployment has: of the files, of what is completed, and what the framework makes itself. */
function types(): string[] {
  const files = globSync(['serverless.yml', 'deploy/**/*.{yml,cjs}']).map((file) => readFileSync(file, 'utf8'));
  const inFiles = files.flatMap((text) => [...text.matchAll(/Type: (?:&\w+ )?'?(AWS::\w+::\w+)/g)].map(([, type = '']) => type));
  const options = {
    ...{ tracing: 'on', vpcSubnetIds: 'subnet-1', vpcSecurityGroupIds: 'sg-1', allowedAccounts: account, eventProducerAccounts: account },
    ...{ domainName: 'jobs.example.com', certificateArn: good.certificateArn, alarmTopicArn: good.topicArn },
  };
  const completed = Object.values(deployed(options).Resources).map(({ Type }) => Type);
  const byFramework = ['S3::Bucket', 'S3::BucketPolicy', 'ApiGateway::Resource', 'Lambda::EventSourceMapping', 'Lambda::Permission'];
  return [...new Set([...inFiles, ...completed, ...byFramework.map((type) => `AWS::${type}`)])].sort();
}

describe('docs/deployer-policy.json', () => {
  it('grants what each type of resource needs that any deployment has', () => {
    expect(types()).toEqual(Object.keys(needed).sort());
    for (const [type, actions] of Object.entries(needed))
      expect([type, actions.filter((action) => !granted.has(action))]).toEqual([type, []]);
  });

  it('grants no more than it names, and each only for what is called by the name of the service, where AWS lets that be said', () => {
    expect(JSON.stringify(Statement)).not.toMatch(/"[a-z0-9]+:\*"|"\*:\*"/);
    for (const { Sid, Effect, Action, Resource } of Statement) {
      expect([Sid, Effect, Action]).toEqual([Sid, 'Allow', [...new Set(Action)].sort()]);
      const isOfAll = ['Template', 'Pollers', 'LogsOfAll', 'Vpc'].includes(Sid);
      for (const resource of [Resource].flat())
        expect([Sid, resource === '*' || resource.includes(`${config.service}`) || resource.includes(':apigateway:')]).toEqual([Sid, true]);
      expect([Sid, Resource === '*']).toEqual([Sid, isOfAll]);
    }
  });
});
