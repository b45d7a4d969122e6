// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePageConfig } from '../../../lib/console/config.ts';
import { arn, config, statementsOf } from './deployment.ts';

const read = (name: string) => parse(readFileSync(new URL(`../../../deploy/console/${name}.yml`, import.meta.url), 'utf8'));
const [on, off] = [read('on'), read('off')];

describe('the page for people', () => {
  it('is deployed only where the parameter console is on', () => {
    expect(config.functions.console).toBe('${file(deploy/console/${param:console}.yml):function, null}');
    expect(config.resources).toContain('${file(deploy/console/${param:console}.yml):resources}');
    expect(config.params.default.console).toBe('off');
    expect(off).toEqual({ function: null, resources: {} });
  });

  it('has the only open routes, two of them, and both are for reading', () => {
    expect(on.function.events).toEqual([
      { http: { method: 'get', path: '/console' } },
      { http: { method: 'get', path: '/console/{file+}' } },
    ]);
  });

  it('is a function that may write its own log and nothing else, and holds what anybody may know', () => {
    const own = { Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: arn('ConsoleLogGroup') };
    expect(statementsOf(on.resources.Resources.ConsoleRole)).toEqual([own]);
    expect(on.function).toMatchObject({
      handler: 'dist/console/index.handler',
      role: { 'Fn::Sub': '${ConsoleRole.Arn}' },
      package: { patterns: ['dist/console/**'] },
    });
    expect(
      Object.keys(on.function.environment).filter((name) => !/^(?:LAYOUT|OIDC_ISSUER|CONSOLE_[A-Z_]+|POWERTOOLS_LOG_LEVEL)$/.test(name)),
    ).toEqual([]);
  });

  it('starts with the environment that it is given', () => {
    const env = Object.fromEntries(Object.keys(on.function.environment).map((name) => [name, '']));
    expect(
      parsePageConfig({
        ...env,
        LAYOUT: 'kubeflow',
        OIDC_ISSUER: 'https://i.example.com',
        CONSOLE_CLIENT_ID: 'page',
        CONSOLE_SCOPE: 'openid groups',
      }),
    ).toEqual({
      settings: { layout: 'kubeflow', issuer: 'https://i.example.com', clientId: 'page', scope: 'openid groups' },
      origins: ['https://i.example.com'],
    });
  });
});
