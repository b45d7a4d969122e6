import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Kind, kinds } from './crds.ts';
import { type Loose, sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { applySuite } from './kubectl-apply.ts';
import type { KubectlCase } from './kubectl-cases/case.ts';
import { changeCases } from './kubectl-cases/changes.ts';
import { kindCases, plainCases } from './kubectl-cases/plain.ts';
import { ownAnnotationCases, wayOutCases } from './kubectl-cases/way-out.ts';
import { typeConsole } from './kubectl-console.ts';
import { typeReadme } from './kubectl-documents.ts';
import { giveBackSequence } from './kubectl-sequence.ts';
import { type Output, run } from './processes.ts';
import { checked, say } from './report.ts';
import type { Stage } from './run.ts';
import type { Tools } from './tools.ts';

const namespace = 'kube-test';

/** Types commands at the gateway, in both layouts at once, and looks at the API server what became of the job. */
export async function kubectlSuite(tools: Tools, stages: Stage[]): Promise<void> {
  const { kubectl } = tools;
  say('kubectl');
  await Promise.all(
    stages.map(async (stage) => {
      const { layout } = stage.cluster;
      const home = join(stage.folder, `kubectl-${layout}`);
      await mkdir(home);
      for (const [index, kind] of kinds[layout].entries()) {
        const own = kindCases(layout, kind.plural, ['spec', kind.replicaSpecs, kind.replicaType, 'replicas']);
        const cases =
          index === 0 ? [...plainCases(layout), ...changeCases(layout), ...wayOutCases(layout), ...ownAnnotationCases(), ...own] : own;
        for (const one of cases) await runCase(kubectl, stage, kind, home, one);
      }
      await giveBackSequence(kubectl, stage);
      await typeReadme(kubectl, stage);
      await typeConsole(kubectl, stage);
    }),
  );
  await applySuite(tools, stages);
}

async function runCase(kubectl: string, stage: Stage, kind: Kind, home: string, one: KubectlCase): Promise<void> {
  const { cluster, gateway } = stage;
  const { layout, endpoint } = cluster;
  const path = jobPath(kind, namespace, 'tfjob-test');
  const title = `kubectl ${one.args.join(' ').slice(0, 120)}${one.editor ? ` (${one.editor})` : ''}${one.code === 0 ? '' : ' is refused'}`;
  await checked(`kubectl, ${layout} layout`, title, async () => {
    await sendOk(endpoint, { method: 'DELETE', path: jobPath(kind, namespace) });
    const job = newJob(layout, kind, namespace, 'tfjob-test');
    one.before?.(job);
    const before = await createJob(cluster, kind, job);
    await createJob(cluster, kind, newJob(layout, kind, namespace, 'other'));

    const args = await withFile(one, before, home);
    const env = { PATH: process.env.PATH, HOME: home, TMPDIR: home, EDITOR: await editor(one, home) };
    const global = ['--server', gateway.endpoint.url, '--cache-dir', join(home, 'cache'), '--namespace', namespace];
    const output = await run(kubectl, [...global, ...args], { env, cwd: home, timeout: 60_000 });
    const mistake = mistakeOf(one, output);
    if (mistake) throw new Error(`${mistake}\nexit code ${output.code}\nstdout: ${output.stdout}\nstderr: ${output.stderr}`);

    if (one.pastes)
      await paste(output.stderr, { PATH: `${await wrapper(kubectl, global.slice(0, 4), home)}:${env.PATH}`, HOME: home }, home);

    const expected = structuredClone(before);
    one.changes?.(expected);
    const stored = await sendOk(endpoint, { path });
    if (!isDeepStrictEqual(written(stored), written(expected))) {
      throw new Error(
        `the job is not what it should be.\nis: ${JSON.stringify(written(stored))}\nnot: ${JSON.stringify(written(expected))}`,
      );
    }
    if (!one.changes && stored.metadata.resourceVersion !== before.metadata.resourceVersion) throw new Error('the job was written');
  });
}

/** The command's arguments, with the name of a file that holds the changed job in the place of FILE. */
async function withFile({ args, file }: KubectlCase, stored: Loose, home: string): Promise<string[]> {
  if (!file) return args;
  const job = structuredClone(stored);
  file(job);
  const name = join(home, 'job.json');
  await writeFile(name, JSON.stringify(job));
  return args.map((arg) => (arg === 'FILE' ? name : arg));
}

/** Runs the line that a refusal ends with in bash, as it stands. */
async function paste(said: string, env: NodeJS.ProcessEnv, cwd: string): Promise<void> {
  const [, line] = /^you may change: (.*)$/m.exec(said) ?? [];
  if (line === undefined) throw new Error(`the refusal has no line to paste:\n${said}`);
  const { code, stdout, stderr } = await run('bash', ['--norc', '-c', line], { env, cwd, timeout: 60_000 });
  if (code !== 0 || !stdout.includes('tfjob-test patched')) throw new Error(`pasting ended with ${code}: ${line}\n${stdout}${stderr}`);
}

/** A folder with a `kubectl` that talks to the gateway, as a person's would by their kubeconfig. */
async function wrapper(kubectl: string, global: string[], home: string): Promise<string> {
  const folder = join(home, 'bin');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'kubectl'), `#!/bin/sh\nexec '${kubectl}' ${global.map((arg) => `'${arg}'`).join(' ')} "$@"\n`);
  await chmod(join(folder, 'kubectl'), 0o755);
  return folder;
}

async function editor({ editor: expression }: KubectlCase, home: string): Promise<string> {
  if (!expression) return 'false';
  const script = join(home, 'editor');
  await writeFile(script, `#!/bin/sh\nexec sed -E -i '${expression}' "$1"\n`);
  await chmod(script, 0o755);
  return script;
}

function mistakeOf({ code, says, silent = [] }: KubectlCase, output: Output): string | undefined {
  const said = `${output.stdout}${output.stderr}`;
  const has = (text: string | RegExp) => (typeof text === 'string' ? said.includes(text) : text.test(said));
  const missing = says.filter((text) => !has(text));
  const unwanted = silent.filter(has);
  if (output.code !== code) return `it ended with ${output.code} instead of ${code}`;
  if (missing.length > 0) return `it did not say ${missing.join(' nor ')}`;
  return unwanted.length > 0 ? `it said ${unwanted.join(' and ')}` : undefined;
}

/** A job without what the server writes at every change. */
function written(job: Loose): Loose {
  const { resourceVersion, generation, managedFields, ...metadata } = job.metadata;
  return JSON.parse(JSON.stringify({ ...job, metadata }));
}
