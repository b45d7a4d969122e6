/** The built handlers and moto's Secrets Manager, over the real AWS SDK and wire. Runnable alone, after a build. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { documentedJob, type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { putForward } from '../load/clock.ts';
import { type Instance, startInstance } from '../load/instance.ts';
import { searchFiles } from '../search.ts';
import { type AwsKey, anyKey, type Moto, secretsClient, startMoto } from './moto.ts';
import { type MotoFront, startMotoFront } from './moto-front.ts';
import { killAll, whenStopped } from './processes.ts';
import { checked, summary } from './report.ts';

const keyOf = (name: string) => ({ accessKey: credential(`${name}-ak`), secretKey: credential(`${name}-sk`) });
const [oldKey, newKey] = [keyOf('old'), keyOf('new')];
const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const minute = 60_000;

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-moto-'));
const started: Instance[] = [];
const users: AwsKey[] = [];
const now = {} as { moto: Moto; front: MotoFront; simulator: Simulator; rotator: string };
whenStopped(() => rm(folder, { recursive: true, force: true }));

/** What must be so, or the check fails with what is. */
function expect(is: unknown, toBe: unknown, what: string): void {
  const [left, right] = [JSON.stringify(is), JSON.stringify(toBe)];
  if (left !== right) throw new Error(`${what}: ${left} instead of ${right}`);
}
const operator = () => secretsClient(now.moto.url);
/** A secret of its own for each check; its name and ARN. */
async function newSecret(key: object = oldKey): Promise<{ name: string; arn: string; version: string }> {
  const name = `team/cci-${randomUUID()}`;
  const { ARN = '', VersionId = '' } = await operator().send(new CreateSecretCommand({ Name: name, SecretString: JSON.stringify(key) }));
  return { name, arn: ARN, version: VersionId };
}
/** Does something while moto checks signatures and permissions. */
async function enforced<T>(work: () => Promise<T>): Promise<T> {
  await now.moto.enforce(true);
  now.front.enforced = true;
  try {
    return await work();
  } finally {
    now.front.enforced = false;
    await now.moto.enforce(false);
  }
}
/** An AWS user who may do this in Secrets Manager and nothing else. */
async function newUser(name: string, ...actions: string[]): Promise<AwsKey> {
  const user = await now.moto.user(
    name,
    actions.map((action) => `secretsmanager:${action}`),
  );
  users.push(user);
  return user;
}
/** A gateway whose credentials are in this secret; `awsKey` is its own. */
function gatewayOf(secretId: string, { accessKeyId, secretAccessKey }: AwsKey = anyKey): Instance {
  const surroundings = { cci: now.simulator.url, secretId, secretsManager: now.front.url, accessKeyId, secretAccessKey };
  const instance = startInstance(surroundings, join(folder, `instance-${started.length}.log`), ahead);
  started.push(instance);
  now.front.asked.length = 0;
  return instance;
}
const read = async (gateway: Instance) => (await gateway.send({ method: 'GET', path })).status;
const write = async (gateway: Instance) => {
  const body = { metadata: { annotations: { 'example.com/at': randomUUID() } } };
  return (await gateway.send({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body })).status;
};
/** A 500 that says nothing of the inside, and a log line with AWS's word for it. */
async function expectFailure(gateway: Instance, secretId: string, word: string): Promise<void> {
  const { status, text = '' } = await gateway.send({ method: 'GET', path });
  expect(status, 500, 'the answer');
  const { reason, message } = JSON.parse(text);
  expect([reason, message.includes('log')], ['InternalError', true], 'the reason');
  const lines = (await readFile(gateway.log, 'utf8')).split('\n');
  // The audit trail says which secret could not be read.
  const log = lines.filter((line) => !line.startsWith('{"kind":"Event"')).join('\n');
  expect(
    [text, log].map((said) => said.includes(secretId)),
    [false, false],
    'whether the secret is named',
  );
  expect(log.includes(`"error":"${word}"`), true, `whether the log says ${word}`);
}
/** All clocks at once: those of the gateways, and of the simulator here. */
let ahead = 0;
async function later(milliseconds: number): Promise<void> {
  ahead += milliseconds;
  putForward(milliseconds);
  await Promise.all(started.map((instance) => instance.putForward(milliseconds)));
}

