import { createHash } from 'node:crypto';
import { type Compiled, ofType } from './template.ts';

const taken = /^AWS::ApiGateway::(RestApi|Resource|Method|Authorizer|GatewayResponse)$/;

/**
 * A deployment of API Gateway is a snapshot, so there must be a new one whenever the API has changed. The framework makes one with every
 * package, and so never finds a stack that is deployed already. Here its name is a digest of what the snapshot takes. It is taken after API
 * Gateway's own answers were written; the stage is a resource of its own.
 */
export function deployApi(compiled: Compiled): void {
  const { Resources } = compiled.template;
  const [found, ...others] = ofType(compiled, 'AWS::ApiGateway::Deployment');
  const stage = Resources.ApiGatewayStage;
  if (!found || others.length > 0 || !stage) throw new Error('the stack must have one deployment of its API, and one stage');
  const [name, deployment] = found;
  const api = Object.entries(Resources)
    .filter(([, { Type }]) => taken.test(Type))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHash('sha256').update(JSON.stringify(api)).digest('hex').slice(0, 16);
  const id = `ApiGatewayDeployment${digest}`;
  const answers = ofType(compiled, 'AWS::ApiGateway::GatewayResponse').map(([answer]) => answer);
  delete deployment.Properties.StageName;
  deployment.DependsOn = [deployment.DependsOn ?? [], answers].flat();
  delete Resources[name];
  Resources[id] = deployment;
  stage.Properties.DeploymentId = { Ref: id };
}
