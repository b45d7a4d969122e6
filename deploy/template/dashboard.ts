// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's variables look like JavaScript's
import { type Metric, ofApi, ofFunction, ofQueue, own } from './metrics.ts';
import { add, type Compiled, ofType } from './template.ts';

/** A line of a graph, and by which statistic. */
type Line = [metric: Metric, statistic: string];

/** A dashboard with what the alarms watch, and what explains it. */
export function addDashboard(compiled: Compiled): void {
  const mine = (statistic: string, names: readonly string[]): Line[] => names.map((name) => [own(compiled, name), statistic]);
  const functions = ofType(compiled, 'AWS::Lambda::Function').map(([id]) => id);
  const queues = ['JobEventQueue', 'JobEventFifoQueue'];
  const letters = ['JobEventDeadLetters', 'JobEventFifoDeadLetters', 'JobEventUndelivered'];
  const latency = own(compiled, 'Latency');
  const graphs: [title: string, lines: Line[]][] = [
    ['Requests by outcome', mine('Sum', ['Changed', 'Written', 'Unchanged', 'Read', 'Watched', 'Refused', 'Throttled', 'Failed'])],
    ['Events by outcome', mine('Sum', ['Succeeded', 'Superseded', 'Returned', 'Refused', 'Failed'])],
    [
      'Latency (ms)',
      [
        [latency, 'p50'],
        [latency, 'p99'],
      ],
    ],
    ['CCI: calls, retries, conflicts', mine('Sum', ['UpstreamCalls', 'Retries', 'Conflicts'])],
    ['Credentials: refreshes and refusals', mine('Sum', ['CredentialRefreshes', 'RefusedVersions'])],
    ['Policies: denials among what was refused, and faults', mine('Sum', ['Refused', 'PolicyFaults'])],
    ['API Gateway', ['Count', '4XXError', '5XXError'].map((name) => [ofApi(compiled, name), 'Sum'])],
    ['Functions: errors', functions.map((id) => [ofFunction(id, 'Errors'), 'Sum'])],
    ['Functions: throttles', functions.map((id) => [ofFunction(id, 'Throttles'), 'Sum'])],
    ['Functions: at a time', functions.map((id) => [ofFunction(id, 'ConcurrentExecutions'), 'Maximum'])],
    ['Events that wait: age of the oldest (s)', queues.map((id) => [ofQueue(id, 'ApproximateAgeOfOldestMessage'), 'Maximum'])],
    ['Dead letters that lie there', letters.map((id) => [ofQueue(id, 'ApproximateNumberOfMessagesVisible'), 'Maximum'])],
  ];
  const widgets = graphs.map(([title, lines], index) => ({
    type: 'metric',
    ...{ x: (index % 2) * 12, y: Math.floor(index / 2) * 6, width: 12, height: 6 },
    properties: { title, region: '${AWS::Region}', view: 'timeSeries', period: 300, metrics: lines.map(asGraphed) },
  }));
  add(compiled, {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        // Of an account, not of a region.
        DashboardName: { 'Fn::Sub': `${compiled.service}-\${AWS::Region}` },
        DashboardBody: { 'Fn::Sub': JSON.stringify({ widgets }) },
      },
    },
  });
  compiled.template.Outputs = { ...compiled.template.Outputs, Dashboard: { Value: { Ref: 'Dashboard' } } };
}

function asGraphed([{ namespace, name, dimensions }, stat]: Line): unknown[] {
  return [namespace, name, ...Object.entries(dimensions).flatMap(([key, value]) => [key, inText(value)]), { stat }];
}

/** A value within Fn::Sub. */
function inText(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return `\${${Ref ?? attribute?.join('.')}}`;
}