async function reads(): Promise<void> {
  await checked('moto', 'the secret is read by its name and by its ARN, once', async () => {
    const { name, arn } = await newSecret();
    for (const id of [name, arn]) {
      const gateway = gatewayOf(id);
      expect([await read(gateway), await read(gateway)], [200, 200], `reads with the secret ${id}`);
      expect(now.front.asked, ['GetSecretValue'], 'calls');
      expect(await write(gateway), 200, 'a write');
    }
  });
  await checked('moto', 'a secret that is not there is a 500 with ResourceNotFoundException in the log', async () => {
    await expectFailure(gatewayOf('team/nothing-here'), 'team/nothing-here', 'ResourceNotFoundException');
  });
  await checked('moto', 'a secret in none of its forms is a 500, and the log names the keys alone', async () => {
    const { name } = await newSecret({ accessKey: oldKey.accessKey, secret: oldKey.secretKey });
    const gateway = gatewayOf(name);
    expect(await read(gateway), 500, 'the answer');
    const log = await readFile(gateway.log, 'utf8');
    expect(log.includes('secretKey is missing'), true, 'whether the log names the key');
  });
}

async function permissions(): Promise<void> {
  const { name } = await newSecret();
  const [reader, nobody] = [await newUser('reader', 'GetSecretValue'), await newUser('nobody', 'ListSecrets')];
  await enforced(async () => {
    await checked('moto', 'with its one permission the gateway reads its secret, signed by the SDK and checked by moto', async () => {
      expect(await read(gatewayOf(name, reader)), 200, 'the answer');
    });
    await checked('moto', 'without it, AccessDeniedException is in the log', () =>
      expectFailure(gatewayOf(name, nobody), name, 'AccessDeniedException'),
    );
    await checked('moto', 'a wrong signature is told likewise', () =>
      expectFailure(gatewayOf(name, { ...reader, secretAccessKey: credential('wrong') }), name, 'SignatureDoesNotMatch'),
    );
  });
}

async function throttling(): Promise<void> {
  await checked('moto', 'throttled twice: the SDK asks again, and nobody notices', async () => {
    const gateway = gatewayOf((await newSecret()).name);
    now.front.throttle = 2;
    expect([await read(gateway), now.front.asked.length], [200, 3], 'the answer and calls');
  });
  await checked('moto', 'throttled for ever, without a copy: 500 after the SDK’s three attempts', async () => {
    const { name } = await newSecret();
    now.front.throttle = Number.POSITIVE_INFINITY;
    await expectFailure(gatewayOf(name), name, 'ThrottlingException');
    // Three as the function is loaded, and as many for its first request.
    expect(now.front.asked.length, 6, 'calls');
  });
  await checked('moto', 'throttled for ever, with a copy: it goes on, and asks again only now and then', async () => {
    now.front.throttle = 0;
    const gateway = gatewayOf((await newSecret()).name);
    expect([await read(gateway), now.front.asked.length], [200, 1], 'the first answer and calls');
    now.front.throttle = Number.POSITIVE_INFINITY;
    await later(6 * minute);
    expect([await read(gateway), await read(gateway), now.front.asked.length], [200, 200, 4], 'after six minutes');
    await later(14 * minute);
    expect([await read(gateway), await read(gateway), now.front.asked.length], [200, 200, 7], 'after twenty');
    now.front.throttle = 0;
    await later(minute);
    expect([await read(gateway), await read(gateway), now.front.asked.length], [200, 200, 8], 'when it is over');
  });
}

