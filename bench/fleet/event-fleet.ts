import { Cci, type CciOptions, namespace } from './cci.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import type { Gateway, Handler } from './gateway.ts';
import { Account, LambdaFunction } from './lambda.ts';
import { connectTo } from './network.ts';
import { Queue } from './queue.ts';
import { Secrets } from './secrets.ts';
import type { Simulation } from './simulation.ts';

const [publishTime, sendTime] = [25, 30];

/** A message that the event function gave up, by what it says of it. */
export interface DeadLetter {
  messageBody: string;
  code: number;
  attempts: number;
}
/** The event function with one of its queues, and all that it calls. */
export interface EventFleet {
  cci: Cci;
  queue: Queue;
  handler: LambdaFunction;
  dead: DeadLetter[];
  /** How many results were published, by outcome. */
  results: Record<string, number>;
  /** One process more, which no queue reaches. */
  start(): Handler;
}

/** Builds it of a checkout; what `events` leaves out is as it is deployed. */
export function createEventFleet(
  simulation: Simulation,
  gateway: Gateway,
  { isFifo, cci: how, events }: { isFifo: boolean; cci?: Partial<CciOptions>; events?: Partial<Deployment['events']> },
): EventFleet {
  const { clock, random } = simulation;
  const deployment = readDeployment(gateway.root);
  const { fifoBatchSize: batchSize } = deployment.events;
  const settings = { ...deployment.events, ...(isFifo && { batchSize }), ...events };
  const cci = new Cci(simulation, how);
  const secrets = new Secrets(simulation);
  const dead: DeadLetter[] = [];
  const results: Record<string, number> = {};
  const eventBridge = async ({ input }: { input: { Entries: { DetailType: string }[] } }): Promise<object> => {
    await clock.wait(random.logNormal(publishTime));
    const outcome = (input.Entries[0]?.DetailType ?? '').replace('Job Update ', '');
    results[outcome] = (results[outcome] ?? 0) + 1;
    return { FailedEntryCount: 0, Entries: [{ EventId: 'event' }] };
  };
  type Letter = { MessageBody: string; MessageAttributes: Record<string, { StringValue: string }> };
  const sqs = async ({ input: { MessageBody, MessageAttributes } }: { input: Letter }): Promise<object> => {
    await clock.wait(random.logNormal(sendTime));
    const number = (name: string) => Number(MessageAttributes[name]?.StringValue);
    dead.push({ messageBody: MessageBody, code: number('code'), attempts: number('attempts') });
    return {};
  };
  const secretsManager = (command: { input: object }) => secrets.send(command);
  const start = () => gateway.start('job-event', { transport: connectTo(cci, simulation), secretsManager, eventBridge, sqs });
  const handler = new LambdaFunction(simulation, new Account(), {
    start,
    timeout: settings.timeout,
    memory: deployment.memory,
    pick: 'random',
  });
  return { cci, queue: new Queue(simulation, handler, { ...settings, isFifo }), handler, dead, results, start };
}

/** An event that sets the TTL of a job, and the group of its job. */
export function eventFor(name: string, id: string, ttl: number): [body: string, group: string] {
  const detail = { version: '1', id, kind: 'TFJob', namespace, name, patch: { spec: { ttlSecondsAfterFinished: ttl } } };
  return [JSON.stringify({ 'detail-type': 'Job Update Requested', source: 'pipeline', detail }), `TFJob/${namespace}/${name}`];
}
