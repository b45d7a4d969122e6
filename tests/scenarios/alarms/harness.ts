/** The alarms of the stack, and what befalls the functions: metrics by what they print, AWS's own by what came of them. */
import { expect } from 'vitest';
import { runbookQueries } from '../../../deploy/template/queries.ts';
import type { Resource } from '../../../deploy/template/template.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { deployed, idOf } from '../../unit/deploy/compiled.ts';
import type { Loose } from '../gateway.ts';
import { ask, discovered, fieldsIn } from './insights.ts';
import { metricKey, printedSamples, type Sample, stateOf } from './model.ts';

export const service = 'tfjob-gateway-prod';
export const printed = capturePrinted();
/** How handlers have to be started, so that their metrics are those that the alarms watch. */
export const counting = { POWERTOOLS_SERVICE_NAME: service, POWERTOOLS_METRICS_DISABLED: 'false', POWERTOOLS_LOG_LEVEL: 'INFO' };

const { Resources } = deployed({ auth: 'jwt', audit: 'strict', rotation: 'on' });
/** Every alarm that there may be. */
export const alarms: [id: string, alarm: Resource][] = Object.entries(Resources).filter(
  ([, { Type }]) => Type === 'AWS::CloudWatch::Alarm',
);
/** The anchor of an alarm's entry in docs/runbook.md. */
export const entryOf = ({ Properties }: Resource): string => /: docs\/runbook\.md#([a-z-]+)$/.exec(Properties.AlarmDescription)?.[1] ?? '';
export const queries = new Map(runbookQueries().map((query) => [query.entry, query.text]));

const ofAws = (Namespace: string, MetricName: string, dimensions: object, value: number, minute: number): Sample => ({
  metric: metricKey({ Namespace, MetricName, Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })) }),
  value,
  minute,
});
export const ofQueue = (id: string, metric: string, value: number, minute = 1): Sample =>
  ofAws('AWS/SQS', metric, { QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } }, value, minute);
export const ofFunction = (name: string, metric: string, value: number): Sample =>
  ofAws('AWS/Lambda', metric, { FunctionName: { Ref: `${idOf(name)}LambdaFunction` } }, value, 1);
export const ofStream = (id: string, metric: string, value: number): Sample =>
  ofAws('AWS/Firehose', metric, { DeliveryStreamName: { Ref: id } }, value, 1);
export const ofApi = (metric: string, value: number): Sample =>
  ofAws('AWS/ApiGateway', metric, { ApiName: service, Stage: 'prod' }, value, 1);

/** What Lambda writes into the log of a function that ended with an error. */
export const lambdaLine = ({ name, message }: Error): string =>
  `2026-11-26T00:00:00.000Z\tid\tERROR\tInvoke Error \t${JSON.stringify({ errorType: name, errorMessage: message, stack: [] })}`;

/** What was printed since the test began, as the metrics of these minutes. */
export const samplesOf = (...minutes: number[]): Sample[] =>
  minutes.flatMap((minute) => printedSamples(printed.lines() as Loose[], minute));

const fired = new Set<string>();
export const neverFired = (): string[] => alarms.map(([id]) => id).filter((id) => !fired.has(id));

/**
 * The alarms that these samples raise. The query in the entry of each has to answer something from what was printed and from these lines, and
 * the fields that it names have to be there in one of them, but for those that are told only of some failures.
 */
export function raised(
  samples: readonly Sample[],
  { minute = 1, lines = [], sometimes = [] }: { minute?: number; lines?: string[]; sometimes?: string[] } = {},
): string[] {
  const rows = [...(printed.lines() as Loose[]).map((line) => JSON.stringify(line)), ...lines].map((line) => discovered(line));
  const on = alarms.filter(([, alarm]) => stateOf(alarm, samples, minute) === 'ALARM');
  for (const [id, alarm] of on) {
    const query = queries.get(entryOf(alarm)) ?? '';
    const answers = ask(query, rows);
    expect(answers.length, `${id}: ${query}\n${JSON.stringify(rows, undefined, 1)}`).toBeGreaterThan(0);
    const absent = fieldsIn(query).filter((field) => !sometimes.includes(field) && !rows.some((row) => row[field] !== undefined));
    expect([id, absent]).toEqual([id, []]);
    fired.add(id);
  }
  return on.map(([id]) => id);
}
