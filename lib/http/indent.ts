import { endOfString } from '../json/json.ts';

/** Characters of what is made of an upstream's text: deep nesting makes indentation of many times what it indents. */
export const madeLimit = 16 * 1024 * 1024;
// So many tokens are joined at a time, lest each is kept on its own until the end.
const batch = 8192;

/**
 * A JSON text with two blanks for each level, as JSON.stringify indents, and otherwise as it is: numbers and strings are not read.
 * Undefined where it would become longer than `madeLimit`. Takes what JSON.parse accepts.
 */
export function indentJson(text: string): string | undefined {
  let made = '';
  let parts: string[] = [];
  let depth = 0;
  let opened = false;
  for (const token of tokensOf(text)) {
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    const line = `\n${'  '.repeat(depth)}`;
    if (token === ':') parts.push(': ');
    else if (token === ',') parts.push(',', line);
    else if (opened === closes) parts.push(token);
    else parts.push(line, token);
    opened = token === '{' || token === '[';
    if (opened) depth += 1;
    if (parts.length < batch && line.length < batch) continue;
    made += parts.join('');
    parts = [];
    if (made.length > madeLimit) return undefined;
  }
  made += parts.join('');
  return made.length > madeLimit ? undefined : made;
}

function* tokensOf(text: string): Generator<string> {
  const token = /[{}[\]",:]|[^\s{}[\]",:]+/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === '"') {
      token.lastIndex = endOfString(text, match.index);
      yield text.slice(match.index, token.lastIndex);
    } else yield match[0];
  }
}
