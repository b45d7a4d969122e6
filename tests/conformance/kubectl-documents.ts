/** The kubectl lines of README.md, typed into bash as they stand there, at the gateway. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { blocksOf } from '../documents.ts';
import { type Kind, kinds } from './crds.ts';
import { sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { run } from './processes.ts';
import { checked } from './report.ts';
import type { Stage } from './run.ts';

/** Runs the lines one after another: each succeeds but the last, which says what README shows below it. CCI's layout, as in README. */
export async function typeReadme(kubectl: string, { cluster, gateway, folder }: Stage): Promise<void> {
  const { layout, endpoint } = cluster;
  if (layout !== 'cci') return;
  await checked(`kubectl, ${layout} layout`, 'the lines of README.md, and the refusal that it shows', async () => {
    const kind = kinds[layout][0] as Kind;
    await sendOk(endpoint, { method: 'DELETE', path: jobPath(kind, 'kube-test') });
    const job = newJob(layout, kind, 'kube-test', 'tfjob-test');
    job.spec.backoffLimit = 6;
    await createJob(cluster, kind, job);

    const bin = join(folder, 'readme');
    await mkdir(bin);
    await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec '${kubectl}' --cache-dir='${bin}/cache' "$@"\n`);
    await chmod(join(bin, 'kubectl'), 0o700);
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: bin };
    const blocks = blocksOf('README.md');
    const lines =
      blocks
        .find(({ text }) => text.startsWith('kubectl '))
        ?.text.trimEnd()
        .split('\n') ?? [];
    const shown = blocks.find(({ language }) => language === 'text')?.text;
    if (lines.length !== 5) throw new Error(`README.md has ${lines.length} lines of kubectl`);
    for (const [index, line] of lines.entries()) {
      const here = line.replace('http://127.0.0.1:3000', gateway.endpoint.url);
      const { code, stdout, stderr } = await run('bash', ['-c', here], { env, cwd: bin, timeout: 60_000 });
      const isRight = index === lines.length - 1 ? code === 1 && stderr === shown : code === 0 && stdout.includes('tfjob-test');
      if (!isRight) throw new Error(`${line}\nexit code ${code}\n${stdout}${stderr}`);
    }
  });
}
