/** `npm run conformance`: the gateway before a real Kubernetes API server, asked by real clients. The README of this folder says more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientLibraries } from './clients.ts';
import { type Cluster, startCluster, startEtcd } from './cluster.ts';
import { differential } from './differential.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { closeConnections } from './http.ts';
import { kubectlSuite } from './kubectl.ts';
import { killAll } from './processes.ts';
import { say, summary } from './report.ts';
import { tools as buildTools } from './tools.ts';
import { yamlSuite } from './yaml.ts';

/** What a part of the suite gets: a cluster, the gateway before it, and a folder of its own for files. */
export interface Stage {
  cluster: Cluster;
  gateway: Gateway;
  folder: string;
}

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-conformance-'));
const stops: (() => Promise<void>)[] = [];
let code = 1;

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.on(signal, () => {
    killAll();
    rm(folder, { recursive: true, force: true }).finally(() => process.exit(exitCode));
  });
}

try {
  const tools = await buildTools();
  say('starting etcd and two API servers, one for each layout');
  const etcd = await startEtcd(tools, folder);
  stops.push(etcd.stop);
  const stages = await Promise.all(
    (['cci', 'kubeflow'] as const).map(async (layout): Promise<Stage> => {
      const cluster = await startCluster(tools, layout, etcd.url, folder);
      stops.push(cluster.stop);
      const gateway = await startGateway(cluster, folder);
      stops.push(gateway.stop);
      return { cluster, gateway, folder };
    }),
  );
  const parts = process.argv.slice(2);
  const asked = (part: string) => parts.length === 0 || parts.includes(part);
  if (asked('kubectl')) await kubectlSuite(tools, stages);
  if (asked('clients')) await clientLibraries(tools, stages);
  if (asked('differential')) await differential(stages);
  if (asked('yaml')) await yamlSuite(stages);
  code = summary();
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\nconformance: it did not get to the end\n`);
} finally {
  // The gateways first: nothing is to ask a server that has gone.
  for (const stop of stops.reverse()) await stop();
  closeConnections();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = code;
