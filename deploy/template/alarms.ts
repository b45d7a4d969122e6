import { type Metric, ofApi, ofFunction, ofQueue, ofStream, own } from './metrics.ts';
import { add, type Compiled, ofType, type Resource } from './template.ts';

/** What an alarm watches: one statistic of a metric, or an expression over several, and from when on it is too much. */
interface Watched {
  /** Its entry in docs/runbook.md. */
  entry: string;
  description: string;
  /** Of one metric its name alone; of several by the names that the expression has for them. */
  metrics: Record<string, [metric: Metric, statistic: string]>;
  expression?: string;
  above: number;
  /** Seconds, and how many of them in a row. */
  period: number;
  periods?: number;
}

const minute = 60;

/**
 * An alarm for everything that somebody has to look at, as docs/runbook.md has it. Each also tells when it is over. Those on the gateway's own
 * metrics are left out where it prints none.
 */
export function addAlarms(compiled: Compiled): void {
  const { values } = compiled;
  const watched = {
    ...(values.metricsDisabled !== 'true' && ofRequests(compiled)),
    ...ofStage(compiled),
    ...ofFunctions(compiled),
    ...ofQueues(),
    ...ofArchive(compiled),
  };
  add(compiled, Object.fromEntries(Object.entries(watched).map(([id, what]) => [id, alarm(what)])));
  const actions = values.alarmTopicArn ? [values.alarmTopicArn] : [];
  for (const [, { Properties }] of ofType(compiled, 'AWS::CloudWatch::Alarm'))
    Object.assign(Properties, { AlarmActions: actions, OKActions: actions });
}

function ofRequests(compiled: Compiled): Record<string, Watched> {
  const one = (name: string, entry: string, description: string): Watched => ({
    entry,
    description,
    metrics: { [name]: [own(compiled, name), 'Sum'] },
    above: 0,
    period: 5 * minute,
  });
  return {
    FailedShareAlarm: {
      entry: 'failed-requests',
      description: 'More than 1 % of the requests and events fail',
      metrics: { failed: [own(compiled, 'Failed'), 'Sum'], requests: [own(compiled, 'Latency'), 'SampleCount'] },
      expression: '100 * FILL(failed, 0) / requests',
      above: 1,
      period: 5 * minute,
    },
    LatencyAlarm: {
      entry: 'slow-requests',
      description: 'One request in a hundred takes more than 5 seconds, for a quarter of an hour',
      metrics: { latency: [own(compiled, 'Latency'), 'p99'] },
      above: 5000,
      period: 5 * minute,
      periods: 3,
    },
    RefusedCredentialsAlarm: one('RefusedVersions', 'refused-credentials', "CCI refuses the gateway's credentials"),
    PolicyFaultsAlarm: one('PolicyFaults', 'policy-faults', 'A policy could not be evaluated, for a fault of the gateway, and denied'),
    ...('AuthorizerLambdaFunction' in compiled.template.Resources && {
      AuthorizerFailuresAlarm: one('AuthorizerFailures', 'authorizer-failures', 'The authorizer could not check tokens'),
    }),
    ...(compiled.values.audit === 'strict' && {
      AuditMissingAlarm: one('AuditUntold', 'audit-untold', 'The audit stream has not the end of a write, which stands in the log alone'),
    }),
  };
}

function ofStage(compiled: Compiled): Record<string, Watched> {
  return {
    ApiFailedShareAlarm: {
      entry: 'failed-in-api-gateway',
      description: 'More than 1 % of what API Gateway answers is a 5xx, its own or of a function',
      metrics: { failed: [ofApi(compiled, '5XXError'), 'Sum'], requests: [ofApi(compiled, 'Count'), 'Sum'] },
      expression: '100 * FILL(failed, 0) / requests',
      above: 1,
      period: 5 * minute,
    },
  };
}

