/** How the secret's rotation begins: by hand alone, or also by the parameter rotationSchedule; YAML cannot leave a property out. */
module.exports = async ({ resolveVariable }) => {
  const schedule = await resolveVariable('param:rotationSchedule');
  return {
    SecretId: await resolveVariable('param:secretName'),
    RotationLambdaARN: { 'Fn::GetAtt': ['RotateCredentialsLambdaFunction', 'Arn'] },
    RotateImmediatelyOnUpdate: false, // a deployment rotates nothing; Secrets Manager only tries the function, with the current secret
    ...(schedule && { RotationRules: { ScheduleExpression: schedule } }),
  };
};
