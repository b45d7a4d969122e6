/**
 * `node tests/package-variants.ts FOLDER`: packages variants of a deployment in which each pair of choices comes at least once, each into a
 * folder of its own, and one of them twice: what did not change has to be the same, or everything would be deployed every time.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { asOptions } from './unit/deploy/parameters.ts';
import { givenOf, pairwise } from './unit/deploy/variants.ts';

const run = promisify(execFile);
const [folder] = process.argv.slice(2);
if (!folder) throw new Error('say where the packages go');
const template = 'cloudformation-template-update-stack.json';

async function packageInto(name: string, options: readonly string[]): Promise<string> {
  const target = join(folder as string, name);
  await mkdir(target, { recursive: true });
  const args = ['serverless', 'package', '--region', 'eu-central-1', '--package', relative('.', target)];
  await run('npx', [...args, ...options.flatMap((option) => ['--param', option])]);
  // Where the code is uploaded to is named by the time.
  return (await readFile(join(target, template), 'utf8')).replaceAll(/"S3Key": "[^"]*"/g, '');
}

for (const [index, choice] of pairwise().entries()) {
  const options = asOptions(givenOf(choice));
  process.stdout.write(`variant ${index}: ${options.join(' ')}\n`);
  const made = await packageInto(`variant-${index}`, options);
  if (index === 0 && made !== (await packageInto('again', options))) throw new Error('the same deployment makes another template');
}
