import { describe, expect, it } from 'vitest';
import { credential } from '../credentials.ts';
import {
  ask,
  asked,
  begin,
  expectNoSecretPrinted,
  logged,
  newKey,
  newProver,
  now,
  printed,
  secretArn,
  secretName,
  stage,
  stagesOf,
  steps,
  useRotation,
  wrongKey,
} from '../scenarios/rotation/harness.ts';
import { answer, startIam, tokenOf } from '../scenarios/upstream/iam-server.ts';

useRotation();
const refused =
  'the pending version was refused (credentials: CCI refused them). The rotation is over: stage a good one as NEXT (aws secretsmanager put-secret-value --version-stages NEXT) and rotate again';
const notStaged = /^the version is not staged as AWSPENDING: it was refused, or never staged, or another took its place/;
const nothingChanged = () => expect(stagesOf('v-old')).toEqual(['AWSCURRENT']);

describe('a new secret that CCI refuses', () => {
  it('costs one failed authentication, however often and in however many processes the rotation is repeated', async () => {
    stage(wrongKey);
    const version = begin();
    const prover = await newProver();
    expect(await prover.rotate(version)).toEqual(['Copied', 'NothingToDo', refused]);
    for (const repeating of [prover, prover, await newProver(), await newProver()]) {
      expect(await repeating.rotate(version)).toEqual([expect.stringMatching(notStaged)]);
      for (const step of steps) expect(await repeating(step, version)).toMatch(notStaged);
    }
    expect(now.simulator.failedAuthentications).toEqual({ [wrongKey.accessKey]: 1 });
    expect([asked().length, stagesOf(version)]).toEqual([1, []]);
    nothingChanged();
  });

  it('does not stand in the way of a corrected one', async () => {
    stage(wrongKey);
    const prover = await newProver();
    await prover.rotate(begin());
    stage(newKey);
    expect((await prover.rotate(begin())).at(-1)).toBe('MadeCurrent');
    expect(now.simulator.failedAuthentications).toEqual({ [wrongKey.accessKey]: 1 });
  });

  it('does not become current where finishSecret is called without any other step', async () => {
    const version = stage(wrongKey, 'AWSPENDING');
    expect(await (await newProver())('finishSecret', version)).toBe(refused);
    expect(await (await newProver())('finishSecret', version)).toMatch(notStaged);
    expect(now.simulator.failedAuthentications).toEqual({ [wrongKey.accessKey]: 1 });
    nothingChanged();
  });

  it('is not sent again by the same process even while its stage cannot be taken away', async () => {
    const version = stage(wrongKey, 'AWSPENDING');
    const prover = await newProver();
    now.secrets.fail({ operation: 'UpdateSecretVersionStage', type: 'AccessDeniedException', times: 2 });
    const kept = 'It keeps the stage AWSPENDING, since Secrets Manager did not carry out UpdateSecretVersionStage: AccessDeniedException.';
    for (const step of ['testSecret', 'finishSecret']) {
      expect(await prover(step, version)).toBe(refused.replace('The rotation', `${kept} The rotation`));
      expect(stagesOf(version)).toEqual(['AWSPENDING']);
    }
    expect(await prover('testSecret', version)).toBe(refused);
    expect(stagesOf(version)).toEqual([]);
    expect(now.simulator.failedAuthentications).toEqual({ [wrongKey.accessKey]: 1 });
  });

  it('since its key is locked is let go as well, and not tried again', async () => {
    now.simulator.inject({ status: 401, dialect: 'apig', path: '/tfjobs' });
    const other = stage(newKey, 'AWSPENDING');
    expect(await (await newProver())('testSecret', other)).toBe(refused);

    const version = stage(newKey, 'AWSPENDING');
    for (let failures = 0; failures < 6; failures++) {
      await fetch(`${now.simulator.url}/apis/kubeflow.org/v1/tfjobs`, {
        headers: { authorization: `SDK-HMAC-SHA256 Access=${newKey.accessKey}, SignedHeaders=host, Signature=${'0'.repeat(64)}` },
      });
    }
    const said = await (await newProver())('testSecret', version);
    expect(said).toMatch(
      /^the pending version was refused \(credentials: CCI refused them\); it failed too often and stays locked for five minutes\. The rotation is over/,
    );
    expect(stagesOf(version)).toEqual([]);
    nothingChanged();
  });

  it('is a line in the log, with CCI’s own code and without a word of the secret', async () => {
    const version = stage(wrongKey, 'AWSPENDING');
    await (await newProver())('testSecret', version);
    expect(logged()).toEqual([{ level: 'ERROR', message: 'rotation', step: 'testSecret', version, outcome: 'Failed', reason: refused }]);
    expect(printed.lines()[0]).toMatchObject({
      note: { reason: 'credentials: CCI refused them', errorCode: 'APIG.0301', locked: false },
      upstream: [{ answer: 401 }],
    });
  });
});

