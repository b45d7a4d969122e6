import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsPath } from '../../../local/aws/events.ts';
import { alsoSearched } from '../../credentials.ts';
import { blocksOf, commands, inlineCommands, read } from '../../documents.ts';
import { freePorts } from '../../free-ports.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));

let child: ChildProcess;
let printed = '';
let gateway: string;

beforeAll(async () => {
  const { POWERTOOLS_METRICS_DISABLED: _, POWERTOOLS_LOG_LEVEL: __, ...env } = process.env;
  const [port] = (await freePorts(1)) as [number];
  child = spawn(process.execPath, ['local/start.ts'], {
    cwd: project,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        alsoSearched(text);
        printed += text;
        if (printed.includes('Ctrl-C')) resolve();
      });
    }
    child.once('exit', () => reject(new Error(printed)));
  });
  gateway = `http://127.0.0.1:${port}`;
});
afterAll(async () => {
  child.kill();
  await once(child, 'exit');
});

/** The words of a line as a shell reads it; of quotes there are only single ones. */
function words(line: string): string[] {
  expect(line).not.toMatch(/["\\$`|;&*?<>](?=(?:[^']*'[^']*')*[^']*$)/);
  return [...line.matchAll(/(?:[^\s']|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''));
}

/** What a printed line asks for, as a request. */
function requestOf(line: string): { url: string; method: string; headers: Record<string, string>; body?: string } {
  const [program, ...args] = words(
    line.replace(/^PORT=\d+ /, (said) => {
      expect(said).toBe(`PORT=${new URL(gateway).port} `);
      return '';
    }),
  );
  if (program === 'npm') {
    expect(args.slice(0, 3)).toEqual(['run', 'event', '--']);
    return { url: `${gateway}${eventsPath}`, method: 'POST', headers: {}, body: read(args[3] ?? '') };
  }
  const after = (...names: string[]) => args.find((_, index) => names.includes(args[index - 1] ?? ''));
  if (program === 'kubectl') return kubectl(args, after);
  expect(program).toBe('curl');
  const data = after('-d', '--data-binary');
  const body = data?.startsWith('@') ? read(data.slice(1)) : data;
  const [name, value] = (after('-H') ?? 'accept: */*').split(': ') as [string, string];
  const url = args.find((word) => word.startsWith('http')) ?? '';
  return { url, method: after('-X') ?? (body ? 'POST' : 'GET'), headers: { [name]: value }, ...(body && { body }) };
}

/** The request that kubectl makes of a line: get, wait, label, annotate and patch are all that is documented. */
function kubectl(args: string[], after: (...names: string[]) => string | undefined): ReturnType<typeof requestOf> {
  const flags = new Set(['--server', '-n', '--type', '-p']);
  const [verb = '', , name, pair = ''] = args.filter((word, index) => !word.startsWith('-') && !flags.has(args[index - 1] ?? ''));
  const url = `${after('--server')}/apis/kubeflow.org/v1/namespaces/${after('-n')}/tfjobs`;
  if (verb === 'wait' || args.includes('-w')) return { url: `${url}?watch=true`, method: 'GET', headers: {} };
  if (verb === 'get') return { url, method: 'GET', headers: {} };
  const [key = '', value] = pair.split('=');
  const maps: Record<string, string> = { label: 'labels', annotate: 'annotations' };
  const map = maps[verb];
  expect(map ?? verb).toMatch(/^(?:labels|annotations|patch)$/);
  const body = map ? JSON.stringify({ metadata: { [map]: { [key]: value } } }) : after('-p');
  return { url: `${url}/${name}`, method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: body ?? '' };
}

/** Does what a line says, and returns what is answered in a word or two. */
async function run(line: string): Promise<string> {
  const { url, ...init } = requestOf(line);
  const response = await fetch(url, init);
  if (url.includes('watch=true')) {
    // It goes on for minutes: that it has begun is enough.
    await response.body?.cancel();
    return String(response.status);
  }
  const answer = (await response.json()) as { results: { 'detail-type': string }[] };
  return url.endsWith(eventsPath) ? answer.results.map((result) => result['detail-type']).join() : String(response.status);
}

const expected = (line: string) => {
  if (line.includes('npm run event')) return 'Job Update Succeeded';
  return /two-forbidden-changes|backoffLimit/.test(line) ? '403' : '200';
};
/** Every line to paste that is printed, or stands in the documents, for this machine. */
function lines(): string[] {
  const here = (text: string) => text.replaceAll('http://127.0.0.1:3000', gateway);
  const begins = /^(?:curl|kubectl|(?:PORT=\d+ )?npm run event) .*$/gm;
  // Of npm's other scripts tests/unit/documents.test.ts tells who runs them; this file runs npm start.
  const documented = commands().filter((line) => !/^npm (?!run event )/.test(line));
  const local = [...documented, ...inlineCommands().filter((line) => /^(?:curl|npm run event) /.test(line))].map(here);
  return [...new Set([...(printed.match(begins) ?? []), ...local])];
}

describe('the lines that npm start prints, and those of the documents', () => {
  it('are found', () => {
    const found = lines();
    const count = (pattern: RegExp) => found.filter((line) => pattern.test(line)).length;
    // That of the documents is for the default port, and the printed one for the one that was chosen.
    expect([count(/^curl/), count(/^kubectl/), count(/^npm run event/), count(/^PORT=\d+ npm run event/)]).toEqual([4, 8, 1, 1]);
  });

  it('do what is said of them at any time: each after each other, and twice', async () => {
    for (const first of lines()) {
      for (const second of lines()) {
        expect([first, await run(first)]).toEqual([first, expected(first)]);
        expect([`${second}\nafter ${first}`, await run(second)]).toEqual([`${second}\nafter ${first}`, expected(second)]);
      }
    }
  });

  it('are refused in the words that README shows', async () => {
    const [shown] = blocksOf('README.md').filter(({ language }) => language === 'text');
    const [line = ''] = lines().filter((line) => line.includes('backoffLimit'));
    const { url, ...init } = requestOf(line);
    const { message } = (await (await fetch(url, init)).json()) as { message: string };
    expect(`Error from server (Forbidden): ${message}\n`).toBe(shown?.text);
  });

  it('let the fault that is printed befall the request that is printed after it', async () => {
    const [fault = '', request = ''] = lines().filter((line) => /_simulator|curl.* -X PATCH/.test(line));
    const admin = requestOf(fault).url.replace(/faults$/, '');
    const state = async () => JSON.parse(await (await fetch(`${admin}state`)).text());
    await fetch(`${admin}faults`, { method: 'DELETE' });
    const before = (await state()).misbehaved['drop after'] ?? 0;
    await run(fault);
    expect(await run(request)).toBe('200');
    expect((await state()).misbehaved['drop after']).toBe(before + 1);
    expect((await state()).faults).toEqual([]);
  });
});

describe('what npm start prints about requests and events', () => {
  it('is a line of the log for each, and no metrics, of either', () => {
    const records = printed.split('\n').filter((line) => line.startsWith('{'));
    expect(records.filter((line) => line.includes('"message":"event"')).length).toBeGreaterThan(5);
    expect(records.filter((line) => line.includes('"message":"request"')).length).toBeGreaterThan(5);
    expect(records.filter((line) => line.includes('_aws'))).toEqual([]);
  });
});

describe('whoever watched before the start', () => {
  it('is told that his version is too old, so that he lists again, whatever changed before', async () => {
    const changes = 1_000_000;
    const { metadata } = JSON.parse(read('events/replace-tfjob.json'));
    const since = Number(metadata.resourceVersion) + changes;
    const path = `${gateway}/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs`;
    const answer = await fetch(`${path}?watch=1&timeoutSeconds=1&resourceVersion=${since}`);
    expect(JSON.parse((await answer.text()) || '{}')).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    const listed = (await (await fetch(path)).json()) as { metadata: { resourceVersion: string } };
    const next = await fetch(`${path}?watch=1&timeoutSeconds=1&resourceVersion=${listed.metadata.resourceVersion}`);
    expect([next.status, await next.text()]).toEqual([200, '']);
  });
});
