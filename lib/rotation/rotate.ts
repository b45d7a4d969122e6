import { connectSecretsManager } from '../cci/connect.ts';
import { parseSecret } from '../cci/credentials/secret.ts';
import { createTransport, type Transport } from '../cci/transport.ts';
import type { Config } from '../runtime/config.ts';
import { StatusError } from '../status.ts';
import { malformed, prove, type Verdict } from './prove.ts';
import { current, openSecret, pending, type RotatedSecret, type Stages } from './secret.ts';
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
  const rotation = new Rotation(config);
  return (event) => rotation.take(event);
}

class Rotation {
  private readonly config: Config;
  private readonly client = connectSecretsManager();
  private readonly transport: Transport;
  private readonly secret: RotatedSecret;
  /** What came of the last proof in this process. A version's content never changes. */
  private last: { version: string; verdict: Verdict; at: number } | undefined;

  constructor(config: Config) {
    this.config = config;
    this.transport = createTransport(new URL(config.endpoint));
    this.secret = openSecret(config.secretId, this.client);
  }

  async take(event: StepEvent): Promise<{ outcome: Outcome }> {
    const { Step, SecretId, ClientRequestToken: version } = event;
    const stages = await this.secret.stages(SecretId);
    if (stages.get(current) === version) return { outcome: 'NothingToDo' };
    if (Step !== 'createSecret') requirePending(version, stages);
    return { outcome: await this[Step](event, stages) };
  }

  private async createSecret({ ClientRequestToken: version, RotationToken }: StepEvent, stages: Stages): Promise<Outcome> {
    const staged = await this.secret.value(version);
    if (staged !== undefined) {
      requirePending(version, stages);
      await this.check(staged, version, stages);
      return 'Accepted';
    }
    const found = await this.newSecret(version, stages);
    if (!found) return this.giveUp(version, stages, 'no new secret is staged');
    const { source, content } = found;
    await this.check(content, version, stages);
    await this.secret.fill(version, content, RotationToken);
    // It waits no longer: the rotation after this one must not take it again.
    if (stages.get(next) === source) await this.secret.move(next, source);
    return 'Copied';
  }

  /** Nobody but its owner can make a key at CCI: what is staged exists there already. */
  private async setSecret(): Promise<Outcome> {
    return 'NothingToDo';
  }

  private async testSecret({ ClientRequestToken: version, context }: StepEvent, stages: Stages): Promise<Outcome> {
    const { last } = this;
    const known = last?.version === version && (!last.verdict.proven || Date.now() - last.at < proofLasts) ? last.verdict : undefined;
    const verdict = known ?? (await prove(version, this.config, this.client, this.transport, context));
    if (!known && (verdict.proven || verdict.forGood)) this.last = { version, verdict, at: Date.now() };
    if (verdict.proven) return 'Proven';
    if (verdict.forGood) return this.giveUp(version, stages, verdict.error.message, verdict.error);
    throw verdict.error;
  }

  private async finishSecret(event: StepEvent, stages: Stages): Promise<Outcome> {
    // This process may be another than the one that tested, and anyone may have called this step.
    await this.testSecret(event, stages);
    // AWSPENDING stays: taken away by a call of its own it would tell Secrets Manager that the rotation failed.
    await this.secret.move(current, stages.get(current), event.ClientRequestToken);
    return 'MadeCurrent';
  }

  /** Where the new secret waits, if it is not in the version that is to become current. */
  private async newSecret(version: string, stages: Stages): Promise<{ source: string; content: string } | undefined> {
    for (const stage of [pending, next]) {
      const source = stages.get(stage);
      if (source === undefined || source === version || source === stages.get(current)) continue;
      const content = await this.secret.value(source);
      if (content !== undefined) return { source, content };
    }
    return undefined;
  }

  private check(content: string, version: string, stages: Stages): Promise<never> | undefined {
    try {
      parseSecret(content);
      return undefined;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return this.giveUp(version, stages, malformed(error.note), error);
    }
  }

  /** Fails a rotation that cannot succeed, and lets go of its version. */
  private async giveUp(version: string, stages: Stages, why: string, error?: StatusError): Promise<never> {
    const letGo = stages.get(pending) === version ? this.secret.move(pending, version) : undefined;
    const kept = await letGo?.catch(({ message }: Error) => `. It keeps the stage AWSPENDING, since ${message}`);
    throw stepFailed(`${why}${kept ?? ''}. The rotation is over: ${howToStage}`, error?.note);
  }
}

function requirePending(version: string, stages: Stages): void {
  if (stages.get(pending) === version) return;
  throw stepFailed(`the version is not staged as AWSPENDING: it was refused, or never staged, or another took its place; ${howToStage}`);
}
