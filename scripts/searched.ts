/**
 * Runs a program and searches everything that it and its children print for every credential of the tests (tests/credentials.ts):
 * `node scripts/searched.ts program [argument …]`. What handlers log is searched too, but not shown.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { needleCount, startSearch } from '../tests/search.ts';

/** Where a line goes that is to be seen. */
export interface Screen {
  out(text: string): void;
  err(text: string): void;
}
const terminal: Screen = { out: (text) => void process.stdout.write(text), err: (text) => void process.stderr.write(text) };
// A line or a record of a handler, or what a test has caught (alsoSearched).
const record = /^\{"(?:level|_aws|printed)":.*\}$/;

/**
 * Runs Node with these arguments. What it prints is searched, and shown but for the records in it. Resolves to its exit code; to 1 if it
 * was 0 but a credential was printed, or there were no records where there should be some (`records`): then the search says nothing.
 */
export async function runSearched(args: readonly string[], records = false, screen = terminal): Promise<number> {
  const env = { ...process.env, OUTPUT_IS_SEARCHED: 'true' };
  const child = spawn(process.execPath, args, { env, stdio: ['inherit', 'pipe', 'pipe'] });
  // Ctrl-C reaches the child as well, which ends in its own time.
  const wait = () => undefined;
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', stop);
  const streams = [readStream(child.stdout, screen.out), readStream(child.stderr, screen.err)];
  const closed = once(child, 'close');
  const [code] = (await once(child, 'exit')) as [number | null];
  // What it left running may hold its output for ever.
  await Promise.race([closed, sleep(2000, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  process.off('SIGINT', wait).off('SIGTERM', stop);

  const found = streams.flatMap(({ search }) => search.found());
  const bytes = streams.reduce((sum, { search }) => sum + search.bytes(), 0);
  const hidden = streams.reduce((sum, { count }) => sum + count(), 0);
  const what = `${bytes} bytes printed, ${hidden} log lines and metrics among them, searched for credentials in ${needleCount} spellings`;
  screen.out(`${what}: ${found.length === 0 ? 'none' : `${found.length} FOUND`}\n`);
  for (const leak of found) screen.err(`printed: ${leak}\n`);
  const inVain = records && hidden === 0;
  if (inVain) screen.err('no handler has logged anything, so the search says nothing\n');
  return found.length > 0 || inVain ? code || 1 : (code ?? 1);
}

function readStream(stream: NodeJS.ReadableStream, show: (text: string) => void) {
  const search = startSearch();
  let hidden = 0;
  let begun = '';
  stream.on('data', (piece: Buffer) => {
    search.add(piece);
    const lines = (begun + piece.toString('latin1')).split('\n');
    begun = lines.pop() ?? '';
    const shown = lines.filter((line) => !record.test(stripVTControlCharacters(line)));
    hidden += lines.length - shown.length;
    if (shown.length > 0) show(Buffer.from(`${shown.join('\n')}\n`, 'latin1').toString());
  });
  stream.on('end', () => show(Buffer.from(begun, 'latin1').toString()));
  return { search, count: () => hidden };
}

if (import.meta.main) process.exitCode = await runSearched(process.argv.slice(2));
