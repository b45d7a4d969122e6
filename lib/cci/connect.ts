import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config } from '../runtime/config.ts';
import { type Cci, createCci } from './client.ts';
import { createCredentials } from './credentials/credentials.ts';
import { createTransport } from './transport.ts';

/** A client of Secrets Manager (region and endpoint by the SDK's own variables). */
export function connectSecretsManager(): SecretsManagerClient {
  // Thrown, not only logged: a connection that died in a frozen Lambda is given up in time for another.
  return new SecretsManagerClient({ requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true } });
}

/** The upstream as the configuration names it, with credentials from Secrets Manager. */
export function connectCci({ endpoint, projectId, secretId }: Pick<Config, 'endpoint' | 'projectId' | 'secretId'>): Cci {
  const credentials = createCredentials({ SecretId: secretId }, connectSecretsManager());
  return createCci({ endpoint, projectId, credentials, transport: createTransport(new URL(endpoint)) });
}
