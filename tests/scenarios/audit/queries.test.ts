import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, it } from 'vitest';
import { takeAuditLines } from '../../audit-lines.ts';
import { jobPath, now, put, requested, reset, useGateway } from '../gateway.ts';

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'SILENT' } });

const document = readFileSync('docs/audit.md', 'utf8');
const [, ...questions] = [...document.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);

/** Athena's function, for paths of members and `["name"]`. */
function jsonExtractScalar(line: unknown, path: unknown): string | null {
  const names = [...String(path).matchAll(/\.(\w+)|\["([^"]+)"\]/g)].map(([, plain, quoted]) => plain ?? quoted ?? '');
  const value = names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], JSON.parse(String(line)));
  return value === undefined || value === null || typeof value === 'object' ? null : String(value);
}

/** The answers to a question over these lines. */
function ask(question: number, lines: readonly string[]): Record<string, unknown>[] {
  const database = new DatabaseSync(':memory:');
  database.function('json_extract_scalar', { deterministic: true }, jsonExtractScalar);
  database.exec('CREATE TABLE audit (line text)');
  const insert = database.prepare('INSERT INTO audit VALUES (?)');
  for (const line of lines) insert.run(line);
  return database.prepare(questions[question - 1] ?? '').all() as Record<string, unknown>[];
}

const who = 'arn:aws:iam::000000000000:user/local';
const ttl = 'spec.ttlSecondsAfterFinished';
let lines: string[] = [];

beforeAll(() => {
  expect(questions).toHaveLength(5);
});

/** Two changes, one that changes nothing, one that is refused. */
async function happen(): Promise<string[]> {
  await reset();
  takeAuditLines();
  for (const seconds of [600, 700, 700]) {
    await put(requested((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: seconds, backoffLimit: 6 })));
  }
  await put(requested((job) => Object.assign(job.spec, { backoffLimit: 99 })));
  expect(now.upstream.received.length).toBeGreaterThan(0);
  return takeAuditLines();
}

it('the first question of docs/audit.md tells who changed a job, from what to what', async () => {
  lines = await happen();
  const answers = ask(1, lines);
  expect(answers.map(({ who: name, vals }) => [name, JSON.parse(String(vals))[ttl]])).toEqual([
    [who, { old: null, new: 600 }],
    [who, { old: 600, new: 700 }],
  ]);
});

it('nor does it leave out a write after which a mistake of our own came, or take a job of another namespace for this one', async () => {
  const [, ended = ''] = await happen();
  expect(ask(1, [ended.replace('"stage":"ResponseComplete"', '"stage":"Panic"')])).toHaveLength(1);
  expect(ask(1, [ended.replace('"namespace":"kube-test"', '"namespace":"another"')])).toEqual([]);
  expect(ask(1, [ended.replace('"resource":"tfjobs"', '"resource":"pytorchjobs"')])).toEqual([]);
});

it('the second tells everything that somebody did', async () => {
  lines = await happen();
  expect(ask(2, lines).map(({ verb, code }) => `${verb} ${code}`)).toEqual(['update 200', 'update 200', 'update 200', 'update 403']);
});

it('the third tells who was refused by which rule', async () => {
  lines = await happen();
  expect(ask(3, lines)).toEqual([{ who, rule: 'immutable-field', times: 1 }]);
});

it('the fourth tells which policies and which build decided', async () => {
  lines = await happen();
  expect(ask(4, lines)).toEqual([{ policies: null, build: expect.stringMatching(/^\d+\.\d+\.\d+/), since: expect.stringMatching(/Z$/) }]);
});

it('the fifth finds what was received and has no end', async () => {
  lines = await happen();
  expect(ask(5, lines)).toEqual([]);
  const [first = '', , ...others] = lines;
  expect(ask(5, [first, ...others])).toEqual([{ id: JSON.parse(first).auditID }]);
});

it('nor can a caller hide that by giving the id of such a request to another one', async () => {
  await reset();
  takeAuditLines();
  const headers = { 'X-Amzn-RequestId': 'chosen', 'X-Request-Id': 'chosen-too', 'Audit-Id': 'chosen-too' };
  await put(
    requested((job) => Object.assign(job.spec, { backoffLimit: 6 })),
    { headers },
  );
  const [received = ''] = takeAuditLines();
  expect(JSON.parse(received)).toMatchObject({ auditID: 'chosen', stage: 'RequestReceived' });
  await put('', { method: 'GET', path: `${jobPath}-that-is-not-there`, headers });
  const ended = takeAuditLines();
  expect(ended.map((line) => [JSON.parse(line).auditID, JSON.parse(line).stage])).toEqual([['chosen', 'ResponseComplete']]);
  expect(ask(5, [received, ...ended])).toEqual([{ id: 'chosen' }]);
});