function ofFunctions(compiled: Compiled): Record<string, Watched> {
  const each = ofType(compiled, 'AWS::Lambda::Function').flatMap(([id]): [string, Watched][] => {
    const name = id.replace(/LambdaFunction$/, '');
    const [entry, description] =
      name === 'RotateCredentials'
        ? ['rotation-failures', 'A rotation of the secret failed']
        : ['function-errors', `The function ${name} ended without an answer`];
    const sum = (metric: string): Watched['metrics'] => ({ [metric]: [ofFunction(id, metric), 'Sum'] });
    const throttled = `Lambda had no room for the function ${name}`;
    const errors: Watched = { entry, description, metrics: sum('Errors'), above: 0, period: 5 * minute };
    const throttles: Watched = {
      entry: 'function-throttles',
      description: throttled,
      metrics: sum('Throttles'),
      above: 0,
      period: 5 * minute,
    };
    // A bad token is an error of the authorizer too, as only an error makes it a 401: it has a metric of its own for what is none.
    return [...(name === 'Authorizer' ? [] : [[`${name}ErrorsAlarm`, errors] as [string, Watched]]), [`${name}ThrottlesAlarm`, throttles]];
  });
  return Object.fromEntries(each);
}

function ofQueues(): Record<string, Watched> {
  // Each new one is told: it is over a minute later, whatever lies in the queue. What SQS moves itself counts as sent nowhere, so a rise of
  // what lies there tells as well.
  const letters = (queue: string, description: string): Watched => ({
    entry: 'dead-letters',
    description,
    metrics: {
      sent: [ofQueue(queue, 'NumberOfMessagesSent'), 'Sum'],
      there: [ofQueue(queue, 'ApproximateNumberOfMessagesVisible'), 'Maximum'],
    },
    expression: 'IF(FILL(sent, 0) > 0 OR DIFF(FILL(there, 0)) > 0, 1, 0)',
    above: 0,
    period: minute,
  });
  const age = (queue: string): Watched => ({
    entry: 'waiting-events',
    description: 'A job event has waited for a quarter of an hour',
    metrics: { age: [ofQueue(queue, 'ApproximateAgeOfOldestMessage'), 'Maximum'] },
    above: 900,
    period: minute,
  });
  return {
    DeadLettersAlarm: letters('JobEventDeadLetters', 'An event of the bus could not be carried out'),
    FifoDeadLettersAlarm: letters('JobEventFifoDeadLetters', 'An event of the FIFO queue could not be carried out'),
    UndeliveredAlarm: letters('JobEventUndelivered', 'EventBridge could not hand an event to its queue'),
    QueueAgeAlarm: age('JobEventQueue'),
    FifoQueueAgeAlarm: age('JobEventFifoQueue'),
  };
}

/** What Firehose cannot deliver it keeps for a day, and then gives up. */
function ofArchive(compiled: Compiled): Record<string, Watched> {
  const streams = ofType(compiled, 'AWS::KinesisFirehose::DeliveryStream').map(([id]): [string, Watched] => [
    `${id}LateAlarm`,
    {
      entry: 'audit-late',
      description: 'The audit archive has not got what has waited for a quarter of an hour',
      metrics: { age: [ofStream(id, 'DeliveryToS3.DataFreshness'), 'Maximum'] },
      above: 900,
      period: 5 * minute,
    },
  ]);
  return Object.fromEntries(streams);
}

function alarm({ entry, description, metrics, expression, above, period, periods = 1 }: Watched): Resource {
  const common = {
    AlarmDescription: `${description}: docs/runbook.md#${entry}`,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: above,
    EvaluationPeriods: periods,
    // A count of zero is sent by nobody.
    TreatMissingData: 'notBreaching',
  };
  const parts = Object.entries(metrics).map(([id, [metric, statistic]]) => ({ id, statistic, ...cloudWatchMetric(metric) }));
  if (expression === undefined) {
    const [{ id: _, statistic = '', ...metric } = {}] = parts;
    const Statistic = /^p\d/.test(statistic)
      ? { ExtendedStatistic: statistic, EvaluateLowSampleCountPercentile: 'ignore' }
      : { Statistic: statistic };
    return { Type: 'AWS::CloudWatch::Alarm', Properties: { ...common, ...metric, ...Statistic, Period: period } };
  }
  const Metrics = [
    { Id: 'watched', Expression: expression, Label: description },
    ...parts.map(({ id, statistic, ...Metric }) => ({
      Id: id,
      ReturnData: false,
      MetricStat: { Metric, Stat: statistic, Period: period },
    })),
  ];
  return { Type: 'AWS::CloudWatch::Alarm', Properties: { ...common, Metrics } };
}

function cloudWatchMetric({ namespace, name, dimensions }: Metric) {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace: namespace, MetricName: name, Dimensions };
}
