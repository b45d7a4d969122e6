import { devNull } from 'node:os';
import { join } from 'node:path';
import { startSecretsManager } from '../../local/secrets-manager.ts';
import type { Cluster } from './cluster.ts';
import { type Endpoint, send } from './http.ts';
import { freePorts, start } from './processes.ts';

/** A gateway that runs before a cluster. */
export interface Gateway {
  endpoint: Endpoint;
  /** The file with what it logs. */
  log: string;
  stop(): Promise<void>;
}

const secretName = 'conformance/cluster';
/** An annotation and a label that no caller may change, so that this shows as well. */
export const protectedKeys = 'protected.example.com/*,team';

/** Starts what `npm run gateway` runs after its build, with the cluster as its upstream and a bearer token as its credentials. */
export async function startGateway(cluster: Cluster, folder: string): Promise<Gateway> {
  const value = JSON.stringify({ token: cluster.endpoint.token });
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value } } });
  const [port] = await freePorts(1);
  // Nothing of the machine's own AWS settings reaches it.
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS|CCI|POWERTOOLS)_|^NODE_/.test(name));
  const env = {
    ...Object.fromEntries(own),
    PORT: String(port),
    AUTH: 'none',
    LAYOUT: cluster.layout,
    PROTECTED_KEYS: protectedKeys,
    CCI_ENDPOINT: cluster.endpoint.url,
    CCI_SECRET_ID: secretName,
    NODE_EXTRA_CA_CERTS: cluster.caFile,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
  const server = start(process.execPath, ['local/gateway.ts'], join(folder, `gateway-${cluster.layout}.log`), env);
  const endpoint = { url: `http://127.0.0.1:${port}` };
  const stop = async () => {
    await Promise.all([server.stop(), secrets.close()]);
  };
  try {
    await server.until(async () => (await send(endpoint, { path: '/' })).status > 0);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, log: server.log, stop };
}
