import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config } from '../config.ts';
import { type Cci, createCci } from './client.ts';
import { createCredentials } from './credentials.ts';
import { createTransport } from './transport.ts';

/** The upstream as the configuration names it, with credentials from Secrets Manager (region and endpoint by the SDK's own variables). */
export function connectCci({ endpoint, projectId, secretId }: Pick<Config, 'endpoint' | 'projectId' | 'secretId'>): Cci {
  const client = new SecretsManagerClient({ requestHandler: { connectionTimeout: 1000, requestTimeout: 3000 } });
  const credentials = createCredentials({ SecretId: secretId }, client);
  return createCci({ endpoint, projectId, credentials, transport: createTransport(new URL(endpoint)) });
}
