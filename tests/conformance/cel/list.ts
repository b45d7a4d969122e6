import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Reads a list of expressions, one a line. `//` is a comment. A line that begins with `//!` says what the lines after it have:
 * `//! object {…}` a document (also oldObject, params, request, variables; without text: none any more), `//! each $a | 1 | 2u` values for a
 * placeholder, with which an expression is written once for each; `//! text "…"` is an expression as a JSON string, for those with line
 * breaks, `//! nest 300 ( | 1 | )` one of 300 times `(`, 1 and 300 times `)`. `//! reset` forgets everything.
 * @returns questions for the oracle, as texts of JSON.
 */
export function readList(text: string): string[] {
  const reader = new Reader();
  for (const line of text.split('\n')) {
    const [, word, rest = ''] = /^\/\/! (\w+) ?(.*)$/.exec(line) ?? [];
    if (word) reader.direct(word, rest);
    else if (line.trim() !== '' && !line.startsWith('//')) reader.ask(line);
  }
  return [...new Set(reader.questions)];
}

/** What the lines read so far have said. */
class Reader {
  readonly questions: string[] = [];
  readonly #documents = new Map<string, string>();
  readonly #placeholders = new Map<string, string[]>();

  direct(word: string, rest: string): void {
    if (word === 'text') this.#add(JSON.parse(rest) as string);
    else if (word === 'nest') this.#add(nested(rest));
    else if (word === 'each') {
      const [name = '', ...values] = rest.split(' | ');
      this.#placeholders.set(name.trim(), values);
    } else if (word === 'reset') {
      this.#documents.clear();
      this.#placeholders.clear();
    } else if (rest) this.#documents.set(word, rest);
    else this.#documents.delete(word);
  }

  ask(expression: string): void {
    for (const filled of fill(expression, this.#placeholders)) this.#add(filled);
  }

  #add(expr: string): void {
    const members = Array.from(this.#documents, ([name, value]) => `,${JSON.stringify(name)}:${value}`).join('');
    this.questions.push(`{"expr":${JSON.stringify(expr)}${members}}`);
  }
}

function nested(text: string): string {
  const [, times = '', before = '', core = '', after = ''] = /^(\d+)(?: (.*))? \| (.*) \|(?: (.*))?$/.exec(text) ?? [];
  return `${before.repeat(Number(times))}${core}${after.repeat(Number(times))}`;
}

/** An expression with every combination of the values of its placeholders. */
function fill(expression: string, placeholders: ReadonlyMap<string, readonly string[]>): string[] {
  let made = [expression];
  for (const [name, values] of placeholders) {
    if (!expression.includes(name)) continue;
    made = made.flatMap((one) => values.map((value) => one.replaceAll(name, () => value)));
  }
  return made;
}

/** The lists that are checked in, by topic. */
export function lists(): Map<string, string[]> {
  const folder = new URL('expressions/', import.meta.url);
  const files = globSync('*.cel', { cwd: folder }).sort();
  return new Map(files.map((file) => [basename(file, '.cel'), readList(readFileSync(new URL(file, folder), 'utf8'))]));
}
