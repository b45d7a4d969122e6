// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { describe, expect, it } from 'vitest';
import { config, functions, watchOff, watchOn } from './deployment.ts';

const one = '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}';
const collections = ['/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}', '/apis/kubeflow.org/v1/{plural}'];
const ofFile = (key: string) => `\${file(deploy/watch/\${param:watch}.yml):${key}}`;
const pathsOf = (events: { http: { path: string } }[]) => events.map(({ http }) => http.path);

describe('watch', () => {
  it('is off unless it is asked for, and then has nothing of its own', () => {
    expect(config.params.default).toMatchObject({ watch: 'off', watchConcurrency: '' });
    const { readEvents, ...rest } = watchOff;
    expect(pathsOf(readEvents)).toEqual([one, ...collections]);
    expect(rest).toEqual({ function: null, served: null, resources: {}, audited: {} });
    expect(config.functions.readJobs.events).toBe(ofFile('readEvents'));
    expect(config.functions.listJobs).toBe(ofFile('function, null'));
    expect(config.functions.discovery.environment.WATCH).toBe(ofFile('served, null'));
    expect(config.resources).toEqual(expect.arrayContaining([ofFile('resources'), ofFile('audited')]));
  });

  it('is a function of its own for lists and watches alike, streamed; a job is read as without', () => {
    expect(pathsOf(watchOn.readEvents)).toEqual([one]);
    expect(pathsOf(watchOn.function.events)).toEqual(collections);
    for (const { http } of watchOn.function.events) {
      expect(http).toEqual({
        ...{ method: 'get', path: http.path, response: { transferMode: 'STREAM' }, timeoutInMillis: 300_000 },
        ...{ authorizer: '${self:custom.authorizer}', private: '${self:custom.apiKeyRequired}' },
      });
    }
    expect(watchOn.served).toBe('on');
    expect(watchOn.audited).toBe('${file(deploy/audit/${param:audit}.yml):watched}');
  });

  it('has more time than a watch takes, and its own share of the account that must be said', () => {
    const { timeout, reservedConcurrency, role, environment } = watchOn.function;
    expect([timeout, role]).toEqual([300, { 'Fn::Sub': '${ListJobsRole.Arn}' }]);
    // A list of 24 MiB needs the memory of every function (read-memory.test.ts).
    expect(watchOn.function).not.toHaveProperty('memorySize');
    expect(environment).toBe('${self:functions.readJobs.environment}');
    expect(functions.listJobs?.environment.AUDIT).toBe('log');
    expect(reservedConcurrency).toBe('${param:watchConcurrency}');
  });
});