describe('a new secret that cannot be read', () => {
  it.each([
    ['is no JSON', 'hunter2-hunter2', 'it is not a JSON object'],
    ['is empty', '', 'it is not a JSON object'],
    ['lacks a key', '{"accessKey":"hunter2-hunter2"}', 'secretKey is missing'],
    [
      'has a key of no form',
      '{"accessKey":"a","secretKey":"hunter2-hunter2","hunter2-hunter2":1}',
      'it has a key that belongs to no form of the secret',
    ],
    [
      'has a wrong value',
      '{"accessKey":"hunter2-hunter2 ","secretKey":7}',
      'accessKey must be printable ASCII without spaces; secretKey must be a string',
    ],
  ])('%s: createSecret says so by its keys, asks nobody and lets go', async (_, content, mistakes) => {
    const words = `the new secret is malformed: ${mistakes}. The rotation is over`;
    const prover = await newProver();
    const version = stage(content, 'AWSPENDING');
    expect(await prover.rotate(version)).toEqual([expect.stringContaining(words)]);
    const waiting = stage(content);
    const second = begin();
    expect(await prover.rotate(second)).toEqual([expect.stringContaining(words)]);
    const direct = stage(content, 'AWSPENDING');
    expect(await prover('finishSecret', direct)).toContain(words);
    expect([version, second, direct, waiting].map(stagesOf)).toEqual([[], [], [], ['NEXT']]);
    expect([asked(), printed.text.includes('hunter2')]).toEqual([[], false]);
    nothingChanged();
  });

  it('where none is staged, createSecret says how one is', async () => {
    const version = begin();
    const [said] = await (await newProver()).rotate(version);
    expect(said).toBe(
      'no new secret is staged. The rotation is over: stage a good one as NEXT (aws secretsmanager put-secret-value --version-stages NEXT) and rotate again',
    );
    expect(stagesOf(version)).toEqual([]);
    nothingChanged();
  });
});

describe('a user of IAM', () => {
  it('whom IAM refuses costs one login', async () => {
    const iam = await startIam();
    const password = credential('rotation-iam-password');
    const version = stage({ ...iam.login, password }, 'AWSPENDING');
    const prover = await newProver();
    expect((await prover.rotate(version)).at(-1)).toBe(refused.replace('CCI refused', 'IAM refused'));
    await prover.rotate(version);
    expect([iam.arrived.length, asked(), stagesOf(version)]).toEqual([1, [], []]);
    expectNoSecretPrinted();
    expect(printed.text).not.toContain(password);
  });

  it('whose token CCI refuses costs one login and one read', async () => {
    const iam = await startIam();
    const version = stage(iam.login, 'AWSPENDING');
    expect((await (await newProver()).rotate(version)).at(-1)).toBe(refused);
    expect([iam.arrived.length, asked().length, stagesOf(version)]).toEqual([1, 1, []]);
    for (const secret of [iam.login.password, tokenOf(1)]) expect(printed.text).not.toContain(secret);
  });

  it('keeps its stage while IAM gives no answer', async () => {
    const iam = await startIam();
    iam.next.push(...Array(20).fill(answer(503)));
    const version = stage(iam.login, 'AWSPENDING');
    expect(await (await newProver())('testSecret', version)).toMatch(
      /^the pending version could not be proven: credentials: IAM answered 503\. It keeps its stage/,
    );
    expect(stagesOf(version)).toEqual(['AWSPENDING']);
  });
});

