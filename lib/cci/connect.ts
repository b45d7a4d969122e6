import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsErrorNote } from '../runtime/aws-error.ts';
import type { Config } from '../runtime/config.ts';
import { type Cci, createCci } from './client.ts';
import { createCredentials } from './credentials/credentials.ts';
import { createTransport } from './transport.ts';

/** What is told of each reading of the secret. */
export interface SecretReading {
  verb: 'get';
  outcome: 'read' | 'failed';
  version?: string | undefined;
  error?: string | undefined;
}

/** A client of Secrets Manager (region and endpoint by the SDK's own variables). */
export function connectSecretsManager(): SecretsManagerClient {
  // Thrown, not only logged: a connection that died in a frozen Lambda is given up in time for another.
  return new SecretsManagerClient({ requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true } });
}

/**
 * The upstream as the configuration names it, with credentials from Secrets Manager. It reads the secret and connects at once, before there is a
 * request (docs/upstream.md, early-start). `tell` is called for each reading of the secret.
 */
export function connectCci(
  { endpoint, projectId, secretId }: Pick<Config, 'endpoint' | 'projectId' | 'secretId'>,
  tell: (reading: SecretReading) => void,
): Cci {
  const client = connectSecretsManager();
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const result = await next(args);
        tell({ verb: 'get', outcome: 'read', version: 'VersionId' in result.output ? result.output.VersionId : undefined });
        return result;
      } catch (error) {
        tell({ verb: 'get', outcome: 'failed', error: awsErrorNote(error).error });
        throw error;
      }
    },
    { step: 'initialize', name: 'tellOfReading' },
  );
  const credentials = createCredentials({ SecretId: secretId }, client);
  const transport = createTransport(new URL(endpoint));
  credentials.begin();
  transport.open();
  return createCci({ endpoint, projectId, credentials, transport });
}
