import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { hintsOf } from '../../../scripts/manifests/hints.ts';
import { check } from '../../../scripts/policy/check.ts';
import { mistakesOf } from './parameters.ts';

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
/** What is wrong of a deployment of functions that were built with this audit policy. */
function mistakes(text: string, audit: string, layout = 'cci'): string[] {
  const { objects } = checkManifests([{ file: 'a.yaml', text }]);
  if (!objects) throw new Error('the manifest has mistakes');
  return mistakesOf({ audit, layout }, { auditPolicy: objects.auditPolicies[0] });
}

describe('an audit policy', () => {
  it('that leaves out nothing may be strict, as may none', () => {
    expect(mistakesOf({ audit: 'strict' })).toEqual([]);
    for (const audit of ['log', 'archive', 'strict']) expect(mistakes(whole, audit)).toEqual([]);
  });

  it.each(broken)('that %s is refused at the deployment with strict, and with nothing else', (_title, text, mistake) => {
    for (const audit of ['log', 'archive']) expect(mistakes(policy(text), audit)).toEqual([]);
    for (const layout of ['cci', 'kubeflow']) {
      const sentence = /^audit is strict, and the audit policy with which the functions were built .+ \(docs\/audit\.md\)$/;
      expect(mistakes(policy(text), 'strict', layout)).toEqual([expect.stringMatching(sentence)]);
      expect(mistakes(policy(text), 'strict', layout)[0]).toContain(mistake);
    }
  });

  it('is told beside every other mistake, but for one of what it depends on', () => {
    const text = policy('omitStages: [RequestReceived]\nrules: [{ level: Metadata }]');
    const { objects } = checkManifests([{ file: 'a.yaml', text }]);
    const built = { auditPolicy: objects?.auditPolicies[0] };
    expect(mistakesOf({ audit: 'strict', throttleRate: 'fast' }, built)).toEqual([
      expect.stringContaining('throttleRate must be'),
      expect.stringContaining('omits the stage RequestReceived'),
    ]);
    expect(mistakesOf({ audit: 'strict', layout: 'foo' }, built)).toEqual(['layout must be cci or kubeflow']);
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