describe('an event that nobody should have sent', () => {
  it.each([
    ['nothing', null],
    ['a text', 'secretText'],
    ['an unknown step', { Step: 'secretText', SecretId: secretArn, ClientRequestToken: 'x'.repeat(36) }],
    ['no version', { Step: 'testSecret', SecretId: secretArn }],
    ['a version too short', { Step: 'testSecret', SecretId: secretArn, ClientRequestToken: 'secretText' }],
    [
      'a wrong rotation token',
      { Step: 'testSecret', SecretId: secretArn, ClientRequestToken: 'x'.repeat(36), RotationToken: 'secretText' },
    ],
    ['keys of our own', { Step: 'secretText', given: { Step: 'testSecret' }, context: { calls: ['secretText'] } }],
  ])('(%s) is refused by its form, and nobody is asked', async (_, event) => {
    const { handler } = await newProver();
    expect(await ask(handler, event)).toMatch(/^this is no event of a rotation: [A-Za-z, ]+$/);
    expect([now.secrets.asked, asked()]).toEqual([[], []]);
    expect([logged().length, printed.text.includes('secretText')]).toEqual([1, false]);
  });

  it('(another secret) is refused, by name and by ARN, before anything is read', async () => {
    const version = now.secrets.stage('team/other', JSON.stringify(newKey));
    const prover = await newProver();
    for (const SecretId of [
      'team/other',
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:team/other-Local1',
      `${secretName}-Local1`,
    ]) {
      for (const step of steps)
        expect(await prover(step, version, { SecretId })).toBe('this function rotates another secret than the one asked for');
    }
    expect(new Set(now.secrets.asked)).toEqual(new Set(['DescribeSecret']));
    expect(asked()).toEqual([]);
  });

  it('(our secret by its name) is served', async () => {
    const version = stage(newKey, 'AWSPENDING');
    expect(await (await newProver())('testSecret', version, { SecretId: secretName })).toBe('Proven');
  });

  it('(a version that is not pending) is refused for every step but createSecret, and no version becomes current', async () => {
    const waiting = stage(newKey, 'NEXT');
    const prover = await newProver();
    for (const version of [waiting, 'f'.repeat(36)]) {
      for (const step of steps.slice(1)) expect(await prover(step, version)).toMatch(notStaged);
    }
    expect(asked()).toEqual([]);
    nothingChanged();
  });

  it('(a version that there is not, after a rotation) does not get a copy of the current secret, which is still pending', async () => {
    const version = stage(newKey, 'AWSPENDING');
    const prover = await newProver();
    await prover.rotate(version);
    expect(await prover('createSecret', 'f'.repeat(36))).toMatch(/^no new secret is staged/);
    expect(stagesOf(version)).toEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  it('(a secret whose rotation is off) is refused', async () => {
    const version = stage(newKey, 'AWSPENDING');
    now.secrets.rotation(secretName, false);
    const prover = await newProver();
    for (const step of steps) expect(await prover(step, version)).toBe('the rotation of the secret is not turned on');
    nothingChanged();
  });

  it('(steps out of order) ends with the same versions as in order', async () => {
    stage(newKey);
    const version = begin();
    const prover = await newProver();
    expect(await prover('testSecret', version)).toMatch(
      /^the pending version could not be proven: credentials: the secret could not be read/,
    );
    expect(await prover('finishSecret', version)).toMatch(/^the pending version could not be proven/);
    expect(stagesOf(version)).toEqual(['AWSPENDING']);
    nothingChanged();
    expect(await prover('createSecret', version)).toBe('Copied');
    expect(await prover('finishSecret', version)).toBe('MadeCurrent');
    expect(await prover('testSecret', version)).toBe('NothingToDo');
    expect(stagesOf('v-old')).toEqual(['AWSPREVIOUS']);
  });
});
