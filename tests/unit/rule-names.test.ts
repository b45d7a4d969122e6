import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documentedRules } from '../decision-document.ts';

const root = new URL('../../', import.meta.url).pathname;
const upstream = readFileSync(`${root}docs/upstream.md`, 'utf8');
const names: Record<string, string[]> = {
  decision: documentedRules().map(({ name }) => name),
  upstream: [...upstream.matchAll(/^\| \*\*([a-z-]+)\*\* \|/gm)].map(([, name = '']) => name),
};

/** The rules that comments and titles name, as `docs/decision.md, identity and shape`, with where they do. */
const named = globSync('{lib,handlers,local,scripts,tests}/**/*.ts', { cwd: root }).flatMap((file) => {
  const text = readFileSync(`${root}${file}`, 'utf8').replace(/\n\s*(?:\*|\/\/)\s*/g, ' ');
  return [...text.matchAll(/docs\/(decision|upstream)\.md, ([a-z-]+)(?: and ([a-z-]+))?\)/g)].flatMap(([, document = '', ...rules]) =>
    rules.filter(Boolean).map((rule = '') => ({ file, document, rule })),
  );
});

describe('the rules of the documents', () => {
  it('have names of their own: none stands in both', () => {
    const all = [...(names.decision ?? []), ...(names.upstream ?? [])];
    expect(new Set(all).size).toBe(all.length);
    expect(names.upstream?.length).toBe(18);
  });

  it('are there, wherever a comment or a title names one', () => {
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ document, rule }) => !names[document]?.includes(rule))).toEqual([]);
  });
});
