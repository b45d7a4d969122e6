import { CompileError } from './errors.ts';

/** No line of a message shows a source line longer than this. */
const longestSnippet = 16_384;
const mostProblems = 100;

interface Problem {
  /** Where in the expression, in UTF-16 units; -1 where the whole expression is meant. */
  at: number;
  message: string;
}

/** The mistakes found in one expression, printed as cel-go prints them: by position, each with its line and a mark under it. */
export class Problems {
  readonly #source: string;
  readonly #found: Problem[] = [];
  #count = 0;
  constructor(source: string) {
    this.#source = source;
  }

  get areNone(): boolean {
    return this.#count === 0;
  }

  add(at: number, message: string): void {
    this.#count += 1;
    if (this.#count <= mostProblems) this.#found.push({ at, message });
  }

  get count(): number {
    return this.#count;
  }

  /** A function that reports again what was reported after the first `count`. */
  since(count: number): () => void {
    const found = this.#found.slice(count);
    return () => {
      for (const { at, message } of found) this.add(at, message);
    };
  }

  /** Throws a CompileError that lists them, if there are any. */
  throwIfAny(): void {
    if (!this.areNone) this.fail();
  }

  /** Throws a CompileError that lists them. */
  fail(): never {
    const shown = this.#found.toSorted((a, b) => a.at - b.at).map((problem) => this.#show(problem));
    const more = this.#count - this.#found.length;
    if (more > 0) shown.push(`${more} more errors were truncated`);
    throw new CompileError(`compilation failed: ${shown.join('\n')}`);
  }

  #show({ at, message }: Problem): string {
    if (at < 0) return `ERROR: <input>:-1:0: ${message}`;
    if (this.#source === '') return `ERROR: <input>:1:0: ${message}`;
    const before = this.#source.slice(0, at).split('\n');
    const column = [...(before.at(-1) as string)].length;
    const head = `ERROR: <input>:${before.length}:${column + 1}: ${message}`;
    const line = (this.#source.split('\n')[before.length - 1] as string).replaceAll('\t', ' ');
    if (Buffer.byteLength(line) > longestSnippet) return head;
    const characters = [...line];
    const dots = Array.from({ length: column }, (_, i) => (isWide(characters[i]) ? '．' : characters[i] === undefined ? '' : '.'));
    return `${head}\n | ${line}\n | ${dots.join('')}${isWide(characters[column]) ? '＾' : '^'}`;
  }
}

/** Whether the character takes more than one byte: cel-go marks it with a wide character. */
const isWide = (character: string | undefined): boolean => character !== undefined && (character.codePointAt(0) as number) > 0x7f;
