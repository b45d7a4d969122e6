/** Whether the services of moto have what a template says. */
import { deepStrictEqual as expect, ok } from 'node:assert/strict';
import { DescribeEventBusCommand, DescribeRuleCommand, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { stack } from './checkout.ts';
import type { Template } from './fit.ts';
import type { RouteMade, Services } from './services.ts';

/** Every function of the template, and no other, has its code and its configuration. Variables that name resources have a value. */
export async function checkFunctions(services: Services, { Resources }: Template): Promise<void> {
  const [bucket = ''] = await services.buckets();
  const wanted = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  expect(await services.functions(), wanted.map(({ Properties }) => Properties?.FunctionName).sort());
  for (const { Properties } of wanted) {
    const { FunctionName: name, Handler, Runtime, Timeout, MemorySize, Environment, Code } = Properties ?? {};
    const made = await services.configuration(name);
    const { sha256 } = await services.code(bucket, Code.S3Key);
    expect([name, made.Handler, made.Runtime, made.Timeout, made.MemorySize], [name, Handler, Runtime, Timeout, Number(MemorySize)]);
    expect([name, made.CodeSha256], [name, sha256]);
    expect([name, made.Role?.replace(/-[^-]+$/, '')], [name, `arn:aws:iam::123456789012:role/${stack}-${roleOf(Properties?.Role)}`]);
    const variables = made.Environment?.Variables ?? {};
    expect([name, Object.keys(variables).sort()], [name, Object.keys(Environment.Variables).sort()]);
    for (const [variable, value] of Object.entries(Environment.Variables)) {
      if (typeof value === 'object') ok(variables[variable], `${name} has no ${variable}`);
      else expect([name, variable, variables[variable]], [name, variable, String(value)]);
    }
  }
}

/** The logical id of a function's role. */
const roleOf = (role: unknown): string | undefined => /\$\{(\w+)\.Arn\}/.exec(JSON.stringify(role))?.[1];

/** Every route of the template, and no other, leads to its function, for callers who are known in this way. */
export async function checkRoutes(
  services: Services,
  { Resources }: Template,
  [authorization, needsKey]: [string, boolean],
): Promise<void> {
  const pathOf = (id: string): string => {
    const { ParentId, PathPart } = Resources[id]?.Properties ?? {};
    return `${ParentId.Ref ? pathOf(ParentId.Ref) : ''}/${PathPart}`;
  };
  const functionOf = (uri: unknown): string => {
    const [, id = ''] = /"(\w+LambdaFunction)"/.exec(JSON.stringify(uri)) ?? [];
    return Resources[id]?.Properties?.FunctionName;
  };
  const wanted = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::ApiGateway::Method')
    .map(({ Properties }): RouteMade => {
      const { HttpMethod, ResourceId, Integration } = Properties ?? {};
      const path = ResourceId.Ref ? pathOf(ResourceId.Ref) : '/';
      return [`${HttpMethod} ${path}`, authorization, needsKey, functionOf(Integration.Uri)];
    });
  ok(wanted.length > 20, 'the template has no routes');
  expect(
    await services.routes(),
    wanted.sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/** The ways in for events, found by the stack's outputs as docs/events.md has them. */
export async function checkQueues(services: Services): Promise<void> {
  const outputs = await services.outputs();
  const attributesOf = async (name: string) => {
    const { Attributes = {} } = await services.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: outputs[name], AttributeNames: ['All'] }),
    );
    expect([name, Attributes.QueueArn], [name, outputs[`${name}Arn`]]);
    return Attributes;
  };
  for (const [queue, letters] of [
    ['JobEventQueue', 'JobEventDeadLetters'],
    ['JobEventFifoQueue', 'JobEventFifoDeadLetters'],
  ] as const) {
    const { RedrivePolicy = '{}', VisibilityTimeout, MessageRetentionPeriod } = await attributesOf(queue);
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(RedrivePolicy);
    expect([deadLetterTargetArn, Number(maxReceiveCount)], [outputs[`${letters}Arn`], 50]);
    expect([VisibilityTimeout, MessageRetentionPeriod], ['180', '1209600']);
    expect((await attributesOf(letters)).MessageRetentionPeriod, '1209600');
  }
  expect((await attributesOf('JobEventUndelivered')).MessageRetentionPeriod, '1209600');
  const polled = ['JobEventQueue', 'JobEventFifoQueue'].map((name) => outputs[`${name}Arn`]?.replace(/.*:/, ''));
  expect(await services.pollers(), polled.sort());

  const EventBusName = outputs.JobEventBus;
  const { Arn } = await services.bus.send(new DescribeEventBusCommand({ Name: EventBusName }));
  expect([EventBusName, Arn], [stack, outputs.JobEventBusArn]);
  const { Rules: [{ Name: Rule } = {}] = [] } = await services.bus.send(new ListRulesCommand({ EventBusName }));
  const { EventPattern = '' } = await services.bus.send(new DescribeRuleCommand({ Name: Rule, EventBusName }));
  expect(JSON.parse(EventPattern), { 'detail-type': ['Job Update Requested'] });
  const { Targets = [] } = await services.bus.send(new ListTargetsByRuleCommand({ Rule, EventBusName }));
  expect(
    Targets.map((target) => [target.Arn, target.DeadLetterConfig?.Arn]),
    [[outputs.JobEventQueueArn, outputs.JobEventUndeliveredArn]],
  );
}
