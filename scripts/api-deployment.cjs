/** What serverless.yml cannot say itself: the name of API Gateway's deployment changes with every package, and variables work in values only. */
module.exports = async ({ resolveVariable, resolveConfigurationProperty }) => {
  const resources = await resolveConfigurationProperty(['resources', '0', 'Resources']);
  const answers = Object.keys(resources).filter((name) => resources[name].Type === 'AWS::ApiGateway::GatewayResponse');
  const deployment = `ApiGatewayDeployment${await resolveVariable('sls:instanceId')}`;
  // The stage is a resource of its own; and a deployment is a snapshot, so it is taken after API Gateway's answers were written.
  return { extensions: { [deployment]: { Properties: { StageName: null }, DependsOn: answers } } };
};
