// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { hintsOf } from '../../../scripts/manifests/hints.ts';
import { pack } from '../../../scripts/manifests/pack.ts';
import { check } from '../../../scripts/policy/check.ts';
import { config } from './deployment.ts';

const auditPolicy = createRequire(import.meta.url)('../../../deploy/audit/policy.cjs');
const resolved = (audit: string, layout = 'cci'): Promise<string> =>
  auditPolicy({ resolveVariable: async (name: string) => ({ 'param:audit': audit, 'param:layout': layout })[name] });
const policy = (rest: string) => `apiVersion: audit.k8s.io/v1\nkind: Policy\n${rest}`;
const whole = policy('rules: [{ level: Metadata }]');
const broken: [string, string, string][] = [
  ['omits RequestReceived', 'omitStages: [RequestReceived]\nrules: [{ level: Metadata }]', 'omits the stage RequestReceived'],
  ['omits some writes', 'rules: [{ level: None, namespaces: [a] }, { level: Metadata }]', 'omits writes by rules[0]'],
  ['has no rule for a write', 'rules: [{ level: Metadata, verbs: [update] }]', 'has no rule for every patch of tfjobs'],
];
const home = process.cwd();
let folder: string;
let printed: string[];

beforeEach(() => {
  printed = [];
  for (const method of ['log', 'error'] as const) vi.spyOn(console, method).mockImplementation((line) => void printed.push(String(line)));
  folder = mkdtempSync(join(tmpdir(), 'deployed-'));
  process.chdir(folder);
  mkdirSync('policies');
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(home);
  rmSync(folder, { recursive: true });
});
/** Stands for a build with this manifest. */
function built(text: string): void {
  const { objects } = checkManifests([{ file: 'a.yaml', text }]);
  if (!objects) throw new Error('the manifest has mistakes');
  mkdirSync('dist/replace-job', { recursive: true });
  writeFileSync('dist/replace-job/policies.json', pack(objects).bytes);
}

describe('an audit policy', () => {
  it('is asked of every deployment', () => {
    expect(config.custom.auditPolicy).toBe('${file(deploy/audit/policy.cjs)}');
  });

  it('that leaves out nothing may be strict, as may none', async () => {
    expect(await resolved('strict')).toBe('default');
    built(whole);
    for (const audit of ['log', 'archive', 'strict']) expect(await resolved(audit)).toBe('policy');
  });

  it.each(broken)('that %s is refused at the deployment with strict, and with nothing else', async (_title, text, mistake) => {
    built(policy(text));
    for (const audit of ['log', 'archive']) expect(await resolved(audit)).toBe('policy');
    for (const layout of ['cci', 'kubeflow']) await expect(resolved('strict', layout)).rejects.toThrow(mistake);
  });

  it.each(broken)('that %s is refused by npm run policy -- check --audit=strict, and hinted at without', async (_title, text, mistake) => {
    writeFileSync('policies/audit.yaml', policy(text));
    expect(await check([])).toBe(0);
    expect(printed.join('\n')).toContain(`with audit=strict refused: it ${mistake} (hint)`);
    expect(await check(['--audit=strict'])).toBe(2);
    expect(printed.join('\n')).toMatch(/policies\/audit\.yaml:\d+: with audit=strict the policy may leave out nothing of a write, and it /);
    expect(printed.at(-1)).toMatch(/policies: \d+ mistakes?/);
  });

  it('that leaves out nothing is neither refused nor hinted at', async () => {
    writeFileSync('policies/audit.yaml', whole);
    expect(await check(['--audit=strict', 'policies'])).toBe(0);
    expect(hintsOf(checkManifests([{ file: 'a.yaml', text: whole }]).manifests)).toEqual([]);
  });

  it('is checked for one of the three words alone', async () => {
    await expect(check(['--audit=on'])).rejects.toThrow('usage: npm run policy -- check [--audit=log|archive|strict] [FOLDER]');
  });
});
