import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credential } from '../../credentials.ts';
import { buildWith, httpHandlers } from '../../policies.ts';
import { type Cluster, startCluster } from '../cluster.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { sendOk } from '../http.ts';
import type { Tools } from '../tools.ts';
import { access, type Caller, callers } from './callers.ts';
import type { Written } from './policies.ts';

/** An API server and a gateway with the same audit policy, and the files into which each tells. */
export interface Sides {
  policy: Written;
  direct: Cluster;
  directLog: string;
  gateway: Gateway;
  stop(): Promise<void>;
}
/** What all sides have in common. */
export interface Ground {
  tools: Tools;
  folder: string;
  etcdUrl: string;
  /** Has the objects of every `direct`, and no audit log. */
  base: Cluster;
  /** The gateways' upstream. */
  plain: Cluster;
  callersFile: string;
  callers: string;
  tokens: Record<Caller, string>;
}

const program = fileURLToPath(new URL('../admission/serve.ts', import.meta.url));
const name = 'audit';

/** Starts the API server whose objects all those with an audit log have, and writes the file of callers. */
export async function startGround(tools: Tools, etcdUrl: string, folder: string): Promise<Ground> {
  const people = Object.keys(callers) as (keyof typeof callers)[];
  const tokens = Object.fromEntries([...people, 'nobody'].map((one) => [one, credential(randomUUID())])) as Record<Caller, string>;
  const lines = people.map((one) => {
    const [uid, groups] = callers[one];
    // An API server takes empty quotes for a group without a name.
    return `${tokens[one]},${one},${uid}${groups && `,"${groups}"`}\n`;
  });
  const callersFile = join(folder, 'audit-callers.csv');
  await writeFile(callersFile, lines.join(''), { mode: 0o600 });
  const [base, plain] = await Promise.all(
    [name, `${name}-upstream`].map((one) => startCluster(tools, 'cci', etcdUrl, folder, { name: one })) as [
      Promise<Cluster>,
      Promise<Cluster>,
    ],
  );
  for (const body of access) {
    const { namespace } = body.metadata;
    const path = `/apis/${body.apiVersion}${namespace ? `/namespaces/${namespace}` : ''}/${body.kind.toLowerCase()}s`;
    await sendOk(base.endpoint, { method: 'POST', path, body });
  }
  return { tools, folder, etcdUrl, base, plain, callersFile, callers: lines.join(''), tokens };
}

/** Starts both sides of a policy. */
export async function startSides(ground: Ground, policy: Written, number: number): Promise<Sides> {
  const stops: (() => Promise<void>)[] = [];
  let stopped: Promise<unknown> | undefined;
  const stop = async () => {
    stopped ??= Promise.all(stops.map((end) => end()));
    await stopped;
  };
  const { title: _, ...said } = policy;
  const manifest = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...said };
  const own = `${name}-${number}`;
  try {
    const distDir = await buildWith([manifest, ...access], httpHandlers);
    stops.push(() => rm(distDir, { recursive: true }));
    const [direct, gateway] = await Promise.all([
      startDirect(ground, manifest, own),
      startGateway(ground.plain, ground.folder, {
        name: own,
        program,
        environment: { DIST_DIR: distDir, AUTH_TOKENS: ground.callersFile },
      }),
    ]);
    stops.push(direct.stop, gateway.stop);
    return { policy, direct, directLog: logOf(ground, own), gateway, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const logOf = ({ folder }: Ground, own: string) => join(folder, `${own}-direct.log`);

async function startDirect(ground: Ground, manifest: object, own: string): Promise<Cluster> {
  const { tools, folder, etcdUrl, callers: people } = ground;
  const file = join(folder, `${own}.yaml`);
  await writeFile(file, JSON.stringify(manifest));
  const flags = [
    `--audit-policy-file=${file}`,
    `--audit-log-path=${logOf(ground, own)}`,
    '--audit-log-mode=blocking',
    '--audit-log-truncate-enabled',
    '--audit-log-truncate-max-event-size=102400',
  ];
  return startCluster(tools, 'cci', etcdUrl, folder, { name: own, beside: name, flags, callers: people });
}
