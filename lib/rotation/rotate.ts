import { connectSecretsManager } from '../cci/connect.ts';
import { parseSecret } from '../cci/credentials/secret.ts';
import { createTransport } from '../cci/transport.ts';
import type { Config } from '../runtime/config.ts';
import { StatusError } from '../status.ts';
import { malformed, prove, type Verdict } from './prove.ts';
import { current, openSecret, pending, type Stages } from './secret.ts';
import { type Outcome, type StepEvent, stepFailed } from './step.ts';

/**
 * The operator's own stage for a secret that waits for its rotation. RotateSecret refuses to begin while AWSPENDING is on another version
 * than AWSCURRENT, so a secret that waits for a schedule cannot wait as AWSPENDING.
 */
const next = 'NEXT';
/** A proof this old is made again before a version becomes current. */
const proofLasts = 5 * 60_000;
const howToStage = 'stage a good one as NEXT (aws secretsmanager put-secret-value --version-stages NEXT) and rotate again';

/**
 * The four steps of a rotation, as Secrets Manager asks for them, in any order and as often as it likes. Only a version that CCI has
 * accepted becomes AWSCURRENT; one that can never become it loses AWSPENDING, so that no repetition fails at CCI again (which would lock
 * the key) and the next rotation can begin. Throws stepFailed.
 */
export function rotate(config: Config): (event: StepEvent) => Promise<{ outcome: Outcome }> {
  const client = connectSecretsManager();
  const transport = createTransport(new URL(config.endpoint));
  const secret = openSecret(config.secretId, client);
  /** What came of the last proof in this process. A version's content never changes. */
  let last: { version: string; verdict: Verdict; at: number } | undefined;

  /** Fails a rotation that cannot succeed, and lets go of its version. */
  const giveUp = async (version: string, stages: Stages, why: string, error?: StatusError): Promise<never> => {
    const letGo = stages.get(pending) === version ? secret.move(pending, version) : undefined;
    const kept = await letGo?.catch(({ message }: Error) => `. It keeps the stage AWSPENDING, since ${message}`);
    throw stepFailed(`${why}${kept ?? ''}. The rotation is over: ${howToStage}`, error?.note);
  };
  const check = (content: string, version: string, stages: Stages): Promise<never> | undefined => {
    try {
      parseSecret(content);
      return undefined;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return giveUp(version, stages, malformed(error.note), error);
    }
  };

  /** Where the new secret waits, if it is not in the version that is to become current. */
  const newSecret = async (version: string, stages: Stages): Promise<{ source: string; content: string } | undefined> => {
    for (const stage of [pending, next]) {
      const source = stages.get(stage);
      if (source === undefined || source === version || source === stages.get(current)) continue;
      const content = await secret.value(source);
      if (content !== undefined) return { source, content };
    }
    return undefined;
  };

  const createSecret = async ({ ClientRequestToken: version, RotationToken }: StepEvent, stages: Stages): Promise<Outcome> => {
    const staged = await secret.value(version);
    if (staged !== undefined) {
      requirePending(version, stages);
      await check(staged, version, stages);
      return 'Accepted';
    }
    const found = await newSecret(version, stages);
    if (!found) return giveUp(version, stages, 'no new secret is staged');
    const { source, content } = found;
    await check(content, version, stages);
    await secret.fill(version, content, RotationToken);
    // It waits no longer: the rotation after this one must not take it again.
    if (stages.get(next) === source) await secret.move(next, source);
    return 'Copied';
  };

  const testSecret = async ({ ClientRequestToken: version, context }: StepEvent, stages: Stages): Promise<Outcome> => {
    const known = last?.version === version && (!last.verdict.proven || Date.now() - last.at < proofLasts) ? last.verdict : undefined;
    const verdict = known ?? (await prove(version, config, client, transport, context));
    if (verdict.proven || verdict.forGood) last = known ? last : { version, verdict, at: Date.now() };
    if (verdict.proven) return 'Proven';
    if (verdict.forGood) return giveUp(version, stages, verdict.error.message, verdict.error);
    throw verdict.error;
  };

  const finishSecret = async (event: StepEvent, stages: Stages): Promise<Outcome> => {
    // This process may be another than the one that tested, and anyone may have called this step.
    await testSecret(event, stages);
    // AWSPENDING stays: taken away by a call of its own it would tell Secrets Manager that the rotation failed.
    await secret.move(current, stages.get(current), event.ClientRequestToken);
    return 'MadeCurrent';
  };

  const steps = {
    createSecret,
    // Nobody but its owner can make a key at CCI: what is staged exists there already.
    setSecret: async (): Promise<Outcome> => 'NothingToDo',
    testSecret,
    finishSecret,
  };

  return async (event) => {
    const { Step, SecretId, ClientRequestToken: version } = event;
    const stages = await secret.stages(SecretId);
    if (stages.get(current) === version) return { outcome: 'NothingToDo' };
    if (Step !== 'createSecret') requirePending(version, stages);
    return { outcome: await steps[Step](event, stages) };
  };
}

function requirePending(version: string, stages: Stages): void {
  if (stages.get(pending) === version) return;
  throw stepFailed(`the version is not staged as AWSPENDING: it was refused, or never staged, or another took its place; ${howToStage}`);
}
