/** What a deployment made, as each service of moto tells it itself. */
import { createHash } from 'node:crypto';
import { APIGatewayClient, GetResourcesCommand, GetRestApisCommand, GetStagesCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, DescribeStacksCommand, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, ListDashboardsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient, ListEventBusesCommand } from '@aws-sdk/client-eventbridge';
import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  ListFunctionsCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { anyKey, region } from '../moto.ts';
import { stack } from './checkout.ts';

/** A route of the API, by its method and path: who may call it, and the name of the function behind it. */
export type RouteMade = [route: string, authorization: string | undefined, needsKey: boolean, lambda: string | undefined];

/** Clients of moto's services, and what is asked of them more than once. */
export function servicesOf(endpoint: string) {
  const settings = { endpoint, region, credentials: anyKey };
  const [cloudFormation, lambda, api] = [new CloudFormationClient(settings), new LambdaClient(settings), new APIGatewayClient(settings)];
  const [logs, sqs, bus] = [new CloudWatchLogsClient(settings), new SQSClient(settings), new EventBridgeClient(settings)];
  const [cloudWatch, s3] = [new CloudWatchClient(settings), new S3Client({ ...settings, forcePathStyle: true })];
  /** Of the stack: logical id, type and physical id of each resource. */
  const resources = async (): Promise<[id: string, type: string, physical: string][]> => {
    const { StackResourceSummaries = [] } = await cloudFormation.send(new ListStackResourcesCommand({ StackName: stack }));
    return StackResourceSummaries.map(({ LogicalResourceId = '', ResourceType = '', PhysicalResourceId = '' }) => [
      LogicalResourceId,
      ResourceType,
      PhysicalResourceId,
    ]);
  };
  return {
    ...{ lambda, logs, sqs, bus, resources },
    async outputs(): Promise<Record<string, string>> {
      const { Stacks: [{ Outputs = [] } = {}] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
      return Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
    },
    async routes(): Promise<RouteMade[]> {
      const restApiId = (await resources()).find(([, type]) => type === 'AWS::ApiGateway::RestApi')?.[2];
      const { items = [] } = await api.send(new GetResourcesCommand({ restApiId, embed: ['methods'], limit: 500 }));
      const made = items.flatMap(({ path, resourceMethods = {} }) =>
        Object.entries(resourceMethods).map(([method, { authorizationType, apiKeyRequired, methodIntegration }]): RouteMade => {
          const [, name] = /:function:([\w-]+)/.exec(methodIntegration?.uri ?? '') ?? [];
          return [`${method} ${path}`, authorizationType, apiKeyRequired === true, name];
        }),
      );
      return made.sort(([one], [other]) => (one < other ? -1 : 1));
    },
    async stages(): Promise<string[]> {
      const { items = [] } = await api.send(new GetRestApisCommand({}));
      const stages = await Promise.all(items.map(({ id }) => api.send(new GetStagesCommand({ restApiId: id }))));
      return stages.flatMap(({ item = [] }) => item.map(({ stageName = '' }) => stageName));
    },
    async functions(): Promise<string[]> {
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      return Functions.map(({ FunctionName = '' }) => FunctionName).sort();
    },
    configuration: (name: string): Promise<FunctionConfiguration> =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name.startsWith(stack) ? name : `${stack}-${name}` })),
    async pollers(): Promise<string[]> {
      const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
      return EventSourceMappings.map(({ EventSourceArn = '' }) => EventSourceArn.replace(/.*:/, '')).sort();
    },
    /** The days of each log by its name. */
    async logGroups(): Promise<Record<string, number | undefined>> {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
      return Object.fromEntries(logGroups.map(({ logGroupName = '', retentionInDays }) => [logGroupName, retentionInDays]));
    },
    /** The ARN of each log by its name. */
    async logGroupArns(): Promise<Record<string, string>> {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
      return Object.fromEntries(logGroups.map(({ logGroupName = '', arn = '' }) => [logGroupName, arn]));
    },
    async buses(): Promise<string[]> {
      const { EventBuses = [] } = await bus.send(new ListEventBusesCommand({}));
      return EventBuses.map(({ Name = '' }) => Name);
    },
    async queues(): Promise<string[]> {
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
      return QueueUrls.map((url) => url.replace(/.*\//, '')).sort();
    },
    async dashboards(): Promise<string[]> {
      const { DashboardEntries = [] } = await cloudWatch.send(new ListDashboardsCommand({}));
      return DashboardEntries.map(({ DashboardName = '' }) => DashboardName);
    },
    /** The framework's bucket of code and templates. */
    async buckets(): Promise<string[]> {
      const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
      return Buckets.map(({ Name = '' }) => Name).filter((name) => name.startsWith(stack));
    },
    /** The deployments that are kept there, the oldest first, by the time that names each. */
    async deployments(): Promise<string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: (await this.buckets())[0] }));
      const times = Contents.map(({ Key = '' }) => /\/(\d{13})-/.exec(Key)?.[1] ?? '');
      return [...new Set(times)].filter(Boolean).sort();
    },
    /** What was uploaded there as a function's code, with the hash by which Lambda knows it. */
    async code(Bucket: string, Key: string): Promise<{ zip: Buffer; sha256: string }> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const zip = Buffer.from((await Body?.transformToByteArray()) ?? []);
      return { zip, sha256: createHash('sha256').update(zip).digest('base64') };
    },
  };
}
/** They, as their callers know them. */
export type Services = ReturnType<typeof servicesOf>;
