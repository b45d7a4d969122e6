import { randomUUID } from 'node:crypto';
import { beforeEach, expect } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { type SecretsManager, startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { type Simulator, startSimulator } from '../../../local/cci/simulator.ts';
import { isAuditLine } from '../../audit-lines.ts';
import { credential } from '../../credentials.ts';
import { lambdaContext } from '../../fakes/context.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { environment, handlerOf, secretName } from '../gateway.ts';

export { secretName };
export const oldKey = { accessKey: credential('rotation-ak-old'), secretKey: credential('rotation-sk-old') };
export const newKey = {
  accessKey: credential('rotation-ak-new'),
  secretKey: credential('rotation-sk-new'),
  securityToken: credential('rotation-st-new'),
};
export const wrongKey = { ...newKey, secretKey: credential('rotation-sk-wrong') };
export const secretArn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${secretName}-Local1`;
export const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** What runs while a test file runs: a CCI that knows both keys, and the secret with the old one. */
export const now = {} as { simulator: Simulator; secrets: SecretsManager };
export const printed = capturePrinted();

/** Starts both before each test. */
export function useRotation(): void {
  beforeEach(async () => {
    now.simulator = await startSimulator(oldKey);
    now.simulator.addKey(newKey);
    now.secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v-old', value: JSON.stringify(oldKey) } } });
    Object.assign(process.env, environment(now.simulator.url, now.secrets.url), { POWERTOOLS_LOG_LEVEL: 'INFO' });
    return async () => {
      delete process.env.ROTATION_NAMESPACE;
      await Promise.all([now.simulator.close(), now.secrets.close()]);
      expectNoSecretPrinted();
    };
  });
}

/** Whatever was printed names no secret, neither its content nor, but in an audit event, itself. */
export function expectNoSecretPrinted(text = printed.text): void {
  for (const secret of [...Object.values(oldKey), ...Object.values(newKey), wrongKey.secretKey]) expect(text).not.toContain(secret);
  const log = text.split('\n').filter((line) => !isAuditLine(line));
  expect(log.join('\n')).not.toContain(secretName);
}

/** A process of the rotation function. */
export interface Prover {
  /** One step for a version; what it did, or the words that it failed with. */
  (step: string, version: string, more?: object): Promise<string>;
  /** All four steps, as Secrets Manager asks for them: it ends with the first that fails. */
  rotate(version: string): Promise<string[]>;
  /** Any event. */
  handler: LambdaHandler;
}

export async function newProver(): Promise<Prover> {
  const handler = await handlerOf('rotate-credentials', 'new');
  const step = async (Step: string, ClientRequestToken: string, more: object = {}): Promise<string> => {
    const event = { Step, SecretId: secretArn, ClientRequestToken, ...more };
    return ask(handler, event);
  };
  const rotate = async (version: string): Promise<string[]> => {
    const said: string[] = [];
    for (const name of steps) {
      said.push(await step(name, version));
      if (!/^\w+$/.test(said.at(-1) as string)) break;
    }
    return said;
  };
  return Object.assign(step, { rotate, handler });
}

/** Gives an event to the function as Lambda does, through JSON. */
export async function ask(handler: LambdaHandler, event: unknown): Promise<string> {
  try {
    const { outcome } = (await handler(JSON.parse(JSON.stringify(event)), lambdaContext())) as { outcome: string };
    return outcome;
  } catch (error) {
    // Lambda logs an error with all that it holds, and tells Secrets Manager its message.
    expect(Object.keys(error as Error)).toEqual([]);
    expect((error as Error).cause).toBeUndefined();
    expectNoSecretPrinted((error as Error).stack);
    return (error as Error).message;
  }
}

/** What RotateSecret does before it asks for the first step: an empty version that is pending. */
export const begin = (): string => now.secrets.stage(secretName, undefined);
/** Stages a secret; a text goes as it is. */
export const stage = (content: object | string, label = 'NEXT', version = randomUUID()): string =>
  now.secrets.stage(secretName, typeof content === 'string' ? content : JSON.stringify(content), label, version);
/** The stages of a version. */
export const stagesOf = (version: string): string[] => now.secrets.stages(secretName)[version] ?? [];
/** What CCI was asked, as methods, paths and answers. */
export const asked = (): string[] => now.simulator.requests.map(({ method, path, status }) => `${method} ${path} ${status}`);
/** The log lines of steps, without what is different each time. */
export const logged = () =>
  printed.lines().map(({ level, message, step, version, outcome, reason }) => ({ level, message, step, version, outcome, reason }));
