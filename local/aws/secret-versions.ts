/** What AWS answers instead of doing it: the exception's name and message. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

const current = 'AWSCURRENT';
const previous = 'AWSPREVIOUS';

/** One secret with all its versions, staged by the rules of Secrets Manager. Every error is thrown as AwsError. */
export class VersionedSecret {
  readonly identity: { ARN: string; Name: string };
  rotationEnabled = true;
  readonly #versions = new Map<string, { value: string | undefined; created: number }>();
  /** The version that each stage is on: a stage is never on two. */
  readonly #stages = new Map<string, string>();

  constructor(name: string) {
    this.identity = { ARN: `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-Local1`, Name: name };
  }

  /** Adds a version and gives it its stages; without a value it is what RotateSecret leaves for a rotation to fill. */
  add(versionId: string, value: string | undefined, stages: readonly string[]): void {
    this.#versions.set(versionId, { value, created: Date.now() / 1000 });
    for (const stage of stages) this.#attach(stage, versionId);
  }

  /** The versions that have a stage, with all their stages in the order of their names. */
  staged(): Record<string, string[]> {
    const staged: Record<string, string[]> = {};
    for (const [stage, versionId] of [...this.#stages].sort()) staged[versionId] = [...(staged[versionId] ?? []), stage];
    return staged;
  }

  describe(): object {
    return { ...this.identity, RotationEnabled: this.rotationEnabled, VersionIdsToStages: this.staged() };
  }

  get({ VersionId, VersionStage = VersionId === undefined ? current : undefined }: { VersionId?: string; VersionStage?: string }): object {
    const id = VersionId ?? this.#stages.get(VersionStage as string) ?? '';
    const version = this.#versions.get(id);
    if (version && VersionStage !== undefined && this.#stages.get(VersionStage) !== id) {
      throw new AwsError('InvalidRequestException', 'You provided a VersionStage that is not associated to the provided VersionId.');
    }
    if (version?.value === undefined) {
      const which = VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`;
      throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${which}`);
    }
    const stages = this.staged()[id] ?? [];
    return { ...this.identity, VersionId: id, SecretString: version.value, VersionStages: stages, CreatedDate: version.created };
  }

  put(input: { ClientRequestToken: string; SecretString: string; VersionStages?: string[] }): object {
    const { ClientRequestToken: id, SecretString: value, VersionStages: stages = [current] } = input;
    if (id.length < 32 || id.length > 64) {
      throw new AwsError('InvalidParameterException', 'ClientRequestToken must be 32-64 characters long.');
    }
    const there = this.#versions.get(id)?.value;
    if (there !== undefined && there !== value) {
      const why = `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${this.identity.ARN}.`;
      throw new AwsError('ResourceExistsException', why);
    }
    // The same once more changes nothing, its stages included.
    if (there === undefined) this.add(id, value, stages);
    return { ...this.identity, VersionId: id, VersionStages: this.staged()[id] ?? [] };
  }

  move(input: { VersionStage: string; MoveToVersionId?: string; RemoveFromVersionId?: string }): object {
    const { VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from } = input;
    const holder = this.#stages.get(stage);
    const mistake = this.#mistakeOfMove(stage, holder, to, from);
    if (mistake !== undefined) throw new AwsError('InvalidParameterException', mistake);
    if (to === undefined) this.#stages.delete(stage);
    else this.#attach(stage, to);
    return this.identity;
  }

  #mistakeOfMove(stage: string, holder: string | undefined, to: string | undefined, from: string | undefined): string | undefined {
    for (const id of [to, from]) {
      if (id !== undefined && !this.#versions.has(id)) return `Not a valid version: ${id}`;
    }
    if (from !== undefined && from !== holder) return `Version stage ${stage} not found in version ${from}`;
    if (to !== undefined && from === undefined && holder !== undefined && holder !== to) {
      return `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`;
    }
    if (to !== undefined) return undefined;
    if (stage === current) {
      return 'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.';
    }
    return from === undefined ? 'You must name a version to move the staging label to or to remove it from.' : undefined;
  }

  #attach(stage: string, versionId: string): void {
    const before = this.#stages.get(stage);
    this.#stages.set(stage, versionId);
    if (stage !== current || before === versionId) return;
    if (this.#stages.get(previous) === versionId) this.#stages.delete(previous);
    if (before !== undefined) this.#stages.set(previous, before);
  }
}
