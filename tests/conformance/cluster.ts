import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { credential } from '../credentials.ts';
import { freePorts } from '../free-ports.ts';
import { crd, kinds, type Layout } from './crds.ts';
import { type Endpoint, send, sendOk } from './http.ts';
import { must, type Server, start } from './processes.ts';
import type { Tools } from './tools.ts';

/** A running API server with the kinds of one layout. */
export interface Cluster {
  layout: Layout;
  endpoint: Required<Endpoint>;
  /** The file with the API server's certificate. */
  caFile: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** The namespaces that every cluster has. */
export const namespaces = ['kube-test', 'direct', 'through', 'other', 'watch-kubectl'];

/** Starts etcd, which both clusters share. */
export async function startEtcd(tools: Tools, folder: string): Promise<Server & { url: string }> {
  const [port, peerPort] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  const data = ['--data-dir', join(folder, 'etcd'), '--initial-cluster', `default=${peer}`, '--initial-advertise-peer-urls', peer];
  // Nothing of a run is kept, so no write has to reach the disk before it is answered.
  const listen = ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peer, '--unsafe-no-fsync'];
  const server = start(tools.etcd, [...data, ...listen], join(folder, 'etcd.log'));
  await server.until(async () => (await send({ url }, { path: '/health' })).body?.health === 'true');
  return { ...server, url };
}

/** How a cluster differs from that of its layout. */
export interface ClusterOptions {
  /** What its folder and its keys in etcd begin with; default: the layout. */
  name?: string;
  /** Further lines of its file of tokens: `token,user,uid,"group,group"`. */
  callers?: string;
  /** The name of a cluster whose keys in etcd it has, and so all its objects; nothing is installed then. */
  beside?: string;
  /** Further flags of the API server. */
  flags?: readonly string[];
}

/** Starts an API server with the CRDs of a layout and waits until it serves them. */
export async function startCluster(
  tools: Tools,
  layout: Layout,
  etcdUrl: string,
  parent: string,
  { name = layout, callers = '', beside, flags = [] }: ClusterOptions = {},
): Promise<Cluster> {
  const folder = join(parent, name);
  await mkdir(folder);
  const [port] = await freePorts(1);
  const token = credential(randomUUID());
  const inFolder = (file: string) => join(folder, file);
  await writeFile(inFolder('tokens.csv'), `${token},conformance,conformance,"system:masters"\n${callers}`, { mode: 0o600 });
  await must('openssl', ['genrsa', '-out', inFolder('service-account.key'), '2048']);

  const server = start(
    tools.apiserver,
    [
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=10.254.254.1',
      '--endpoint-reconciler-type=none',
      `--cert-dir=${inFolder('certificates')}`,
      `--token-auth-file=${inFolder('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${inFolder('service-account.key')}`,
      `--service-account-signing-key-file=${inFolder('service-account.key')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--disable-admission-plugins=ServiceAccount',
      `--etcd-servers=${etcdUrl}`,
      `--etcd-prefix=/${beside ?? name}`,
      ...flags,
    ],
    inFolder('apiserver.log'),
  );
  const caFile = inFolder('certificates/apiserver.crt');
  const endpoint = { url: `https://127.0.0.1:${port}`, token, ca: '' };
  await server.until(async () => {
    if (!existsSync(caFile)) return false;
    endpoint.ca = await readFile(caFile, 'utf8');
    return (await send(endpoint, { path: '/readyz' })).status === 200;
  });
  if (beside === undefined) await install(endpoint, layout);
  await untilServed(server, endpoint, layout);
  return { layout, endpoint, caFile, pid: server.pid, stop: server.stop };
}

async function install(endpoint: Endpoint, layout: Layout): Promise<void> {
  const post = (path: string, body: object) => sendOk(endpoint, { method: 'POST', path, body });
  for (const kind of kinds[layout]) await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd(layout, kind));
  for (const name of namespaces) await post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** A definition is served a moment after it was accepted, and its OpenAPI schema a moment later. */
async function untilServed(server: Server, endpoint: Endpoint, layout: Layout): Promise<void> {
  await server.until(async () => {
    for (const { plural } of kinds[layout]) {
      const { status } = await send(endpoint, { path: `/apis/kubeflow.org/v1/namespaces/kube-test/${plural}` });
      if (status !== 200) return false;
    }
    return true;
  });
}
