/** A small model of CloudWatch: which state an alarm of the template is in, by samples of its metrics. */
import type { Resource } from '../../../deploy/template/template.ts';
import type { Loose } from '../gateway.ts';

/** A value of a metric within a minute, counted from some beginning. */
export interface Sample {
  metric: string;
  value: number;
  minute: number;
}

/** The name under which samples of a metric are found: what it is of, in the template's own words. */
export function metricKey({ Namespace, MetricName, Dimensions }: Loose): string {
  return `${Namespace} ${MetricName} ${Dimensions.map(({ Name, Value }: Loose) => `${Name}=${typeof Value === 'string' ? Value : JSON.stringify(Value)}`).join()}`;
}

/** The samples in records that functions printed, which are metrics by CloudWatch's embedded format. */
export function printedSamples(lines: readonly Loose[], minute: number): Sample[] {
  return lines.flatMap((line) =>
    (line._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions: [names], Metrics }: Loose) => {
      const Dimensions = names.map((Name: string) => ({ Name, Value: line[Name] }));
      return Metrics.map(({ Name: MetricName }: Loose) => ({
        metric: metricKey({ Namespace, MetricName, Dimensions }),
        value: line[MetricName],
        minute,
      }));
    }),
  );
}

/** A statistic over a period; undefined where there is no data. */
function statistic(name: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  if (/^p\d+$/.test(name)) return sorted[Math.ceil((Number(name.slice(1)) / 100) * sorted.length) - 1];
  const known: Record<string, () => number> = {
    Sum: () => values.reduce((a, b) => a + b, 0),
    Maximum: () => sorted.at(-1) as number,
    SampleCount: () => values.length,
  };
  const compute = known[name];
  if (!compute) throw new Error(`no statistic ${name}`);
  return compute();
}

/** What an alarm watches in one period: `back` periods before the one that ends with `minute`. */
type Watched = (back: number) => number | undefined;

function watchedBy({ Properties: alarm }: Resource, samples: readonly Sample[], minute: number): Watched {
  const series =
    ({ Metric, Stat, Period }: Loose): Watched =>
    (back) => {
      const end = minute - (back * Period) / 60;
      const key = metricKey(Metric);
      return statistic(
        Stat,
        samples
          .filter((sample) => sample.metric === key && sample.minute <= end && sample.minute > end - Period / 60)
          .map(({ value }) => value),
      );
    };
  if (!alarm.Metrics) return series({ Metric: alarm, Stat: alarm.Statistic ?? alarm.ExtendedStatistic, Period: alarm.Period });
  const parts = new Map<string, Watched>(
    alarm.Metrics.filter((part: Loose) => part.MetricStat).map((part: Loose) => [part.Id, series(part.MetricStat)]),
  );
  const { Expression } = alarm.Metrics.find((part: Loose) => part.ReturnData !== false);
  return compute(Expression, parts);
}

/** An expression of CloudWatch's metric math, as far as the template uses it. A value that is missing makes what is reckoned with it missing. */
function compute(expression: string, parts: ReadonlyMap<string, Watched>): Watched {
  const names = [...parts.keys()];
  // Each name becomes its value `back` periods ago, and DIFF asks for two of them.
  const script = expression
    .replaceAll(/\bDIFF\(((?:[^()]|\([^()]*\))*)\)/g, '(((back) => $1)(back) - ((back) => $1)(back + 1))')
    .replaceAll(/\bOR\b/g, '||')
    .replaceAll(new RegExp(`\\b(${names.join('|')})\\b`, 'g'), "at('$1', back)");
  const evaluate = new Function('at', 'FILL', 'IF', 'back', `return ${script}`);
  const fill = (value: number | undefined, instead: number) => value ?? instead;
  const either = (condition: boolean, one: number, other: number) => (condition ? one : other);
  return (back) => {
    const value = evaluate((name: string, ago: number) => parts.get(name)?.(ago), fill, either, back);
    return Number.isFinite(value) ? value : undefined;
  };
}

/** The state at the end of a minute. */
export function stateOf(alarm: Resource, samples: readonly Sample[], minute: number): 'OK' | 'ALARM' {
  const { Threshold, EvaluationPeriods, ComparisonOperator, TreatMissingData } = alarm.Properties;
  if (ComparisonOperator !== 'GreaterThanThreshold' || TreatMissingData !== 'notBreaching') throw new Error('not modelled');
  const watched = watchedBy(alarm, samples, minute);
  const values = Array.from({ length: EvaluationPeriods }, (_, back) => watched(back));
  return values.every((value) => value !== undefined && value > Threshold) ? 'ALARM' : 'OK';
}
