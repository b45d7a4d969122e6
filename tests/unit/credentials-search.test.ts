import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSearched } from '../../scripts/searched.ts';
import { credential, known, sought } from '../credentials.ts';
import { searchFiles, spellings, startSearch } from '../search.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const lowerCase = (text: string) => encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());

/** How something may come to be printed: whole, in a longer text, escaped, encoded, or one in the other. */
const printers: [way: string, print: (text: string) => string][] = [
  ['as it is', (text) => text],
  ['in a sentence', (text) => `the key ${text}. was refused`],
  ['in JSON', (text) => JSON.stringify({ error: text })],
  ['in JSON in JSON', (text) => JSON.stringify({ body: JSON.stringify({ error: text }) })],
  ['as a component of a URL', (text) => `https://cci.example.com/?a=${encodeURIComponent(text)}&b=1`],
  ['in a URL', (text) => encodeURI(`https://cci.example.com/${text}/b`)],
  ['in a form', (text) => new URLSearchParams({ password: text }).toString()],
  ['in a URL, in lower case', (text) => `?a=${lowerCase(text)}`],
  ['in hexadecimal', (text) => Buffer.from(`a${text}b`).toString('hex')],
  ['in hexadecimal, in upper case', (text) => Buffer.from(`a${text}b`).toString('hex').toUpperCase()],
  ['in hexadecimal of a URL', (text) => Buffer.from(lowerCase(text)).toString('hex')],
  ...['', 'a', 'ab', 'abc', 'user:', 'ü'].flatMap((before): [string, (text: string) => string][] => [
    [`in base64 after ${before.length} characters (${before})`, (text) => base64(before + text)],
    [`in base64 after ${before.length} characters (${before}) and before others`, (text) => base64(`${before}${text}?~ÿ`)],
    [`in base64url after ${before.length} characters (${before})`, (text) => base64url(`${before}${text}?~ÿ`)],
    [`in base64 of JSON (${before})`, (text) => base64(JSON.stringify({ [before]: text }))],
    [`in base64 of a URL (${before})`, (text) => base64(`${before}=${encodeURIComponent(text)}`)],
  ]),
];
const mark = credential('').slice(0, 8);
// Of what was cut, either end is enough; but parts of a word in capitals are words.
const planted = sought.flatMap((text) => (/^[A-Z]+$/.test(text) ? [text] : [text.slice(0, 8), text.slice(-8)]));

const leaksOf = (...pieces: (string | Buffer)[]): string[] => {
  const search = startSearch();
  for (const piece of pieces) search.add(Buffer.from(piece));
  return search.found();
};

describe('the search', () => {
  it.each(printers)('finds either end of every credential %s', (_way, print) => {
    expect(planted.length).toBeGreaterThan(20);
    for (const text of planted) expect(leaksOf(`some line\n${print(text)}\nanother`), text).not.toEqual([]);
  });

  it('finds what comes in two pieces, wherever it is cut', () => {
    for (const [, print] of printers) {
      const bytes = Buffer.from(`\n${print(mark)}\n`);
      for (let at = 1; at < bytes.length; at++) expect(leaksOf(bytes.subarray(0, at), bytes.subarray(at))).not.toEqual([]);
    }
  });

  it('knows both alphabets of base64', () => {
    const spelled = spellings('>>>???>>>???');
    for (const encode of [base64, base64url]) expect(spelled.some((one) => encode('a>>>???>>>???b').includes(one))).toBe(true);
    expect(base64('a>>>???>>>???b')).not.toBe(base64url('a>>>???>>>???b'));
  });

  it('says what was found, and where', () => {
    expect(leaksOf(`{"reason":"${known.word}"}`)).toEqual([`${known.word}, as ${known.word}: …{"reason":"${known.word}"}…`]);
  });

  it('finds nothing where there is none', () => {
    const others = ['Kx7qZw3', 'w+Jalr', 'hunter', 'LOCALACCESS', 'ACCESSKEY', base64('hunted2'), '{"accessKey":"…","secretKey":"…"}'];
    expect(leaksOf(others.join('\n'))).toEqual([]);
  });

  it('looks for nothing so short that it may stand anywhere by chance', () => {
    for (const text of sought) expect(text.length).toBeGreaterThanOrEqual(7);
  });

  it('reads files, and names the one with a credential in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'search-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [clean, leaky] = [join(folder, 'clean.log'), join(folder, 'leaky.log')];
    await writeFile(clean, 'x'.repeat(100));
    await writeFile(leaky, 'x'.repeat(65_530) + credential('in-a-file'));
    const { bytes, found } = await searchFiles([clean, leaky]);
    expect(bytes).toBe(100 + 65_530 + credential('in-a-file').length);
    expect(found).toEqual([expect.stringContaining(`leaky.log: ${mark}`)]);
  });
});

/** Runs a program of a few words as `npm test` runs the tests. */
async function run(program: string, records = false): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const to = (name: 'out' | 'err') => (text: string) => {
    said[name] += text;
  };
  const code = await runSearched(['--input-type=module', '-e', program], records, { out: to('out'), err: to('err') });
  return { code, ...said };
}
const print = (stream: 'stdout' | 'stderr', text: string) => `process.${stream}.write(${JSON.stringify(text)});`;
const log = '{"level":"INFO","message":"request"}\n';

describe('a run', () => {
  it('passes where no credential is printed, and shows all but the records', async () => {
    const { code, out, err } = await run(
      print('stdout', `a line\n${log}{"_aws":{}}\n{"other":1}\nthe rest`) + print('stderr', 'ü\n'),
      true,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^a line\n\{"other":1\}\nthe rest\d+ bytes printed, 2 log lines and metrics among them.*: none\n$/);
    expect(err).toBe('ü\n');
  });

  it.each(printers)('fails where one is printed %s', async (_way, spell) => {
    const { code, out, err } = await run(print('stdout', spell(known.everySign)));
    expect([code, out.split(' searched ')[1]]).toEqual([1, expect.stringMatching(/: [1-9]\d* FOUND\n$/)]);
    expect(err).toContain(`printed: ${known.everySign}, as `);
  });

  it.each([
    ['to stderr', print('stderr', credential('x'))],
    ['in a log line that is not shown', print('stdout', log.replace('request', credential('x')))],
    [
      'by a process of its own',
      `import { spawnSync } from 'node:child_process'; spawnSync('echo', [${JSON.stringify(credential('x'))}], { stdio: 'inherit' });`,
    ],
    [
      'to a test that caught it',
      `import { alsoSearched } from ${JSON.stringify(new URL('../credentials.ts', import.meta.url).href)}; alsoSearched(${JSON.stringify(credential('x'))});`,
    ],
  ])('fails where one is printed %s', async (_how, program) => {
    const { code, err } = await run(program);
    expect([code, err]).toEqual([1, expect.stringContaining(`printed: ${mark}`)]);
  });

  it('keeps the exit code of the tests, whatever was printed', async () => {
    expect((await run('process.exit(3)')).code).toBe(3);
    expect((await run(`${print('stdout', credential('x'))} process.exitCode = 4`)).code).toBe(4);
    expect((await run(`process.kill(process.pid, 'SIGKILL')`)).code).toBe(1);
  });

  it('fails where handlers should have logged, and did not', async () => {
    expect(await run(print('stdout', 'a line\n'), true)).toMatchObject({ code: 1, err: expect.stringContaining('no handler has logged') });
  });
});
