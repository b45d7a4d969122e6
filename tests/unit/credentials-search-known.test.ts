import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startSearch } from '../search.ts';

const name =
  /\b(?:access_?key|secret_?key|security_?token|session_?token|subject_?token|token|password|accessKeyId|secretAccessKey)\b["']?:\s*/;
const setting = /\bAWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)\b'?[:,=]\s*/;
const literal = /(["'`])((?:\\.|(?!\1).)*)\1/;
const written = new RegExp(`(?:${name.source}|${setting.source})${literal.source}`, 'gi');
// What stands for a credential where its form alone matters: nothing, or one letter.
const nobodys = /^.?$/;
// It makes others of those that it has.
const excepted = 'tests/scenarios/replace/leaks-run.ts';

it('a credential that is written in a test is one that the search finds', () => {
  const unknown = globSync('tests/**/*.ts', { exclude: [excepted] }).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(written)].flatMap(([text, , value = '']) => {
      const search = startSearch();
      search.add(Buffer.from(value));
      return nobodys.test(value) || search.found().length > 0 ? [] : [`${file}: ${text}`];
    }),
  );
  expect(unknown).toEqual([]);
});
