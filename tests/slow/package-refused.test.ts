import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { asOptions, type Given } from '../unit/deploy/parameters.ts';

/** What `npx serverless package` ends with, and whether it has packaged anything. */
async function packaged(given: Given): Promise<{ code: number; said: string; wrote: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'packaged-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const target = join(folder, 'package');
  const args = ['serverless', 'package', '--package', relative('.', target), ...asOptions(given).flatMap((option) => ['--param', option])];
  const { code, said } = await promisify(execFile)('npx', args).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, said: error.stdout + error.stderr }),
  );
  return { code, said, wrote: existsSync(target) };
}

it.each<[given: Given, said: string[]]>([
  [
    { layout: 'foo', cciEndpoint: 'http://cci.example.com', throttleRate: 'fast', secretName: 'arn:aws:s3:::b', cciEndPoint: 'https://a' },
    [
      'cciEndpoint must be https',
      'secretName must be the name of a secret',
      'layout must be cci or kubeflow',
      'throttleRate must be a number',
      'there is no parameter cciEndPoint: did you mean cciEndpoint?',
    ],
  ],
  [{ auth: 'foo' }, ['auth must be aws_iam or jwt']],
  [{ auth: 'jwt', authCacheSeconds: '9000' }, ['oidcIssuer is missing', 'oidcAudience is missing', 'authCacheSeconds must be']],
  [{ audit: 'foo', rotation: 'yes', apiGatewayLogRole: 'new' }, ['audit must be', 'rotation must be', 'apiGatewayLogRole must be']],
])('npx serverless package with %j names every mistake and packages nothing', async (given, sentences) => {
  const { code, said, wrote } = await packaged(given);
  expect([code, wrote]).toEqual([1, false]);
  for (const sentence of sentences) expect(said).toContain(sentence);
  // In our own words, and not in those of what would have failed later.
  expect(said).not.toMatch(/Cannot resolve|at .*\.js:\d+/);
});
