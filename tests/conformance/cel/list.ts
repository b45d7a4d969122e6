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
  let documents = new Map<string, string>();
  let placeholders = new Map<string, string[]>();
  const questions: string[] = [];
  const ask = (expr: string) => {
    const members = [...documents].map(([name, value]) => `,${JSON.stringify(name)}:${value}`).join('');
    questions.push(`{"expr":${JSON.stringify(expr)}${members}}`);
  };
  for (const line of text.split('\n')) {
    const [, word = '', rest = ''] = /^\/\/! (\w+) ?(.*)$/.exec(line) ?? [];
    if (word === 'reset') [documents, placeholders] = [new Map(), new Map()];
    else if (word === 'text') ask(JSON.parse(rest));
    else if (word === 'nest') ask(nested(rest));
    else if (word === 'each') {
      const [name = '', ...values] = rest.split(' | ');
      placeholders.set(name.trim(), values);
    } else if (word) documents = new Map([...documents].filter(([name]) => name !== word).concat(rest ? [[word, rest]] : []));
    else if (line.trim() !== '' && !line.startsWith('//')) for (const expr of filled(line, placeholders)) ask(expr);
  }
  return [...new Set(questions)];
}

function nested(text: string): string {
  const [, times = '', before = '', core = '', after = ''] = /^(\d+)(?: (.*))? \| (.*) \|(?: (.*))?$/.exec(text) ?? [];
  return `${before.repeat(Number(times))}${core}${after.repeat(Number(times))}`;
}

/** An expression with every combination of the values of its placeholders. */
function filled(expression: string, placeholders: ReadonlyMap<string, readonly string[]>): string[] {
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
