// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { pack } from '../../../scripts/manifests/pack.ts';
import { compiled } from './compiled.ts';
import { config } from './deployment.ts';
import { asOptions, defaults, type Given, tokens } from './parameters.ts';

const Plugin = createRequire(import.meta.url)('../../../deploy/plugin.cjs');
const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r }\nrules: []';
const parameters = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m, namespace: ns }';
const home = process.cwd();

/** The plugin in a framework that was called with these parameters. */
function plugged(given: Given, { isHelpRequest = false, ofStage = {}, template = {}, commands = ['deploy'] } = {}) {
  const deploy = { getCreateChangeSetParams: (more: object) => ({ ...more, ChangeSetName: 'c' }) };
  const provider: Record<string, unknown> = { stage: 'prod', compiledCloudFormationTemplate: template };
  const serverless = {
    classes: { Error },
    configurationInput: { params: { default: defaults, prod: ofStage }, provider: { stage: 'dev', region: 'us-east-1' } },
    processedInput: { options: { param: asOptions(given), stage: 'prod', region: 'eu-central-1' }, commands, isHelpRequest },
    pluginManager: { plugins: [{}, deploy] },
    service: { service: 'tfjob-gateway', provider },
  };
  return { plugin: new Plugin(serverless), deploy, serverless };
}

describe('the plugin', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deployed-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });
  /** Stands for a build with this manifest. */
  const built = (text: string) => {
    const { objects } = checkManifests([{ file: 'a.yaml', text }]);
    if (!objects) throw new Error('the manifest has mistakes');
    mkdirSync('dist/replace-job', { recursive: true });
    writeFileSync('dist/replace-job/policies.json', pack(objects).bytes);
  };

  it('is part of every deployment', () => {
    expect(config.plugins).toEqual(['./deploy/plugin.cjs']);
  });

  it('refuses to begin with any mistake, and names all of them', () => {
    expect(() => plugged({ layout: 'foo', cciEndPoint: 'https://a' })).toThrow(
      'The parameters have mistakes:\n  - layout must be cci or kubeflow\n  - there is no parameter cciEndPoint: did you mean cciEndpoint?',
    );
    expect(() => plugged({}, { ofStage: { layout: 'foo' } })).toThrow('layout must be');
    expect(() => plugged({ layout: 'kubeflow' })).not.toThrow();
    expect(() => plugged({ layout: 'foo' }, { isHelpRequest: true })).not.toThrow();
  });

  it('checks once more when the framework has read its own variables', () => {
    const ofStage: Record<string, string> = { layout: '${env:LAYOUT}' };
    const { plugin } = plugged({}, { ofStage });
    ofStage.layout = 'foo';
    expect(() => plugin.hooks.initialize()).toThrow('layout must be');
  });

  it('takes who decides from the build: RBAC only where the functions have some', () => {
    const { authorization: _, ...undecided } = tokens;
    built(parameters);
    expect(() => plugged(undecided)).toThrow('RBAC manifests');
    built(role);
    expect(() => plugged(undecided)).not.toThrow();
    expect(() => plugged({})).not.toThrow();
    expect(() => plugged(tokens)).toThrow('built with RBAC manifests');
  });

  it('takes the audit policy from the build: with audit=strict it may leave out nothing of a write', () => {
    built('apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{ level: Metadata }]');
    expect(() => plugged({ audit: 'strict' })).toThrow('omits the stage RequestReceived');
    expect(() => plugged({ audit: 'archive' })).not.toThrow();
    built('apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{ level: Metadata }]');
    expect(() => plugged({ audit: 'strict' })).not.toThrow();
  });

  it('asks nothing of the build where none is deployed: a roll back or a removal from a fresh checkout is not held up', () => {
    const { authorization: _, ...undecided } = tokens;
    for (const commands of [['deploy'], ['package'], ['deploy', 'function']])
      expect(() => plugged(undecided, { commands })).toThrow('RBAC manifests');
    for (const commands of [['rollback'], ['remove'], ['deploy', 'list']]) {
      expect(() => plugged(undecided, { commands })).not.toThrow();
      expect(() => plugged({ layout: 'foo' }, { commands })).toThrow('layout must be');
    }
  });

  it('leaves the stage to the template where no tags are given: with tags, even none, the framework would change it', () => {
    const { plugin, serverless } = plugged({});
    plugin.hooks.initialize();
    expect(serverless.service.provider).not.toHaveProperty('stackTags');
  });

  it('puts the tags on the whole stack, and has CloudFormation take in what an earlier stack left', () => {
    const { plugin, deploy, serverless } = plugged({ tags: 'team=ml, cost=a=b' });
    plugin.hooks.initialize();
    expect(serverless.service.provider).toMatchObject({ stackTags: { team: 'ml', cost: 'a=b' } });
    expect(deploy.getCreateChangeSetParams({ a: 1 })).toEqual({ a: 1, ChangeSetName: 'c', ImportExistingResources: true });
  });

  it('completes the template before it is written', () => {
    const { template } = compiled();
    const { plugin } = plugged({ tracing: 'on' }, { template });
    plugin.hooks['before:aws:package:finalize:saveServiceState']();
    expect(Object.keys(template.Resources)).toEqual(expect.arrayContaining(['Tracing', 'FailedShareAlarm', 'Dashboard']));
  });
});
