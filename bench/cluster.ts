import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../lib/json/json.ts';
import { startCluster, startEtcd } from '../tests/conformance/cluster.ts';
import { type Endpoint, send, sendOk } from '../tests/conformance/http.ts';
import { type Server, start } from '../tests/conformance/processes.ts';
import { tools as buildTools } from '../tests/conformance/tools.ts';
import { freePorts } from '../tests/free-ports.ts';
import { documentedJob } from './job.ts';
import { installPolicy } from './policy.ts';
import type { Stage } from './stage.ts';
import { kubeRbacProxy } from './tools.ts';

/** A server that requests go to: an address, the token it wants, and its process. */
export interface Peer {
  url: string;
  token?: string;
  pid: number;
}
/** A real API server, and the proxies before it. The admission policy holds in the namespace `governed` alone. */
export interface Peers {
  apiserver: Peer & { token: string; ca: string };
  kubectlProxy: Peer;
  kubeRbacProxy: Peer;
}

/** A namespace where the admission policy holds, and the one where it does not. */
export const [governed, free] = ['through', 'kube-test'] as const;

/** Creates a job at the API server. */
export async function createJob(endpoint: Endpoint, namespace: string, name: string): Promise<string> {
  const path = `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs`;
  const job = documentedJob({ ttl: 900, name }) as JsonObject & { metadata: JsonObject };
  for (const key of ['resourceVersion', 'uid', 'selfLink', 'generation', 'creationTimestamp']) delete job.metadata[key];
  job.metadata.namespace = namespace;
  await sendOk(endpoint, { method: 'POST', path, body: job });
  return `${path}/${name}`;
}

/** Starts etcd, the API server and the proxies; they end with the stage. Throws where Go, etcd or openssl are missing. */
export async function startPeers(stage: Stage): Promise<Peers> {
  const { folder, stops } = stage;
  const tools = await buildTools();
  const rbacProxy = await kubeRbacProxy();
  const etcd = await startEtcd(tools, folder);
  stops.push(etcd.stop);
  const cluster = await startCluster(tools, 'cci', etcd.url, folder);
  stops.push(cluster.stop);
  const { endpoint, caFile } = cluster;
  await installPolicy(endpoint, governed, await createJob(endpoint, governed, 'policy'));

  const kubeconfig = join(folder, 'kubeconfig.json');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server: endpoint.url, 'certificate-authority': caFile } }],
    users: [{ name: 'bench', user: { token: endpoint.token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  };
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  // kube-rbac-proxy takes the caller's token away and goes on as itself. On this server, that may be nobody in particular.
  const name = 'bench-anonymous';
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' }];
  const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects };
  await sendOk(endpoint, { method: 'POST', path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', body });

  // Both serve plain HTTP, which is the cheapest they can do.
  const [kubectlPort, rbacPort] = (await freePorts(2)) as [number, number];
  const proxyArgs = ['proxy', `--kubeconfig=${kubeconfig}`, '--address=127.0.0.1', `--port=${kubectlPort}`];
  const rbacArgs = [`--kubeconfig=${kubeconfig}`, `--insecure-listen-address=127.0.0.1:${rbacPort}`];
  const upstream = [`--upstream=${endpoint.url}/`, `--upstream-ca-file=${caFile}`];
  return {
    apiserver: { ...endpoint, pid: pidOf(cluster) },
    kubectlProxy: await proxy(stage, start(tools.kubectl, proxyArgs, join(folder, 'kubectl-proxy.log')), kubectlPort),
    kubeRbacProxy: await proxy(stage, start(rbacProxy, [...rbacArgs, ...upstream], join(folder, 'rbac.log')), rbacPort, endpoint.token),
  };
}

async function proxy({ stops }: Stage, server: Server, port: number, token?: string): Promise<Peer> {
  stops.push(server.stop);
  const peer = { url: `http://127.0.0.1:${port}`, ...(token !== undefined && { token }) };
  const path = `/apis/kubeflow.org/v1/namespaces/${free}/tfjobs`;
  await server.until(async () => {
    const { status, text } = await send(peer, { path });
    if (status > 0 && status !== 200) throw new Error(text);
    return status === 200;
  });
  return { ...peer, pid: pidOf(server) };
}

function pidOf({ pid }: { pid: number | undefined }): number {
  if (pid === undefined) throw new Error('a server has no process');
  return pid;
}
