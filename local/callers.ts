import { readFile } from 'node:fs/promises';

/** Whom a token stands for. */
export interface LocalCaller {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
}
/** The callers by their tokens. */
export type LocalCallers = ReadonlyMap<string, LocalCaller>;

/**
 * Reads a file of callers, in the form of kube-apiserver's --token-auth-file: `token,user,uid,"group,group"` on each line, the groups
 * optional, any field in quotes. Rejects with every mistake, by line and without a token.
 */
export async function readCallers(file: string): Promise<LocalCallers> {
  const text = await readFile(file, 'utf8');
  const mistakes: string[] = [];
  const callers = new Map<string, LocalCaller>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const [token = '', user = '', uid, groups = ''] = fieldsOf(line) ?? [];
    const say = (what: string) => mistakes.push(`${file}:${index + 1}: ${what}`);
    if (token === '' || user === '' || uid === undefined) say('must be token,user,uid or token,user,uid,"group,group"');
    else if (callers.has(token)) say('has the token of a line above');
    else callers.set(token, { user, uid, groups: groups.split(',').filter((group) => group !== '') });
  }
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
  if (callers.size === 0) throw new Error(`${file} names no caller`);
  return callers;
}

/** The fields of a line of comma-separated values; undefined where its quotes are not closed. */
function fieldsOf(line: string): string[] | undefined {
  if (!/^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/.test(line)) return undefined;
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
