import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { versionInfo } from '../../lib/discovery/resources.ts';
import { type ApiGateway, startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import { loadHandler } from '../../local/api-gateway/bundle.ts';
import { buildHandlers } from '../../scripts/build.ts';
import { PolicyError } from '../../scripts/manifests/mistakes.ts';
import { packPolicies } from '../../scripts/manifests/pack.ts';
import { environment } from '../scenarios/gateway.ts';

const run = promisify(execFile);
let dist: string;
let broken: string;
beforeAll(async () => {
  [dist, broken] = await Promise.all([mkdtemp(join(process.cwd(), 'dist-policies-')), mkdtemp(join(tmpdir(), 'broken-'))]);
  await writeFile(join(broken, 'a.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: A, namespace: ns }\ndatum: {}\n');
  await buildHandlers(dist, 'docs/policies/one-namespace');
});
afterAll(() => Promise.all([dist, broken].map((folder) => rm(folder, { recursive: true }))));

describe('a build with policies', () => {
  it('puts them beside each function that reads them, and beside no other', async () => {
    const packed = await packPolicies('docs/policies/one-namespace');
    const withPolicies: string[] = [];
    for (const name of await readdir(dist)) {
      if (!(await readdir(join(dist, name))).includes('policies.json')) continue;
      withPolicies.push(name);
      expect(await readFile(join(dist, name, 'policies.json'))).toEqual(packed?.bytes);
    }
    expect(withPolicies).toContain('discovery');
    // The rotation tells of its steps by the audit policy.
    expect(withPolicies).toContain('rotate-credentials');
    expect(withPolicies).not.toContain('authorizer');
  });

  it('tells their digest under /version', async () => {
    Object.assign(process.env, environment('http://127.0.0.1:1', 'http://127.0.0.1:1'));
    const load = () => loadHandler<never>(dist, 'discovery');
    const gateway: ApiGateway = await startApiGateway({ port: 0, auth: 'none', load });
    const answer = await fetch(`${gateway.url}/version`);
    expect(await answer.json()).toEqual({
      ...versionInfo,
      build: aBuild,
      policies: (await packPolicies('docs/policies/one-namespace'))?.digest,
    });
    await gateway.close();
  });

  it('tells hints about them on stderr, and ends well', async () => {
    const place = await mkdtemp(join(process.cwd(), 'dist-build-'));
    await symlink('../handlers', join(place, 'handlers'));
    await mkdir(join(place, 'policies'));
    const text = (await readFile('docs/policies/one-namespace/rbac.yaml', 'utf8')).replace("['*']", '[tfjob]');
    await writeFile(join(place, 'policies', 'a.yaml'), text);
    const { stderr } = await run(process.execPath, [join(process.cwd(), 'scripts/build.ts')], { cwd: place });
    expect(stderr).toMatch(/^policies\/a\.yaml:\d+: rules\[0\]\.resources\S*: "tfjob" is nothing here: .* \(hint\)\n$/);
    expect(await readdir(join(place, 'dist'))).toContain('patch-job');
    await rm(place, { recursive: true });
  });

  it('ends with every mistake in them, and leaves what was built before', async () => {
    const before = await readdir(dist, { recursive: true });
    const failed = await buildHandlers(dist, broken).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(PolicyError);
    expect((failed as PolicyError).message.split('\n')).toEqual([
      expect.stringContaining(`${join(broken, 'a.yaml')}:3: metadata.name: Invalid value: "A"`),
      `${join(broken, 'a.yaml')}:4: unknown field "datum"`,
    ]);
    expect(await readdir(dist, { recursive: true })).toEqual(before);
  });
});

/** The version and, as this is a checkout, the commit. */
const aBuild = expect.stringMatching(/^0\.1\.0(?:\+[0-9a-f]{12}(?:-dirty)?)?$/);

describe('a build without policies', () => {
  it('has none of them, and no code that reads them', async () => {
    const files = (await readdir('dist', { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(8);
    for (const { parentPath, name } of files) {
      expect(name).not.toBe('policies.json');
      expect(await readFile(join(parentPath, name), 'utf8')).not.toContain('policies.json');
    }
    const gateway = await startApiGateway({ port: 0, auth: 'none', load: () => loadHandler<never>('dist', 'discovery') });
    expect(await (await fetch(`${gateway.url}/version`)).json()).toEqual({ ...versionInfo, build: aBuild });
    await gateway.close();
  });
});

describe('npm run policy -- check', () => {
  const check = (...args: string[]) =>
    run(process.execPath, ['scripts/policy.ts', 'check', ...args]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  it('ends with 0 where there is no mistake, and tells the digest', async () => {
    const { digest } = (await packPolicies('docs/policies/freeze')) ?? {};
    expect(await check('docs/policies/freeze')).toEqual({
      code: 0,
      stdout: `docs/policies/freeze: 3 manifests, no mistake, 0 hints, ${digest}\n`,
      stderr: '',
    });
  });

  it('looks into policies/ unless told otherwise, where there is none as it comes', async () => {
    expect(await check()).toEqual({ code: 0, stdout: 'policies: 0 manifests, no mistake, 0 hints\n', stderr: '' });
  });

  it('ends with 2 where there is a mistake, with each at its file and line', async () => {
    const { code, stdout, stderr } = await check(broken);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n').slice(1)).toEqual([`${join(broken, 'a.yaml')}:4: unknown field "datum"`, `${broken}: 2 mistakes`, '']);
  });

  it('and the other commands, the build and npm start say plainly that a folder is not there', async () => {
    const cases = join(broken, 'x.cases.yaml');
    await writeFile(cases, 'policies: none\ncases:\n  - {title: one, patch: {}, expect: allowed}\n');
    const explain = ['scripts/policy.ts', 'explain', '--as', 'ada', '--patch', 'events/long-deadline.yaml', '--policies', 'none'];
    for (const [code, folder, ...args] of [
      [2, join(broken, 'none'), 'scripts/policy.ts', 'test', cases],
      [2, 'none', ...explain],
      [1, 'none', 'local/start.ts', '--policies', 'none'],
    ] as const) {
      const ended = await run(process.execPath, args).catch(({ code, stdout, stderr }) => ({ code, stdout, stderr }));
      expect(ended).toEqual({ code, stdout: '', stderr: `the folder ${folder} cannot be read: ENOENT\n` });
    }
    await rm(cases);
    await expect(buildHandlers(dist, 'none')).rejects.toBeInstanceOf(PolicyError);
  });

  it('ends with 2 and a plain sentence where it cannot look, or is not told what to do', async () => {
    expect(await check('none')).toEqual({ code: 2, stdout: '', stderr: 'the folder none cannot be read: ENOENT\n' });
    expect(await check('a', 'b')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'usage: npm run policy -- check [--audit=log|archive|strict] [FOLDER]\n',
    });
    const usage = await run(process.execPath, ['scripts/policy.ts', 'chek']).catch(({ code, stderr }) => ({ code, stderr }));
    expect(usage).toEqual({ code: 2, stderr: 'usage: npm run policy -- check | test | explain …\n' });
  });
});
