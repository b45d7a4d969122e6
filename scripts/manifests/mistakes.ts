/** A step of a field's path: a member, an index, or in an array of one a key of a map. */
export type Step = string | number | readonly [key: string];
export type Path = readonly Step[];

/** What is wrong, or may be, and where: file and line (from 1), the field's path, and the whole sentence with the path. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** A policy folder that is refused, with every mistake in it. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly mistakes: readonly Finding[];

  constructor(mistakes: readonly Finding[]) {
    super(mistakes.map(showFinding).join('\n'));
    this.mistakes = mistakes;
  }
}

/** A policy folder that is not there, or may not be read. */
export class UnreadableFolder extends PolicyError {
  constructor(folder: string, code: string) {
    super([]);
    this.message = `the folder ${folder} cannot be read: ${code}`;
  }
}

/** The order of findings: by file, then by line. */
export function byPlace(a: Finding, b: Finding): number {
  if (a.file === b.file) return a.line - b.line;
  return a.file < b.file ? -1 : 1;
}

/** `policies/a.yaml:12: spec.failurePolicy: …` */
export function showFinding({ file, line, message }: Finding): string {
  return `${file}:${line}: ${message}`;
}

/** A path as Kubernetes writes it: `spec.validations[0].expression`, `data[key]`. */
export function showPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step !== 'string') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}

/** Where the fields of one manifest stand. */
export interface Position {
  readonly file: string;
  /** The line of a field, or where it is absent of what it would stand in. */
  lineOf(path: Path): number;
}

/** Collects the mistakes of one manifest, in the words of Kubernetes' field errors (apimachinery, pkg/util/validation/field). */
export class FieldErrors {
  readonly #position: Position;
  readonly #found: Finding[];

  constructor(position: Position, found: Finding[]) {
    this.#position = position;
    this.#found = found;
  }

  required(path: Path, detail = ''): void {
    this.add(path, `Required value${suffix(detail)}`);
  }

  forbidden(path: Path, detail: string): void {
    this.add(path, `Forbidden${suffix(detail)}`);
  }

  duplicate(path: Path, value: string, detail = ''): void {
    this.add(path, `Duplicate value: ${JSON.stringify(value)}${suffix(detail)}`);
  }

  /** `at`: where it stands, if not at the path that Kubernetes names. */
  invalid(path: Path, value: unknown, detail: string, at: Path = path): void {
    this.add(path, `Invalid value: ${JSON.stringify(value)}${suffix(detail)}`, at);
  }

  notSupported(path: Path, value: string, supported: readonly string[]): void {
    const list = supported.map((text) => JSON.stringify(text)).join(', ');
    this.add(path, `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`);
  }

  tooMany(path: Path, count: number, limit: number): void {
    this.add(path, `Too many: ${count}: must have at most ${limit} items`);
  }

  /** One `invalid` for each message. */
  invalidEach(path: Path, value: string, messages: readonly string[], at: Path = path): void {
    for (const message of messages) this.invalid(path, value, message, at);
  }

  add(path: Path, message: string, at: Path = path): void {
    this.sentence(path, `${showPath(path)}: ${message}`, at);
  }

  /** A sentence that says itself which field it is about. */
  sentence(path: Path, message: string, at: Path = path): void {
    this.#found.push({ file: this.#position.file, line: this.#position.lineOf(at), field: showPath(path), message });
  }
}

function suffix(detail: string): string {
  return detail === '' ? '' : `: ${detail}`;
}
