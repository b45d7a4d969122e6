// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
/**
 * A limit for each caller, so that a noisy one leaves the others their share: a usage plan and the keys under which API Gateway counts.
 * The authorizer names a caller's key (lib/auth/caller-key.ts); callers know none, and one that they send is not looked at. They are no
 * secrets. CloudFormation cannot make one for each caller, so callers share thirty-two.
 */
const count = 32;
// Unlike any other in the account, and without signs: the stack's own GUID.
const guid = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
const prefix = { 'Fn::Join': ['', { 'Fn::Split': ['-', guid] }] };

const resources = {
  CallerUsagePlan: {
    Type: 'AWS::ApiGateway::UsagePlan',
    Properties: {
      Description: 'What one caller may send; see docs/scale.md',
      ApiStages: [{ ApiId: { Ref: 'ApiGatewayRestApi' }, Stage: { Ref: 'ApiGatewayStage' } }],
      Throttle: { RateLimit: '${param:callerRate}', BurstLimit: '${param:callerBurst}' },
    },
  },
};
for (let index = 0; index < count; index++) {
  const number = String(index).padStart(2, '0');
  resources[`CallerKey${number}`] = {
    Type: 'AWS::ApiGateway::ApiKey',
    Properties: { Enabled: true, Value: { 'Fn::Join': ['', [prefix, number]] } },
  };
  resources[`CallerUsagePlanKey${number}`] = {
    Type: 'AWS::ApiGateway::UsagePlanKey',
    Properties: { KeyId: { Ref: `CallerKey${number}` }, KeyType: 'API_KEY', UsagePlanId: { Ref: 'CallerUsagePlan' } },
  };
}

module.exports = { prefix, resources: { Resources: resources } };
