import { fileURLToPath } from 'node:url';
import { type Kind, kinds } from './crds.ts';
import { createJob, newJob, policyPath } from './jobs.ts';
import { run } from './processes.ts';
import { check, say } from './report.ts';
import type { Stage } from './run.ts';
import type { Tools } from './tools.ts';

const namespace = 'kube-test';
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a small program for each client library, which prints `ok` or `not ok`, a title and a reason, apart by tabs. */
export async function clientLibraries(tools: Tools, stages: Stage[]): Promise<void> {
  say('client libraries');
  const programs: [client: string, command: string, ...args: string[]][] = [
    ['Python kubernetes', tools.python, file('clients/python.py')],
    ['JavaScript @kubernetes/client-node', process.execPath, file('clients/javascript.ts')],
    ['Go client-go', tools.clientGo],
  ];
  for (const stage of stages) {
    // The newest kind of each layout: the others are kubectl's.
    const kind = kinds[stage.cluster.layout].at(-1) as Kind;
    for (const [index, [client, command, ...args]] of programs.entries()) {
      await runProgram(stage, kind, `client-${index}`, client, command, args);
    }
  }
}

async function runProgram(stage: Stage, kind: Kind, name: string, client: string, command: string, args: string[]): Promise<void> {
  const { cluster, gateway } = stage;
  const { layout } = cluster;
  const part = `${client}, ${layout} layout`;
  for (const job of [name, `${name}-beside`]) await createJob(cluster, kind, newJob(layout, kind, namespace, job));
  const { plural, replicaSpecs, replicaType } = kind;
  const env = {
    ...{ PATH: process.env.PATH, HOME: stage.folder, GATEWAY: gateway.endpoint.url, NAMESPACE: namespace },
    ...{ PLURAL: plural, NAME: name, KIND: kind.kind, POLICY: policyPath(layout), REPLICAS: `spec.${replicaSpecs}.${replicaType}` },
  };
  const { code, stdout, stderr } = await run(command, args, { env, timeout: 120_000 });
  const results = [...stdout.matchAll(/^(not )?ok\t([^\t\n]*)(?:\t(.*))?$/gm)];
  for (const [line, failed, title = ''] of results) check(part, title, failed ? line : undefined);
  if (code !== 0 || results.length === 0) check(part, 'runs to its end', `exit code ${code}\n${stdout}\n${stderr}`);
}
