import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, textOf } from './cache.ts';
import { must, run } from './processes.ts';
import { say } from './report.ts';

/** The programs that the suite runs, as paths. */
export interface Tools {
  apiserver: string;
  kubectl: string;
  clientGo: string;
  etcd: string;
  python: string;
}

const minutes = 60_000;
const kubectlVersion = 'v1.37.2';
const pythonClient = 'kubernetes==37.0.2';

/** Builds or installs what is not in the cache yet. Throws a sentence that says what is missing on this machine. */
export async function tools(): Promise<Tools> {
  const python = await pythonVenv();
  const gitVersion = ['component-base/version', 'client-go/pkg/version'].map((name) => `-X k8s.io/${name}.gitVersion=${kubectlVersion}`);
  // One after the other: each build uses every core.
  const apiserver = await goBinary('apiserver', '-s -w');
  const kubectl = await goBinary('kubectl', ['-s -w', ...gitVersion].join(' '));
  const clientGo = await goBinary('client-go', '-s -w');
  const etcd = await goBinary('etcd', '-s -w');
  return { apiserver, kubectl, clientGo, etcd, python };
}

/** The program that answers CEL expressions as kube-apiserver does; see cel-oracle/. */
export const celOracle = (): Promise<string> => goBinary('cel-oracle', '-s -w');

async function goBinary(name: string, ldflags: string): Promise<string> {
  const source = new URL(`./${name}/`, import.meta.url);
  const madeFrom = `${await textOf(source)}\n${ldflags}\n${process.arch}`;
  const folder = await cached(name, madeFrom, async (unfinished) => {
    say(`building ${name} (once; a few minutes on an empty cache)`);
    const { code } = await run('go', ['version']).catch(() => ({ code: 1 }));
    if (code !== 0) throw new Error('the conformance suite needs Go (1.26 or newer) to build kube-apiserver and kubectl');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' };
    await must('go', ['build', '-ldflags', ldflags, '-o', join(unfinished, name), '.'], {
      cwd: fileURLToPath(source),
      env,
      timeout: 20 * minutes,
    });
  });
  return join(folder, name);
}

async function pythonVenv(): Promise<string> {
  const folder = await cached('python', pythonClient, async (unfinished) => {
    say(`installing ${pythonClient} into a venv (once)`);
    await must('python3', ['-m', 'venv', unfinished], { timeout: 5 * minutes });
    // Through `python -m pip`: the scripts of a venv hold its path, and this one is renamed.
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', pythonClient];
    await must(join(unfinished, 'bin/python'), pip, { timeout: 5 * minutes });
  });
  const python = join(folder, 'bin/python');
  if (!existsSync(python)) throw new Error(`${python} is missing: ${await readFile(join(folder, 'pyvenv.cfg'), 'utf8')}`);
  return python;
}
