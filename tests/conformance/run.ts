/** `npm run conformance`: the gateway before a real Kubernetes API server, asked by real clients. README.md here says more. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { searchFiles } from '../search.ts';
import { accessSuite } from './access.ts';
import { admissionSuite } from './admission.ts';
import { auditSuite } from './audit.ts';
import { clientLibraries } from './clients.ts';
import { type Cluster, startCluster, startEtcd } from './cluster.ts';
import { checkMeant, differential } from './differential.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { closeConnections } from './http.ts';
import { kubectlSuite } from './kubectl.ts';
import { kubectlFaults } from './kubectl-faults.ts';
import { killAll, run, whenStopped } from './processes.ts';
import { check, count, say, summary } from './report.ts';
import { tools as buildTools } from './tools.ts';
import { watchSuite } from './watch.ts';
import { yamlSuite } from './yaml.ts';

/** What a part of the suite gets: a cluster, the gateway before it, and a folder of its own for files. */
export interface Stage {
  cluster: Cluster;
  gateway: Gateway;
  folder: string;
}

/** Runs a program that counts for itself: its last line says how many checks passed and failed. What it prints is shown. */
async function program(part: string, file: string): Promise<void> {
  say(part);
  const path = fileURLToPath(new URL(file, import.meta.url));
  const { code, stdout, stderr } = await run(process.execPath, [path], { timeout: 10 * 60_000, env: { ...process.env, TMPDIR: folder } });
  const [, passed = 0, failed = 1] = new RegExp(`^${part}: (\\d+) passed, (\\d+) failed$`, 'm').exec(stdout) ?? [];
  count(part, { passed: Number(passed), failed: Math.max(Number(failed), code === 0 ? 0 : 1) });
  process.stdout.write(`${stdout}${stderr}`);
}

/** Searches what every server of the run has logged for the credentials of the tests. */
async function searchLogs(): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.log'));
  const { bytes, found } = await searchFiles(names.map((name) => join(folder, name)));
  const mistake = bytes === 0 ? 'nothing was logged, so the search says nothing' : found.join('\n') || undefined;
  check('logs', `${names.length} logs of ${bytes} bytes hold no credential`, mistake);
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
  if (asked('access')) await accessSuite(stages);
  if (asked('admission')) await admissionSuite(tools, stages, etcd.url);
  if (asked('audit')) await auditSuite(tools, etcd.url, folder);
  if (asked('watch')) await watchSuite(tools, stages);
  if (asked('clients')) await clientLibraries(tools, stages);
  if (asked('differential')) await differential(stages);
  if (asked('yaml')) await yamlSuite(stages);
  if (asked('differential') && asked('yaml')) checkMeant();
  // The gateway of `npm start`, which waits for no other server.
  if (asked('schemathesis')) await program('schemathesis', './schemathesis.ts');
  if (asked('cel')) await program('cel', './cel/suite.ts');
  if (asked('policies')) await program('policies', './policies/suite.ts');
  if (asked('lambda')) await program('lambda', './lambda.ts');
  if (asked('kubectl-faults')) await kubectlFaults(tools.kubectl, folder);
  if (asked('moto')) await program('moto', './moto-secrets.ts');
  if (asked('moto-events')) await program('moto-events', './moto-events.ts');
  if (asked('moto-audit')) await program('moto-audit', './moto-audit.ts');
  if (asked('moto-deploy')) await program('moto-deploy', './moto-deploy.ts');
  if (asked('rotation')) await program('rotation', '../load/rotation.ts');
  if (asked('leak')) await program('leak', '../load/leak.ts');
  if (asked('watch-load')) await program('watch-load', '../load/watch.ts');
  await searchLogs();
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
