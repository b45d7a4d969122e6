import { completeTemplate } from '../../../deploy/template/complete.ts';
import type { Compiled, Resource } from '../../../deploy/template/template.ts';
import { archives, events, functions, jwt, resources, rotationOn } from './deployment.ts';
import { defaults, type Given } from './parameters.ts';

/** The logical id that the framework makes of a function's name. */
export const idOf = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** What the framework compiles, as far as it matters: every function with its log group, and the API with one method. */
export function compiled(given: Given = {}, edit: (template: Compiled['template']) => void = () => undefined): Compiled {
  const own = structuredClone({
    ...resources,
    ...jwt.resources.Resources,
    ...rotationOn.resources.Resources,
    ...archives[given.audit ?? ''],
  }) as Record<string, Resource>;
  for (const [name, { role, environment, description }] of Object.entries(functions) as [
    string,
    (typeof functions)[string] & { description?: string },
  ][]) {
    const Properties = { Role: role, Environment: { Variables: environment }, Description: description };
    own[`${idOf(name)}LambdaFunction`] = { Type: 'AWS::Lambda::Function', Properties };
    own[`${idOf(name)}LogGroup`] = { Type: 'AWS::Logs::LogGroup', Properties: {} };
  }
  own.ApiGatewayRestApi = { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'tfjob-gateway-prod', Policy: '' } };
  own.ApiGatewayMethodGet = { Type: 'AWS::ApiGateway::Method', Properties: { HttpMethod: 'GET' } };
  own.ApiGatewayDeployment1795 = {
    Type: 'AWS::ApiGateway::Deployment',
    DependsOn: ['ApiGatewayMethodGet'],
    Properties: { RestApiId: { Ref: 'ApiGatewayRestApi' }, StageName: 'prod' },
  };
  const template = { Resources: own, Outputs: structuredClone(events.resources.Outputs) };
  edit(template);
  const values = Object.fromEntries(Object.entries({ ...defaults, ...given }).map(([name, value]) => [name, String(value)]));
  return { template, values, stage: 'prod', service: 'tfjob-gateway-prod' };
}

/** The template as it is deployed with these parameters, beside the defaults. */
export function deployed(given: Given = {}, edit?: (template: Compiled['template']) => void): Compiled['template'] {
  const all = compiled(given, edit);
  completeTemplate(all);
  return all.template;
}
