/** A handler that only imports the AWS client and makes one. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

const client = new SecretsManagerClient({});
export const handler = async () => ({
  statusCode: client && GetSecretValueCommand ? 200 : 500,
  headers: {},
  body: '{}',
  isBase64Encoded: false,
});
