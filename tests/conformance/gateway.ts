import { join } from 'node:path';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { freePorts } from '../free-ports.ts';
import { environmentOf } from '../load/instance.ts';
import type { Cluster } from './cluster.ts';
import { type Endpoint, send } from './http.ts';
import { start } from './processes.ts';

/** A gateway that runs before a cluster. */
export interface Gateway {
  endpoint: Endpoint;
  /** The file with what it logs. */
  log: string;
  stop(): Promise<void>;
}

const secretName = 'conformance/cluster';
/** An annotation and a label that no caller may change, beside the recommended ones, so that this shows as well. */
const protectedKeys = 'recommended,protected.example.com/*,team';

/** How a gateway differs from the one that every cluster has. */
export interface GatewayOptions {
  /** What its log's name ends with; default: the layout. */
  name?: string;
  /** What of its environment is another, with AUTH_TOKENS instead of AUTH=none as well. */
  environment?: Record<string, string>;
  /** The program that serves it; default: what `npm run gateway` runs after its build. */
  program?: string;
}

/** Starts a gateway with the cluster as its upstream and a bearer token as its credentials. */
export async function startGateway(cluster: Cluster, folder: string, options: GatewayOptions = {}): Promise<Gateway> {
  const value = JSON.stringify({ token: cluster.endpoint.token });
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value } } });
  const environment = {
    ...environmentOf({ cci: cluster.endpoint.url, secretId: secretName, secretsManager: secrets.url }),
    LAYOUT: cluster.layout,
    PROTECTED_KEYS: protectedKeys,
    NODE_EXTRA_CA_CERTS: cluster.caFile,
    ...options.environment,
  };
  try {
    const gateway = await runGateway(environment, join(folder, `gateway-${options.name ?? cluster.layout}.log`), options.program);
    return { ...gateway, stop: async () => void (await Promise.all([gateway.stop(), secrets.close()])) };
  } catch (error) {
    await secrets.close();
    throw error;
  }
}

/** Starts what `npm run gateway` runs after its build (or another program) in this environment, on a free port; `log` gets what it says. */
export async function runGateway(environment: Record<string, string>, log: string, program = 'local/gateway.ts'): Promise<Gateway> {
  const [port] = await freePorts(1);
  const server = start(process.execPath, [program], log, {
    ...environment,
    PORT: String(port),
    // As deployed, unless it is asked for.
    WATCH: environment.WATCH ?? 'off',
    ...(environment.AUTH_TOKENS === undefined && { AUTH: 'none' }),
    POWERTOOLS_METRICS_DISABLED: 'false',
  });
  const endpoint = { url: `http://127.0.0.1:${port}` };
  try {
    await server.until(async () => (await send(endpoint, { path: '/' })).status > 0);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { endpoint, log: server.log, stop: () => server.stop() };
}
