/** The commands that the console offers, pasted into bash as they stand, at the gateway. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { curlCommand, kubectlCommand, type Target } from '../../console/text/commands.ts';
import { type Change, changesBetween, fieldsIn } from '../../console/text/fields.ts';
import { fieldsOf } from '../../lib/job/fields.ts';
import { type Kind, kinds } from './crds.ts';
import { type Loose, sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { run } from './processes.ts';
import { checked } from './report.ts';
import type { Stage } from './run.ts';

/** What a shell could take for its own. */
const awkward = `it's "fine" $HOME \`id\` \\n \\ !x ~ * %s é\t|;&<>(){}[]#`;

/** All five fields changed at once; a label of them is taken away, and an annotation is awkward. */
function changed(job: Loose, layout: Stage['cluster']['layout']): Loose {
  const after = structuredClone(job);
  after.metadata.labels = { ...after.metadata.labels, stage: 'canary', 'example.com/on': 'true' };
  delete after.metadata.labels.gone;
  after.metadata.annotations = { ...after.metadata.annotations, 'example.com/note': awkward };
  const wanted: Record<string, unknown> = { activeDeadlineSeconds: 86_401, ttlSecondsAfterFinished: 120, cleanPodPolicy: 'All' };
  for (const { name, path } of fieldsOf(layout)) {
    if (!(name in wanted)) continue;
    const holder = path.slice(0, -1).reduce((at: Loose, key) => (at[key] ??= {}), after);
    holder[path.at(-1) as string] = wanted[name];
  }
  return after;
}

/** Pastes both commands, without changes and with all of them: what they read is the job, and what they make is what the page says. */
export async function typeConsole(kubectl: string, { cluster, gateway, folder }: Stage): Promise<void> {
  const { layout, endpoint } = cluster;
  const kind = kinds[layout][0] as Kind;
  const name = 'console';
  const path = jobPath(kind, 'kube-test', name);
  const target: Target = { root: gateway.endpoint.url, plural: kind.plural, namespace: 'kube-test', name, withToken: false };
  const bin = join(folder, `console-${layout}`);
  await mkdir(bin);
  await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec '${kubectl}' --cache-dir='${bin}/cache' "$@"\n`);
  await chmod(join(bin, 'kubectl'), 0o700);
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: bin };
  for (const [tool, command] of Object.entries({ kubectl: kubectlCommand, curl: curlCommand })) {
    await checked(`kubectl, ${layout} layout`, `the console's commands for ${tool}`, async () => {
      await sendOk(endpoint, { method: 'DELETE', path: jobPath(kind, 'kube-test') });
      const job = newJob(layout, kind, 'kube-test', name);
      job.metadata.labels = { ...job.metadata.labels, gone: 'soon' };
      const before = await createJob(cluster, kind, job);
      const after = changed(before, layout);
      const changes: Change[] = changesBetween(fieldsIn(before, layout), fieldsIn(after, layout));
      if (changes.length !== 7) throw new Error(`there are ${changes.length} changes: ${JSON.stringify(changes)}`);
      const paste = async (text: string): Promise<string> => {
        const { code, stdout, stderr } = await run('bash', ['--norc', '-euc', text], { env, cwd: bin, timeout: 60_000 });
        if (code !== 0) throw new Error(`${text}\nexit code ${code}\n${stdout}${stderr}`);
        return stdout;
      };
      const read = await paste(command(target, []));
      if (
        !read.includes(`resourceVersion: "${before.metadata.resourceVersion}"`) &&
        !read.includes(`resourceVersion: '${before.metadata.resourceVersion}'`)
      )
        throw new Error(`it does not read the job:\n${read}`);
      await paste(command(target, changes));
      const stored = await sendOk(endpoint, { path });
      const left = changesBetween(fieldsIn(stored, layout), fieldsIn(after, layout));
      if (left.length > 0) throw new Error(`what is left to change: ${JSON.stringify(left)}`);
      if (stored.metadata.annotations['example.com/note'] !== awkward) throw new Error(stored.metadata.annotations['example.com/note']);
    });
  }
}
