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
  const etcd = await etcdBinary();
  const gitVersion = ['component-base/version', 'client-go/pkg/version'].map((name) => `-X k8s.io/${name}.gitVersion=${kubectlVersion}`);
  // One after the other: each build uses every core.
  const apiserver = await goBinary('apiserver', '-s -w');
  const kubectl = await goBinary('kubectl', ['-s -w', ...gitVersion].join(' '));
  const clientGo = await goBinary('client-go', '-s -w');
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

/** etcd: the machine's own, or Debian's package unpacked into the cache, which starts no service and changes nothing else. */
async function etcdBinary(): Promise<string> {
  if ((await run('etcd', ['--version']).catch(() => ({ code: 1 }))).code === 0) return 'etcd';
  const folder = await cached('etcd', `etcd-server ${process.arch}`, async (unfinished) => {
    say('fetching etcd-server with apt-get (once)');
    const download = () => run('apt-get', ['download', '-qq', 'etcd-server'], { cwd: unfinished, timeout: 5 * minutes });
    try {
      // A new machine has no package lists yet.
      if ((await download()).code !== 0) {
        await must('apt-get', ['update', '-qq'], { timeout: 5 * minutes });
        const { code, stderr } = await download();
        if (code !== 0) throw new Error(stderr);
      }
      await must('sh', ['-c', 'dpkg-deb -x etcd-server_*.deb . && rm etcd-server_*.deb'], { cwd: unfinished });
    } catch (error) {
      throw new Error(`the conformance suite needs etcd in PATH, or Debian's apt-get to fetch it: ${(error as Error).message}`);
    }
  });
  return join(folder, 'usr/bin/etcd');
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
