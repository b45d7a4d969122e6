// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { describe, expect, it } from 'vitest';
import { detailType } from '../../../lib/events/schema.ts';
import { arn, config, events, functions, ofType, resources } from './deployment.ts';

describe('the ways in for events', () => {
  const queues = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');

  it('are part of every deployment', () => {
    expect(config.functions.jobEvent).toBe('${file(deploy/events.yml):function}');
    expect(config.resources).toContain('${file(deploy/events.yml):resources}');
  });

  it('are two queues that answer for each message, with a bounded concurrency, and the ordered one hands out one at a time', () => {
    const sizes = [
      ['JobEventQueue', 10],
      // Else a message that waits behind one that fails is counted with it (lib/events/attempts.ts).
      ['JobEventFifoQueue', 1],
    ] as const;
    expect(events.function.events.map(({ sqs }: { sqs: object }) => sqs)).toEqual(
      sizes.map(([name, batchSize]) => ({
        arn: arn(name),
        batchSize,
        maximumConcurrency: '${param:eventConcurrency}',
        functionResponseType: 'ReportBatchItemFailures',
      })),
    );
    expect(config.params.default.eventConcurrency).toBeGreaterThanOrEqual(2);
  });

  it('are encrypted and take 1 MiB, and keep what nobody fetched for 14 days', () => {
    expect(queues).toHaveLength(5);
    for (const [name, { Properties: own }] of queues) {
      expect(own, name).toMatchObject({ SqsManagedSseEnabled: true, MaximumMessageSize: 2 ** 20, MessageRetentionPeriod: 14 * 86_400 });
    }
  });

  it('hide a message for six times as long as the function may take, and bury it only after ten times its own five attempts', () => {
    for (const name of ['JobEventQueue', 'JobEventFifoQueue']) {
      const own = resources[name]?.Properties;
      expect(own?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * (functions.jobEvent?.timeout ?? Number.NaN));
      expect(own?.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(50);
      const letters = own?.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
      expect(resources[letters]?.Properties.FifoQueue).toBe(own?.FifoQueue);
    }
  });

  it('take from the bus what asks for an update and nothing else, so that results do not come back', () => {
    const { EventPattern, Targets } = resources.JobEventRule?.Properties ?? {};
    expect(EventPattern).toEqual({ 'detail-type': [detailType] });
    expect(Targets).toEqual([
      { Id: 'queue', Arn: arn('JobEventQueue'), RetryPolicy: expect.anything(), DeadLetterConfig: { Arn: arn('JobEventUndelivered') } },
    ]);
  });

  /** The statements of the policy of each queue that has one; each speaks of its own queue. */
  const policies = Object.fromEntries(
    ofType('AWS::SQS::QueuePolicy').map(({ Properties: { Queues, PolicyDocument } }) => [Queues[0].Ref, PolicyDocument.Statement]),
  );
  const fromRule = (queue: string) => ({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arn(queue),
    Condition: { ArnEquals: { 'aws:SourceArn': arn('JobEventRule') } },
  });
  const refused = (queue: string, condition: object) => ({
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:SendMessage',
    Resource: arn(queue),
    Condition: condition,
  });

  it('let EventBridge send for this one rule, and behind the bus nobody else, whatever IAM allows him: only SQS for who redrives', () => {
    const otherwise = { ArnNotEquals: { 'aws:SourceArn': arn('JobEventRule') }, BoolIfExists: { 'aws:ViaAWSService': 'false' } };
    expect(policies.JobEventQueue).toEqual([fromRule('JobEventQueue'), refused('JobEventQueue', otherwise)]);
    expect(policies.JobEventUndelivered).toEqual([fromRule('JobEventUndelivered')]);
  });

  it('take dead letters from the function alone, as each counts for whom it names', () => {
    const otherwise = { ArnNotEquals: { 'aws:PrincipalArn': arn('JobEventRole') } };
    for (const queue of ['JobEventDeadLetters', 'JobEventFifoDeadLetters']) expect(policies[queue]).toEqual([refused(queue, otherwise)]);
    expect(Object.keys(policies)).toHaveLength(4);
    expect(events.function.environment.JOB_EVENT_ROLE_ID).toEqual({ 'Fn::GetAtt': ['JobEventRole', 'RoleId'] });
  });

  it('are named by the outputs, as the commands of docs/events.md need them', () => {
    const names = Object.keys(events.resources.Outputs);
    for (const name of ['JobEventBus', ...queues.map(([queue]) => queue)])
      expect([name, names.includes(name), names.includes(`${name}Arn`)]).toEqual([name, true, true]);
  });
});
