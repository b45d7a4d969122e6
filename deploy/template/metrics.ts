import type { Compiled } from './template.ts';

/** One metric of CloudWatch: names of dimensions, and what they are, which CloudFormation may have to fill in. */
export interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, unknown>;
}

/** A metric that the functions print (lib/runtime/metrics.ts). */
export function own({ service }: Compiled, name: string): Metric {
  return { namespace: 'TfjobGateway', name, dimensions: { service } };
}

/** A metric of AWS about a function, by its logical id. */
export function ofFunction(id: string, name: string): Metric {
  return { namespace: 'AWS/Lambda', name, dimensions: { FunctionName: { Ref: id } } };
}

/** A metric of AWS about a queue, by its logical id. */
export function ofQueue(id: string, name: string): Metric {
  return { namespace: 'AWS/SQS', name, dimensions: { QueueName: { 'Fn::GetAtt': [id, 'QueueName'] } } };
}

/** A metric of AWS about a delivery stream, by its logical id. */
export function ofStream(id: string, name: string): Metric {
  return { namespace: 'AWS/Firehose', name, dimensions: { DeliveryStreamName: { Ref: id } } };
}

/** A metric of AWS about the API's stage. */
export function ofApi({ template, stage }: Compiled, name: string): Metric {
  return {
    namespace: 'AWS/ApiGateway',
    name,
    dimensions: { ApiName: template.Resources.ApiGatewayRestApi?.Properties.Name, Stage: stage },
  };
}
