import { createServer } from 'node:http';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../../local/cci/faults.ts';
import { someOf } from '../../exhaustive.ts';
import { listenWhileTesting } from '../../fakes/server.ts';
import { asked, begin, newKey, newProver, now, printed, secretName, stage, stagesOf, useRotation } from './harness.ts';

useRotation();
// Retries, those of the AWS client too, pause a random time; no test here is about how long.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
const keeps = 'It keeps its stage, and Secrets Manager repeats the rotation';
const proof = 'GET /apis/kubeflow.org/v1/tfjobs?limit=1';

describe('a CCI that cannot prove the new secret', () => {
  const faults: [string, Fault, string][] = [
    ['hangs up', { act: 'drop' }, 'no answer from CCI, ECONNRESET'],
    ['cuts its answers off', { act: 'cut-off', when: 'after' }, 'the answer was cut off'],
    ['answers 500', { status: 500 }, 'CCI answered 500'],
    ['answers 503', { status: 503, dialect: 'apig' }, 'CCI answered 503'],
    ['throttles', { status: 429 }, 'CCI answered 429'],
    ['answers 404', { status: 404 }, 'CCI answered 404'],
    ['answers HTML', { act: 'html' }, 'the answer is not JSON'],
    ['redirects', { act: 'redirect' }, 'CCI answered 302'],
  ];
  it.each(someOf(faults, 3))('(%s) fails the step; the version keeps its stage, and the repetition succeeds', async (_, fault, why) => {
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    now.simulator.inject({ ...fault, times: Number.POSITIVE_INFINITY });
    for (const step of ['testSecret', 'finishSecret']) {
      expect(await prover(step, version)).toBe(`the pending version could not be proven: ${why}. ${keeps}`);
    }
    expect([stagesOf(version), stagesOf('v-old')]).toEqual([['AWSPENDING'], ['AWSCURRENT']]);
    now.simulator.clearFaults();
    expect((await prover.rotate(version)).at(-1)).toBe('MadeCurrent');
    expect(now.simulator.failedAuthentications).toEqual({});
  });

  it('is asked again within the step where it stumbles once', async () => {
    const version = stage(newKey, 'AWSPENDING');
    now.simulator.inject({ status: 503 });
    expect(await (await newProver())('testSecret', version)).toBe('Proven');
    expect(asked()).toEqual([`${proof} 503`, `${proof} 200`]);
  });

  it('and cannot be reached says so', async () => {
    const version = stage(newKey, 'AWSPENDING');
    process.env.CCI_ENDPOINT = 'http://127.0.0.1:1';
    const said = await (await newProver())('testSecret', version);
    expect(said).toBe(`the pending version could not be proven: no answer from CCI, ECONNREFUSED. ${keeps}`);
    expect(stagesOf(version)).toEqual(['AWSPENDING']);
  });

  it('answers 200 with something else than a list has proven nothing', async () => {
    const server = createServer((_, response) => void response.end('{"kind":"APIVersions"}'));
    process.env.CCI_ENDPOINT = await listenWhileTesting(server);
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    for (const step of ['testSecret', 'finishSecret']) {
      expect(await prover(step, version)).toBe(`the pending version could not be proven: the answer is not what was asked for. ${keeps}`);
    }
    expect([stagesOf(version), stagesOf('v-old')]).toEqual([['AWSPENDING'], ['AWSCURRENT']]);
  });

  it('forbids the list tells of the permission; the version keeps its stage', async () => {
    const version = stage(newKey, 'AWSPENDING');
    now.simulator.inject({ status: 403, dialect: 'kubernetes', times: 2 });
    const prover = await newProver();
    const words =
      'CCI knows the pending version, but it may not list tfjobs in all namespaces: permit that, or set ROTATION_NAMESPACE to one where it may';
    for (const step of ['testSecret', 'finishSecret']) expect(await prover(step, version)).toBe(words);
    expect([stagesOf(version), stagesOf('v-old')]).toEqual([['AWSPENDING'], ['AWSCURRENT']]);
  });

  it('is asked for one namespace where ROTATION_NAMESPACE names it', async () => {
    process.env.ROTATION_NAMESPACE = 'kube-test';
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    now.simulator.inject({ status: 403 });
    expect(await prover('testSecret', version)).toContain('may not list tfjobs in the namespace that ROTATION_NAMESPACE names');
    expect(await prover('testSecret', version)).toBe('Proven');
    const path = 'GET /apis/kubeflow.org/v1/namespaces/kube-test/tfjobs?limit=1';
    expect(asked()).toEqual([`${path} 403`, `${path} 200`]);
  });
});

