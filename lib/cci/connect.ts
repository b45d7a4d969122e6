import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Config, ConfigError, parseConfig } from '../runtime/config.ts';
import { type Cci, createCci } from './client.ts';
import { createCredentials } from './credentials/credentials.ts';
import { createTransport } from './transport.ts';

/** A client of Secrets Manager (region and endpoint by the SDK's own variables). */
export function connectSecretsManager(): SecretsManagerClient {
  // Thrown, not only logged: a connection that died in a frozen Lambda is given up in time for another.
  return new SecretsManagerClient({ requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true } });
}

type Upstream = Pick<Config, 'endpoint' | 'projectId' | 'secretId'>;

let begun: { of: Upstream; cci: Cci } | undefined;

/**
 * Begins to read the secret and opens a connection to CCI while the rest of a function is still loading; connectCci then takes it over. Where
 * the configuration has mistakes nothing is begun: whoever parses it says which.
 */
export function beginCci(env: Record<string, string | undefined>): void {
  try {
    const { endpoint, projectId, secretId } = parseConfig(env);
    const of = { endpoint, projectId, secretId };
    const { cci, credentials, transport } = create(of);
    begun = { of, cci };
    credentials.begin();
    transport.open();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}

/** The upstream as the configuration names it, with credentials from Secrets Manager: that which was begun, if it is the same. */
export function connectCci({ endpoint, projectId, secretId }: Upstream): Cci {
  const { of, cci } = begun ?? {};
  begun = undefined;
  if (cci && of?.endpoint === endpoint && of.projectId === projectId && of.secretId === secretId) return cci;
  return create({ endpoint, projectId, secretId }).cci;
}

function create({ endpoint, projectId, secretId }: Upstream) {
  const credentials = createCredentials({ SecretId: secretId }, connectSecretsManager());
  const transport = createTransport(new URL(endpoint));
  return { credentials, transport, cci: createCci({ endpoint, projectId, credentials, transport }) };
}
