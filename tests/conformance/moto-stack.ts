/** What deploy/events.yml describes, made in an emulator of AWS: CloudFormation's part of a deployment. */
import { readFile } from 'node:fs/promises';
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parse } from 'yaml';
import { SqsQueue } from '../queues/sqs-queue.ts';
import type { Loose } from './http.ts';
import { anyKey, region } from './moto.ts';

/** The deployed queues and the bus. */
export interface Stack {
  /** By its name in deploy/events.yml. */
  queue(name: string): SqsQueue;
  /** What the function finds in its environment of all this. */
  environment: Record<string, string>;
  /** How Lambda polls a queue for the function. */
  source(name: string): { batchSize: number; timeout: number };
  bus: EventBridgeClient;
  busName: string;
  /** Everything that the function has put on the bus arrives here. */
  results: SqsQueue;
}

/** Makes bus, rule, target, queues, dead-letter queues and redrive with the file's own properties. Throws where AWS refuses one. */
export async function createStack(endpoint: string): Promise<Stack> {
  const settings = { endpoint, region, credentials: anyKey };
  const [sqs, bus, busName] = [new SQSClient(settings), new EventBridgeClient(settings), 'tfjob-gateway-test'];
  const file = await readFile(new URL('../../deploy/events.yml', import.meta.url), 'utf8');
  const { function: lambda, resources } = parse(file.replaceAll(`\${param:eventBusName}`, busName), { merge: true });
  const made: Record<string, Record<string, string>> = {};
  /** The properties of a resource, with what they name of others that were made before. */
  const resolve = (value: unknown): Loose =>
    JSON.parse(JSON.stringify(value), (_, member) => {
      const [name, attribute] = member?.Ref ? [member.Ref, 'Ref'] : (member?.['Fn::GetAtt'] ?? []);
      if (name === undefined) return member;
      const found = made[name]?.[attribute];
      if (found === undefined) throw new Error(`${name} has no ${attribute} yet`);
      return found;
    });

  const createQueue = async (name: string, properties: Record<string, unknown>): Promise<SqsQueue> => {
    const attributes = Object.entries(properties).map(([key, value]) => [
      key,
      typeof value === 'object' ? JSON.stringify(value) : `${value}`,
    ]);
    const QueueName = `tfjob-gateway-${name}${properties.FifoQueue ? '.fifo' : ''}`;
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: Object.fromEntries(attributes) }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const Arn = Attributes?.QueueArn ?? '';
    made[name] = { Ref: QueueUrl, Arn };
    return new SqsQueue(sqs, { url: QueueUrl, arn: Arn });
  };
  const all = Object.entries<Loose>(resources.Resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
  const queues = new Map<string, SqsQueue>();
  // Dead-letter queues first, as the others name them.
  for (const [name, { Properties }] of all.sort(
    ([, a], [, b]) => Number('RedrivePolicy' in a.Properties) - Number('RedrivePolicy' in b.Properties),
  ))
    queues.set(name, await createQueue(name, resolve(Properties)));

  const { JobEventBus, JobEventRule } = resources.Resources;
  await bus.send(new CreateEventBusCommand(JobEventBus.Properties));
  made.JobEventBus = { Ref: JobEventBus.Properties.Name };
  const addRule = async (Name: string, pattern: object, Targets: Loose): Promise<void> => {
    await bus.send(new PutRuleCommand({ Name, EventBusName: busName, EventPattern: JSON.stringify(pattern) }));
    const { FailedEntries = [] } = await bus.send(new PutTargetsCommand({ Rule: Name, EventBusName: busName, Targets }));
    if (FailedEntries.length > 0) throw new Error(`no target: ${JSON.stringify(FailedEntries)}`);
  };
  await addRule('requests', JobEventRule.Properties.EventPattern, resolve(JobEventRule.Properties.Targets));
  const results = await createQueue('results', {});
  await addRule('results', { source: ['tfjob-gateway'] }, [{ Id: 'results', Arn: results.arn }]);

  // moto makes no role of the stack.
  made.JobEventRole = { RoleId: 'AROAFUNCTION' };
  const { EVENT_BUS_NAME, DEAD_LETTER_QUEUE_URL, DEAD_LETTER_FIFO_QUEUE_URL, JOB_EVENT_ROLE_ID } = resolve(lambda.environment);
  return {
    queue: (name) => queues.get(name) as SqsQueue,
    environment: { EVENT_BUS_NAME, DEAD_LETTER_QUEUE_URL, DEAD_LETTER_FIFO_QUEUE_URL, JOB_EVENT_ROLE_ID },
    source(name) {
      const { sqs: source } = lambda.events.find(({ sqs: { arn } }: Loose) => arn['Fn::GetAtt'][0] === name);
      return { batchSize: source.batchSize, timeout: lambda.timeout * 1000 };
    },
    bus,
    busName,
    results,
  };
}
