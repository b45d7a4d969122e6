import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { awsErrorNote } from '../runtime/aws-error.ts';
import { type Config, ConfigError, parseConfig } from '../runtime/config.ts';
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

type Upstream = Pick<Config, 'endpoint' | 'projectId' | 'secretId'>;
/** Whom to tell of the readings of the secret; those before anybody is there wait. */
interface Readings {
  tell: (reading: SecretReading) => void;
  waiting: SecretReading[];
}

let begun: { of: Upstream; cci: Cci; readings: Readings } | undefined;

/**
 * Begins to read the secret and opens a connection to CCI while the rest of a function is still loading; connectCci then takes it over. Where
 * the configuration has mistakes nothing is begun: whoever parses it says which.
 */
export function beginCci(env: Record<string, string | undefined>): void {
  try {
    const { endpoint, projectId, secretId } = parseConfig(env);
    const of = { endpoint, projectId, secretId };
    const waiting: SecretReading[] = [];
    const readings: Readings = { waiting, tell: (reading) => void waiting.push(reading) };
    const { cci, credentials, transport } = create(of, readings);
    begun = { of, cci, readings };
    credentials.begin();
    transport.open();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}

/**
 * The upstream as the configuration names it, with credentials from Secrets Manager: that which was begun, if it is the same. `tell` is called
 * for each reading of the secret, those before included.
 */
export function connectCci({ endpoint, projectId, secretId }: Upstream, tell: (reading: SecretReading) => void): Cci {
  const { of, cci, readings } = begun ?? {};
  begun = undefined;
  if (readings) readings.tell = tell;
  for (const reading of readings?.waiting.splice(0) ?? []) tell(reading);
  if (cci && of?.endpoint === endpoint && of.projectId === projectId && of.secretId === secretId) return cci;
  return create({ endpoint, projectId, secretId }, { tell, waiting: [] }).cci;
}

function create({ endpoint, projectId, secretId }: Upstream, readings: Readings) {
  const credentials = createCredentials({ SecretId: secretId }, tellingClient(readings));
  const transport = createTransport(new URL(endpoint));
  return { credentials, transport, cci: createCci({ endpoint, projectId, credentials, transport }) };
}

function tellingClient(readings: Readings): SecretsManagerClient {
  const client = connectSecretsManager();
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        const result = await next(args);
        readings.tell({ verb: 'get', outcome: 'read', version: 'VersionId' in result.output ? result.output.VersionId : undefined });
        return result;
      } catch (error) {
        readings.tell({ verb: 'get', outcome: 'failed', error: awsErrorNote(error).error });
        throw error;
      }
    },
    { step: 'initialize', name: 'tellOfReading' },
  );
  return client;
}
