import { AwsError, VersionedSecret } from '../../local/aws/secret-versions.ts';
import type { Simulation } from './simulation.ts';

const answerTime = 8;

/** Secrets Manager in virtual time, with one secret whose versions hold a token each. */
export class Secrets {
  readonly #simulation: Simulation;
  readonly #secret = new VersionedSecret('secret');
  /** When GetSecretValue was asked, in milliseconds of the run. */
  readonly calls: number[] = [];
  #current = '';

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.add('v1', 'good');
  }

  /** Adds a version, which is current from now on. */
  add(id: string, token: string): void {
    this.#secret.add(id, JSON.stringify({ token }), ['AWSCURRENT']);
    this.#current = id;
  }

  /** Makes an older version current again. */
  goBack(id: string): void {
    this.#secret.move({ VersionStage: 'AWSCURRENT', MoveToVersionId: id, RemoveFromVersionId: this.#current });
    this.#current = id;
  }

  /** What the AWS client's `send` does with a GetSecretValueCommand. Throws as it does, an error by the exception's name. */
  async send({ input }: { input: object }): Promise<object> {
    const { clock, random } = this.#simulation;
    this.calls.push(clock.elapsed);
    await clock.wait(random.logNormal(answerTime));
    try {
      const answer = this.#secret.get(input) as { CreatedDate: number };
      return { ...answer, CreatedDate: new Date(answer.CreatedDate * 1000) };
    } catch (error) {
      throw error instanceof AwsError ? Object.assign(new Error(error.message), { name: error.type }) : error;
    }
  }
}
