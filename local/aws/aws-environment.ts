import { devNull } from 'node:os';

/**
 * What the AWS SDK is told where nothing of AWS is to be reached but what AWS_ENDPOINT_URL_… names. The keys are checked by nobody.
 */
export function awsEnvironment(accessKeyId: string, secretAccessKey: string) {
  return {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The files in the home directory may name other endpoints too.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}