/** The four steps, until one fails; what each did, or the words that it failed with. */
async function rotate(rotation: Instance, secretId: string, version: string, asked = steps): Promise<string[]> {
  const said: string[] = [];
  for (const Step of asked) {
    const event = { Step, SecretId: secretId, ClientRequestToken: version };
    const [result] = await rotation.invoke([{ bundle: 'rotate-credentials', event }]);
    said.push(result?.error ?? JSON.parse(result?.text ?? '{}').outcome);
    if (result?.error) break;
  }
  return said;
}
async function stagesOf(SecretId: string): Promise<Record<string, string[]>> {
  return (await operator().send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {};
}
const stage = async (SecretId: string, key: object, label: string) => {
  const input = { SecretId, SecretString: JSON.stringify(key), VersionStages: [label], ClientRequestToken: randomUUID() };
  return (await operator().send(new PutSecretValueCommand(input))).VersionId ?? '';
};
/** What an operator does: RotateSecret, which makes an empty version that is pending, and turns the rotation on. */
async function begin(SecretId: string): Promise<string> {
  const input = { SecretId, RotationLambdaARN: now.rotator, RotationRules: { AutomaticallyAfterDays: 30 } };
  return (await operator().send(new RotateSecretCommand(input))).VersionId ?? '';
}
const current = async (SecretId: string) =>
  JSON.parse((await operator().send(new GetSecretValueCommand({ SecretId, VersionStage: 'AWSCURRENT' }))).SecretString ?? '{}');

async function rotations(): Promise<void> {
  const permitted = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
  const prover = await newUser('prover', ...permitted);
  const mover = await newUser('no-mover', ...permitted.slice(0, 3));

  await checked('moto', 'a key staged as NEXT becomes AWSCURRENT by the four steps, with the role’s four permissions', async () => {
    const { name, arn, version } = await newSecret();
    const gateway = gatewayOf(name);
    expect(await read(gateway), 200, 'before');
    now.simulator.addKey(newKey);
    await stage(name, newKey, 'NEXT');
    const pending = await begin(name);
    const said = await enforced(() => rotate(gatewayOf(arn, prover), arn, pending));
    expect(said, ['Copied', 'NothingToDo', 'Proven', 'MadeCurrent'], 'the steps');
    const stages = await stagesOf(name);
    expect([stages[version], stages[pending]?.includes('AWSCURRENT')], [['AWSPREVIOUS'], true], 'stages');
    expect(await current(name), newKey, 'the current value');
    await later(6 * minute);
    expect([await read(gateway), await read(gateway)], [200, 200], 'requests that notice');
    now.simulator.removeKey(oldKey.accessKey);
    expect([await read(gateway), await write(gateway)], [200, 200], 'after the old key has gone');
    now.simulator.addKey(oldKey);
    expect(now.simulator.failedAuthentications, {}, 'failed authentications');
  });
  await checked('moto', 'a key staged as AWSPENDING is accepted as it is', async () => {
    const { name, arn } = await newSecret();
    await begin(name);
    const pending = await stage(name, newKey, 'AWSPENDING');
    expect(await rotate(gatewayOf(arn), arn, pending), ['Accepted', 'NothingToDo', 'Proven', 'MadeCurrent'], 'the steps');
    expect(await current(name), newKey, 'the current value');
  });
  await checked('moto', 'a wrong pending key never becomes AWSCURRENT, whichever step is asked for, and CCI sees it once', async () => {
    const { name, arn, version } = await newSecret();
    const wrong = keyOf('wrong');
    await stage(name, wrong, 'NEXT');
    const pending = await begin(name);
    const rotation = gatewayOf(arn);
    const said = await rotate(rotation, arn, pending);
    expect([said.length, said[2]?.includes('refused')], [3, true], `the steps: ${said.at(-1)}`);
    for (const Step of ['finishSecret', 'testSecret', 'finishSecret']) {
      const [failed] = await rotate(rotation, arn, pending, [Step]);
      expect(failed?.includes('not staged as AWSPENDING'), true, `${Step} again: ${failed}`);
    }
    expect(await current(name), oldKey, 'the current value');
    expect(
      [(await stagesOf(name))[version], now.simulator.failedAuthentications],
      [['AWSCURRENT'], { [wrong.accessKey]: 1 }],
      'stages and CCI',
    );
  });
  await checked('moto', 'without the permission to move a stage, finishSecret says so and nothing is current but the old key', async () => {
    const { name, arn } = await newSecret();
    await stage(name, newKey, 'NEXT');
    const pending = await begin(name);
    const said = await enforced(() => rotate(gatewayOf(arn, mover), arn, pending));
    expect(said.at(-1)?.includes('AccessDeniedException'), true, `the last step: ${said.at(-1)}`);
    expect(await current(name), oldKey, 'the current value');
  });
}

try {
  now.moto = await startMoto(folder);
  now.front = await startMotoFront(now.moto.url);
  now.simulator = await startSimulator({ ...oldKey, jobs: [await documentedJob()] });
  now.rotator = await now.moto.emptyFunction('rotator');
  await reads();
  await permissions();
  await throttling();
  await rotations();
  await checked('moto', 'no log holds a credential', async () => {
    const logs = started.map(({ log }) => log);
    expect((await searchFiles(logs)).found, [], 'found');
    const texts = await Promise.all(logs.map((log) => readFile(log, 'utf8')));
    const keys = users.flatMap((user) => Object.values(user));
    expect(keys.filter((key) => texts.some((text) => text.includes(key))).length, 0, 'keys of the AWS users');
  });
  process.exitCode = summary('moto');
} finally {
  await Promise.all(started.map((instance) => instance.stop()));
  await Promise.all([now.simulator?.close(), now.front?.close(), now.moto?.stop()]);
  killAll();
  await rm(folder, { recursive: true, force: true });
}
