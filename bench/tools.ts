import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, textOf } from '../tests/conformance/cache.ts';
import { must } from '../tests/conformance/processes.ts';

const minutes = 60_000;
/** AWS's runtime client for Node, with its version. */
export const runtimeClient = 'aws-lambda-ric@4.0.2';

/** kube-rbac-proxy, built from its module through the Go module proxy into the conformance suite's cache. Returns its path. */
export async function kubeRbacProxy(): Promise<string> {
  const source = new URL('./kube-rbac-proxy/', import.meta.url);
  const folder = await cached('kube-rbac-proxy', `${await textOf(source)}\n${process.arch}`, async (unfinished) => {
    console.log('building kube-rbac-proxy (once; a few minutes)');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' };
    const args = ['build', '-ldflags', '-s -w', '-o', join(unfinished, 'kube-rbac-proxy'), '.'];
    await must('go', args, { cwd: fileURLToPath(source), env, timeout: 20 * minutes });
  });
  return join(folder, 'kube-rbac-proxy');
}

/**
 * AWS's own runtime client for Node, as it runs in Lambda. Its package compiles a native part when it is installed (cmake, a C++
 * compiler, make, Python), so it is no dependency of this project but goes into the cache; Node's headers come with the npm
 * package of this very Node, so that nothing is asked but the npm registry. Returns the path of its program.
 */
export async function lambdaRuntimeClient(): Promise<string> {
  const node = `node-${process.platform}-${process.arch}@${process.versions.node}`;
  const folder = await cached('aws-lambda-ric', `${runtimeClient} ${node}`, async (unfinished) => {
    console.log(`building ${runtimeClient} (once; a minute)`);
    await writeFile(join(unfinished, 'package.json'), '{ "private": true, "allowScripts": { "aws-lambda-ric": true } }');
    const headers = join(unfinished, 'node_modules', node.replace(/@.*/, ''));
    const options = { cwd: unfinished, timeout: 10 * minutes };
    const install = ['install', '--no-audit', '--no-fund', '--no-package-lock'];
    await must('npm', [...install, '--ignore-scripts', node], options);
    await must('npm', [...install, runtimeClient], { ...options, env: { ...process.env, npm_config_nodedir: headers } });
    await rm(headers, { recursive: true });
  });
  const client = join(folder, 'node_modules/aws-lambda-ric');
  if (!existsSync(join(client, 'rapid-client.node'))) throw new Error(`${client} was installed without its native part`);
  return join(client, 'index.mjs');
}
