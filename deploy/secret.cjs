// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's variables look like JavaScript's
const whole = /^arn:/;

/** What a role may do with the secret that the parameter secretName names, and with the key that encrypts it. */
module.exports = async ({ resolveVariable }) => {
  const [secret, key] = [await resolveVariable('param:secretName'), await resolveVariable('param:secretKmsKeyArn')];
  const arn = whole.test(secret)
    ? secret
    : // Secrets Manager adds a hyphen and six characters to the name.
      { 'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${secret}-??????` };
  const may = (secretActions, keyActions) => [
    { Effect: 'Allow', Action: secretActions, Resource: arn },
    ...(key ? [{ Effect: 'Allow', Action: keyActions, Resource: key, Condition: throughSecretsManager }] : []),
  ];
  return {
    arn,
    read: may('secretsmanager:GetSecretValue', 'kms:Decrypt'),
    rotate: may(
      ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map((action) => `secretsmanager:${action}`),
      ['kms:Decrypt', 'kms:GenerateDataKey'],
    ),
  };
};

const throughSecretsManager = {
  StringEquals: { 'kms:ViaService': { 'Fn::Sub': 'secretsmanager.${AWS::Region}.${AWS::URLSuffix}' } },
};
