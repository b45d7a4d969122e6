import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../scripts/cel/line.ts';
import { blocksOf } from '../../documents.ts';

const command = fileURLToPath(new URL('../../../scripts/cel.ts', import.meta.url));

/** What `npm run cel` answers to these lines, and its exit code. */
async function run(input: string): Promise<{ answers: (Answer & { error?: string })[]; code: number; said: string }> {
  const child = spawn(process.execPath, [command], { stdio: 'pipe' });
  child.stdin.end(input);
  const [output, said, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return {
    answers: output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    code,
    said,
  };
}

describe('npm run cel', () => {
  it('answers what docs/cel.md says', async () => {
    const [block] = blocksOf('docs/cel.md').filter(({ language }) => language === 'json');
    const lines = block?.text.trimEnd().split('\n') ?? [];
    const questions = lines.filter((_, index) => index % 2 === 0);
    const { answers } = await run(questions.join('\n'));
    expect(questions.length).toBeGreaterThan(3);
    expect(answers.map((answer) => JSON.stringify(answer))).toEqual(lines.filter((_, index) => index % 2 === 1));
  });

  it('answers each line in the notation of the Go program', async () => {
    const lines = [
      '{"expr": "object.replicas + 1", "object": {"replicas": 9007199254740993}}',
      '{"expr": "[1u, 2.0, \'a\']"}',
      '{"expr": "request.name", "request": {"name": "job"}}',
      '{"expr": "1 / 0"}',
      '{"expr": "object.x.matches(\'^a+$\')", "object": {"x": "aaa"}}',
    ];
    const { answers, code } = await run(`${lines.join('\n')}\n`);
    expect(code).toBe(0);
    expect(answers).toEqual([
      { expr: 'object.replicas + 1', type: 'int', value: '9007199254740994', cost: 3 },
      { expr: "[1u, 2.0, 'a']", compileError: expect.stringContaining("ERROR: <input>:1:6: expected type 'uint' but found 'double'") },
      { expr: 'request.name', type: 'string', value: '"job"', cost: 2 },
      { expr: '1 / 0', type: 'int', error: 'division by zero', cost: 1 },
      { expr: "object.x.matches('^a+$')", type: 'bool', value: 'true', cost: 3 },
    ]);
  });

  it('answers a line that is no question with an error, goes on, and ends with exit code 1', async () => {
    const { answers, code, said } = await run('not JSON\n{"expr": 1}\n[]\n\n{"expr": "true"}');
    expect(answers).toEqual([
      { error: expect.stringContaining('not JSON') },
      { error: expect.stringContaining('the string expr') },
      { error: expect.stringContaining('the string expr') },
      { expr: 'true', type: 'bool', value: 'true', cost: 0 },
    ]);
    expect(code).toBe(1);
    expect(said).toBe('3 lines are no questions\n');
  });

  it('streams: 20,000 lines of 1 KB each', async () => {
    const { answers, code } = await run(`{"expr": "object.a.size()", "object": {"a": "${'x'.repeat(1000)}"}}\n`.repeat(20_000));
    expect(code).toBe(0);
    expect(answers.length).toBe(20_000);
    expect(new Set(answers.map(({ value }) => value))).toEqual(new Set(['1000']));
  });
});
