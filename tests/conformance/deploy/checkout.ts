/** A checkout of its own to deploy from, whose dist/ may be built again and again without touching the project's. */
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { awsEnvironment } from '../../../local/aws/aws-environment.ts';
import { buildHandlers } from '../../../scripts/build.ts';
import { anyKey } from '../moto.ts';
import { type Output, run } from '../processes.ts';
import type { Template } from './fit.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
/** What `npx serverless` and `npm run smoke` read. */
const needed = ['package.json', 'serverless.yml', 'deploy', 'lib', 'local', 'scripts', 'docs/runbook.md'];
const patience = 180_000;

/** The parameters of a deployment. */
export type Given = Readonly<Record<string, string>>;
/** A folder to deploy from. */
export interface Checkout {
  /** Builds the functions, with the policies of a folder or with none. */
  build(policies?: string): Promise<void>;
  /** `npx serverless WORDS --stage try --region us-east-1`, at most three minutes; what it said. */
  serverless(words: readonly string[], given?: Given): Promise<Output>;
  /** The resources of what `serverless package --package FOLDER` wrote. */
  packaged(folder: string): Promise<Template['Resources']>;
  /** `npm run smoke` with these words, for what is built here. */
  smoke(words: readonly string[]): Promise<Output>;
}

/** The stage of every deployment here, and its stack. */
export const stage = 'try';
export const stack = `tfjob-gateway-${stage}`;

/** Makes it in a folder that does not exist yet. AWS is what answers at `endpoint`. */
export async function makeCheckout(folder: string, endpoint: string): Promise<Checkout> {
  for (const name of ['docs', 'policies']) await mkdir(join(folder, name), { recursive: true });
  for (const name of needed) await cp(join(project, name), join(folder, name), { recursive: true });
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'));
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    ...awsEnvironment(anyKey.accessKeyId, anyKey.secretAccessKey),
    AWS_ENDPOINT_URL: endpoint,
    SLS_AWS_MONITORING_FREQUENCY: '200', // milliseconds between two looks at the stack
    SLS_AWS_REQUEST_MAX_RETRIES: '0', // moto's mistakes do not go away
  };
  const inside = (file: string, words: readonly string[]) =>
    run(process.execPath, [join(folder, file), ...words], { cwd: folder, env, timeout: patience });
  return {
    async build(policies = join(folder, 'policies')) {
      const before = process.cwd();
      // Handlers are looked for in the folder of the process.
      process.chdir(project);
      try {
        await rm(join(folder, 'dist'), { recursive: true, force: true });
        await buildHandlers(join(folder, 'dist'), policies);
      } finally {
        process.chdir(before);
      }
    },
    serverless(words, given = {}) {
      const options = Object.entries(given).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
      return inside('node_modules/serverless/bin/serverless.js', [...words, '--stage', stage, '--region', 'us-east-1', ...options]);
    },
    async packaged(name) {
      const file = join(folder, name, 'cloudformation-template-update-stack.json');
      return (JSON.parse(await readFile(file, 'utf8')) as Template).Resources;
    },
    smoke: (words) => inside('scripts/smoke.ts', words),
  };
}
