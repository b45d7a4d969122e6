import { describe, expect, it, vi } from 'vitest';
import { isAuditLine } from '../../audit-lines.ts';
import { asked, begin, logged, newKey, newProver, now, oldKey, printed, secretName, stage, stagesOf, useRotation } from './harness.ts';

useRotation();
const proof = 'GET /apis/kubeflow.org/v1/tfjobs?limit=1 200';

describe('a rotation', () => {
  it('takes the secret that is staged as NEXT, proves it with one read and makes it current', async () => {
    const waiting = stage(newKey);
    const version = begin();
    const prover = await newProver();
    expect(await prover.rotate(version)).toEqual(['Copied', 'NothingToDo', 'Proven', 'MadeCurrent']);
    expect(asked()).toEqual([proof]);
    expect(now.secrets.stages(secretName)).toEqual({ [version]: ['AWSCURRENT', 'AWSPENDING'], 'v-old': ['AWSPREVIOUS'] });
    expect(stagesOf(waiting)).toEqual([]);
    expect(now.simulator.failedAuthentications).toEqual({});
  });

  it('takes the secret that the operator staged as AWSPENDING in the very version', async () => {
    const version = stage(newKey, 'AWSPENDING');
    expect(await (await newProver()).rotate(version)).toEqual(['Accepted', 'NothingToDo', 'Proven', 'MadeCurrent']);
    expect([asked(), stagesOf(version), stagesOf('v-old')]).toEqual([[proof], ['AWSCURRENT', 'AWSPENDING'], ['AWSPREVIOUS']]);
  });

  it('takes the secret that is staged as AWSPENDING in another version', async () => {
    const staged = stage(newKey, 'AWSPENDING');
    const version = '11111111-2222-3333-4444-555555555555';
    expect(await (await newProver()).rotate(version)).toEqual(['Copied', 'NothingToDo', 'Proven', 'MadeCurrent']);
    expect([stagesOf(version), stagesOf(staged)]).toEqual([['AWSCURRENT', 'AWSPENDING'], []]);
  });

  it('writes one line per step and names no secret', async () => {
    stage(newKey);
    const version = begin();
    await (await newProver()).rotate(version);
    const line = { level: 'INFO', message: 'rotation', version, reason: undefined };
    expect(logged()).toEqual([
      { ...line, step: 'createSecret', outcome: 'Copied' },
      { ...line, step: 'setSecret', outcome: 'NothingToDo' },
      { ...line, step: 'testSecret', outcome: 'Proven' },
      { ...line, step: 'finishSecret', outcome: 'MadeCurrent' },
    ]);
    expect(printed.lines()[2]).toMatchObject({ upstream: [{ method: 'GET', answer: 200 }], function_request_id: 'function-request-id' });
  });

  it('is told to the audit trail step by step, with what each did', async () => {
    const taken = () =>
      printed.text
        .split('\n')
        .filter(isAuditLine)
        .map((line) => JSON.parse(line));
    stage(newKey);
    const version = begin();
    const prover = await newProver();
    await prover.rotate(version);
    const events = taken();
    expect(events.map(({ verb, annotations: own }) => [verb, own['tfjob-gateway/step'], own['tfjob-gateway/outcome']])).toEqual([
      ['update', 'createSecret', 'Copied'],
      ['update', 'setSecret', 'NothingToDo'],
      ['update', 'testSecret', 'Proven'],
      ['update', 'finishSecret', 'MadeCurrent'],
    ]);
    for (const { user, objectRef, annotations: own } of events) {
      expect([user.username, objectRef.resource, objectRef.name]).toEqual(['system:tfjob-gateway', 'secrets', secretName]);
      expect(own['tfjob-gateway/secret-version']).toBe(version);
    }
    printed.text = '';
    expect(await prover('testSecret', 'x'.repeat(36))).toContain('not staged');
    expect(taken()).toMatchObject([{ responseStatus: { code: 500 }, annotations: { 'tfjob-gateway/outcome': 'failed' } }]);
  });

  it('may be repeated, each step and the whole, before and after its end', async () => {
    stage(newKey);
    const version = begin();
    const prover = await newProver();
    const twice = async (step: string) => [await prover(step, version), await prover(step, version)];
    expect(await twice('createSecret')).toEqual(['Copied', 'Accepted']);
    expect(await twice('setSecret')).toEqual(['NothingToDo', 'NothingToDo']);
    expect(await twice('testSecret')).toEqual(['Proven', 'Proven']);
    expect(await twice('finishSecret')).toEqual(['MadeCurrent', 'NothingToDo']);
    const done = now.secrets.stages(secretName);
    expect(await prover.rotate(version)).toEqual(['NothingToDo', 'NothingToDo', 'NothingToDo', 'NothingToDo']);
    expect(now.secrets.stages(secretName)).toEqual(done);
    expect(asked()).toEqual([proof]);
  });

  it('is proven again where another process finishes it', async () => {
    const version = stage(newKey, 'AWSPENDING');
    expect(await (await newProver())('testSecret', version)).toBe('Proven');
    expect(await (await newProver())('finishSecret', version)).toBe('MadeCurrent');
    expect(asked()).toEqual([proof, proof]);
  });

  it('is proven again where the proof is older than five minutes', async () => {
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      expect(await prover('testSecret', version)).toBe('Proven');
      vi.setSystemTime(Date.now() + 5 * 60_000);
      now.simulator.removeKey(newKey.accessKey);
      expect(await prover('finishSecret', version)).toMatch(/^the pending version was refused/);
    } finally {
      vi.useRealTimers();
    }
    expect([stagesOf(version), stagesOf('v-old')]).toEqual([[], ['AWSCURRENT']]);
  });

  it('of the same key once more, and after it the next one, work alike: what was copied no longer waits', async () => {
    stage(newKey);
    const prover = await newProver();
    expect((await prover.rotate(begin())).at(-1)).toBe('MadeCurrent');
    stage(oldKey);
    const second = begin();
    expect((await prover.rotate(second)).at(-1)).toBe('MadeCurrent');
    expect(stagesOf(second)).toEqual(['AWSCURRENT', 'AWSPENDING']);
    const third = begin();
    expect(await prover.rotate(third)).toEqual([expect.stringMatching(/^no new secret is staged/)]);
    expect(stagesOf(second)).toEqual(['AWSCURRENT']);
  });

  it('may go back to the version before', async () => {
    stage(newKey);
    const prover = await newProver();
    await prover.rotate(begin());
    const back = stage(oldKey, 'AWSPENDING');
    expect((await prover.rotate(back)).at(-1)).toBe('MadeCurrent');
  });

  it('of the current secret, which Secrets Manager asks for when rotation is turned on, proves it and changes nothing', async () => {
    const version = stage(oldKey, 'AWSPENDING');
    expect(await (await newProver())('testSecret', version)).toBe('Proven');
    expect(stagesOf('v-old')).toEqual(['AWSCURRENT']);
  });
});