describe('a Secrets Manager that fails', () => {
  const operations = [
    ['DescribeSecret', 'createSecret'],
    ['GetSecretValue', 'createSecret'],
    ['PutSecretValue', 'createSecret'],
    ['UpdateSecretVersionStage', 'createSecret'],
    ['DescribeSecret', 'testSecret'],
    ['DescribeSecret', 'finishSecret'],
    ['UpdateSecretVersionStage', 'finishSecret'],
  ] as const;
  it.each(someOf(operations, 3))('at %s fails %s by the name of the error alone, and the repetition succeeds', async (operation, step) => {
    stage(newKey);
    const version = begin();
    const prover = await newProver();
    if (step !== 'createSecret') await prover('createSecret', version);
    now.secrets.fail({ operation, type: 'AccessDeniedException' });
    expect(await prover(step, version)).toBe(`Secrets Manager did not carry out ${operation}: AccessDeniedException`);
    expect(stagesOf('v-old')).toEqual(['AWSCURRENT']);
    expect(await prover.rotate(version)).toEqual([expect.stringMatching(/^(Copied|Accepted)$/), 'NothingToDo', 'Proven', 'MadeCurrent']);
    expect(now.secrets.stages(secretName)).toMatchObject({ [version]: ['AWSCURRENT', 'AWSPENDING'], 'v-old': ['AWSPREVIOUS'] });
  });

  it('while the pending version is read for its proof keeps the version’s stage', async () => {
    const version = stage(newKey, 'AWSPENDING');
    now.secrets.fail({ operation: 'GetSecretValue', type: 'AccessDeniedException' });
    const words = `the pending version could not be proven: credentials: the secret could not be read, AccessDeniedException. ${keeps}`;
    expect(await (await newProver())('testSecret', version)).toBe(words);
    expect([stagesOf(version), asked()]).toEqual([['AWSPENDING'], []]);
  });

  it('by throttling now and then is not noticed', async () => {
    stage(newKey);
    for (const operation of ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
      now.secrets.fail({ operation, type: 'ThrottlingException' });
    }
    expect((await (await newProver()).rotate(begin())).at(-1)).toBe('MadeCurrent');
  });

  it('where the current version changed meanwhile leaves it as it is', async () => {
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    now.simulator.inject({ delay: 300 });
    const finishing = prover('finishSecret', version);
    await expect.poll(() => now.secrets.asked.filter((operation) => operation === 'GetSecretValue').length).toBe(1);
    const forced = now.secrets.set(secretName, JSON.stringify(newKey));
    expect(await finishing).toBe('Secrets Manager did not carry out UpdateSecretVersionStage: InvalidParameterException');
    expect(stagesOf(forced)).toEqual(['AWSCURRENT']);
    expect(await prover('finishSecret', version)).toBe('MadeCurrent');
  });
});

describe('a surprise', () => {
  it('ends in words of ours, and the log has its name', async () => {
    const { handler } = await newProver();
    const error = await Promise.resolve()
      .then(() => handler({ Step: 'testSecret' } as never, {} as never))
      .catch((thrown: Error) => thrown);
    expect((error as Error).message).toBe('the step failed in a way that was not foreseen; the log has its name');
    const where = { name: 'TypeError', at: expect.arrayContaining([expect.stringMatching(/^at .*\.mjs.*:\d+:\d+\)?$/)]) };
    expect(printed.lines()).toEqual([expect.objectContaining({ level: 'ERROR', outcome: 'Failed', reason: 'a surprise', ...where })]);
  });
});

describe('the configuration', () => {
  it('is refused at start where ROTATION_NAMESPACE is no namespace, and the value is not shown', async () => {
    process.env.ROTATION_NAMESPACE = 'Kube Test';
    await expect(newProver()).rejects.toThrow('the configuration has mistakes: ROTATION_NAMESPACE must be the name of a namespace');
  });
});
