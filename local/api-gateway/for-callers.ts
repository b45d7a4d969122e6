import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { LocalCallers } from '../callers.ts';
import { makeCertificate } from '../certificate.ts';
import { type ApiGateway, type ApiGatewayOptions, startApiGateway } from './api-gateway.ts';

/**
 * Writes a configuration of kubectl with a context for each caller, by name, into a folder of its own that nobody else may read. kubectl
 * sends a token over TLS alone, hence the certificate. Returns the file's path.
 */
async function writeKubeconfig(server: string, certificate: string, callers: LocalCallers): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'tfjob-gateway-')), 'kubeconfig');
  const all = [...callers];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'gateway', cluster: { server, 'certificate-authority-data': Buffer.from(certificate).toString('base64') } }],
    users: all.map(([token, { user }]) => ({ name: user, user: { token } })),
    contexts: all.map(([, { user }]) => ({ name: user, context: { cluster: 'gateway', user, namespace: 'kube-test' } })),
    'current-context': all[0]?.[1].user,
  };
  await writeFile(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return file;
}

/** How kubectl becomes each of the callers. */
function aboutCallers(kubeconfig: string, callers: LocalCallers): string {
  const lines = [...callers.values()].map(({ user, groups }) => {
    const member = groups.length > 0 ? `, in ${groups.join(' and ')}` : ', in no group';
    return `kubectl --kubeconfig ${kubeconfig} --context ${user} get tfjobs   # ${user}${member}`;
  });
  return lines.join('\n');
}

/**
 * Starts the gateway for callers with tokens: plainly for whoever sets the header himself, and with TLS for kubectl. `about` tells how
 * kubectl becomes each of them.
 */
export async function startForCallers(options: ApiGatewayOptions, callers: LocalCallers): Promise<ApiGateway & { about: string }> {
  const certificate = makeCertificate({ days: 30 });
  const gateway = await startApiGateway({ ...options, auth: callers, certificate });
  const kubeconfig = await writeKubeconfig(gateway.secureUrl as string, certificate.cert, callers);
  const close = async () => {
    await gateway.close();
    await rm(dirname(kubeconfig), { recursive: true });
  };
  return { ...gateway, close, about: aboutCallers(kubeconfig, callers) };
}
