/** The documents of this repository, and the commands that stand in them. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));

/** A file's text, by its path from the project's folder. */
export const read = (file: string): string => readFileSync(`${project}${file}`, 'utf8');

/** The path of each Markdown file, from the project's folder. */
export const documents: string[] = globSync(['*.md', '{docs,events,policies,tests,.github}/**/*.md'], { cwd: project }).sort();

/** A block of code: its language, and what the comment before it says of its commands. */
export interface Block {
  file: string;
  language: string;
  mark: string | undefined;
  text: string;
}

/** The blocks of code of a document, in their order. */
export function blocksOf(file: string): Block[] {
  const fence = /^(?:<!-- (.+?) -->\n)?```(\w*)\n(.*?)^```$/gms;
  return [...read(file).matchAll(fence)].map(([, mark, language = '', text = '']) => ({ file, language, mark, text }));
}

/** What the comment before a block of commands may say, since no test runs it with the others: what the block needs. */
export const marks = {
  'needs AWS': 'deploys, or talks to what was deployed',
  'needs sqlite3': 'tests/scenarios/audit/queries.test.ts asks the same by node:sqlite',
  'needs a real upstream': 'npm run conformance runs it at the API server, or the gateway before it',
};

/** The lines of all blocks of commands without such a comment: each must work on this machine, with npm start running. */
export function commands(): string[] {
  const local = documents.flatMap(blocksOf).filter(({ language, mark }) => language === 'sh' && mark === undefined);
  return [...new Set(local.flatMap(({ text }) => text.trimEnd().split('\n')))];
}

/** The commands that stand within sentences, of the programs that are run on this machine. */
export function inlineCommands(): string[] {
  return [...new Set(documents.flatMap((file) => [...read(file).matchAll(/`((?:curl|npm|npx) [^`\n]+)`/g)].map(([, line = '']) => line)))];
}
