/** The line of docs/events.md that gives a sequence back, typed into bash as it stands there, at the API server itself. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Kind, kinds } from './crds.ts';
import { sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { run } from './processes.ts';
import { checked } from './report.ts';
import type { Stage } from './run.ts';

const annotation = 'tfjob-gateway/applied-events';

/** Runs the line against a job whose sequence is used up: the sequence is gone, and every other letter of the annotation is there. */
export async function giveBackSequence(kubectl: string, { cluster, folder }: Stage): Promise<void> {
  const { layout, endpoint, caFile } = cluster;
  await checked(`kubectl, ${layout} layout`, 'the line of docs/events.md that gives a sequence back', async () => {
    const kind = kinds[layout][0] as Kind;
    await sendOk(endpoint, { method: 'DELETE', path: jobPath(kind, 'kube-test') });
    const kept = { ids: ['a'.repeat(16), '-'.repeat(16)], digests: ['', '_'.repeat(16)] };
    const job = newJob(layout, kind, 'kube-test', 'tfjob-test');
    job.metadata.annotations = { ...job.metadata.annotations, [annotation]: JSON.stringify({ uid: 'u', sequence: 2 ** 53 - 1, ...kept }) };
    await createJob(cluster, kind, job);

    // kubectl as it is set up where somebody may write to the upstream itself.
    const bin = join(folder, `upstream-${layout}`);
    await mkdir(bin);
    const server = `--server=${endpoint.url} --token='${endpoint.token}' --certificate-authority='${caFile}' --cache-dir='${bin}/cache'`;
    await writeFile(join(bin, 'kubectl'), `#!/bin/sh\nexec '${kubectl}' ${server} "$@"\n`);
    await chmod(join(bin, 'kubectl'), 0o700);
    const [line] = /^kubectl annotate .*sed .*$/m.exec(await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8')) ?? [''];
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, HOME: bin };
    const { code, stdout, stderr } = await run('bash', ['-c', line], { env, cwd: bin, timeout: 60_000 });
    const stored = (await sendOk(endpoint, { path: jobPath(kind, 'kube-test', 'tfjob-test') })).metadata.annotations[annotation];
    const expected = JSON.stringify({ uid: 'u', ...kept });
    if (code !== 0 || stored !== expected) throw new Error(`exit code ${code}\n${stdout}${stderr}\nis: ${stored}\nnot: ${expected}`);
  });
}
