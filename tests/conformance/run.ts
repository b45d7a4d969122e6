/** `npm run conformance`: the gateway before a real Kubernetes API server, asked by real clients. README.md here says more. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientLibraries } from './clients.ts';
import { type Cluster, startCluster, startEtcd } from './cluster.ts';
import { checkMeant, differential } from './differential.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { closeConnections } from './http.ts';
import { kubectlSuite } from './kubectl.ts';
import { killAll, run, whenStopped } from './processes.ts';
import { count, say, summary } from './report.ts';
import { tools as buildTools } from './tools.ts';
import { yamlSuite } from './yaml.ts';

/** What a part of the suite gets: a cluster, the gateway before it, and a folder of its own for files. */
export interface Stage {
  cluster: Cluster;
  gateway: Gateway;
  folder: string;
}

/** Requests that schemathesis generates from docs/openapi.yaml, to the gateway of `npm start`, which waits for no other server. */
async function generatedByDocument(): Promise<void> {
  say('schemathesis');
  const program = fileURLToPath(new URL('./schemathesis.ts', import.meta.url));
  const { stdout, stderr } = await run(process.execPath, [program], { timeout: 10 * 60_000, env: { ...process.env, TMPDIR: folder } });
  const [, passed = 0, failed = 1] = /^schemathesis: (\d+) passed, (\d+) failed$/m.exec(stdout) ?? [];
  count('schemathesis', { passed: Number(passed), failed: Number(failed) });
  if (Number(failed) > 0) process.stdout.write(`${stdout}${stderr}`);
}

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-conformance-'));
const stops: (() => Promise<void>)[] = [];
let code = 1;

whenStopped(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

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
  if (asked('differential') && asked('yaml')) checkMeant();
  if (asked('schemathesis')) await generatedByDocument();
  code = summary();
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\nconformance: it did not get to the end\n`);
} finally {
  // The gateways first: nothing is to ask a server that has gone.
  for (const stop of stops.reverse()) await stop();
  // Where one start failed, another may have been under way.
  killAll();
  closeConnections();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exitCode = code;
