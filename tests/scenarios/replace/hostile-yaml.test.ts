import { describe, expect, it } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import { calls, liveText, put, useGateway } from '../gateway.ts';
import { expectInProportion } from '../gateway-proportion.ts';

useGateway();

const head = 'apiVersion: kubeflow.org/v1\nkind: TFJob\nmetadata: {name: tfjob-test}\n';
const yaml = { headers: { 'content-type': 'application/yaml' } };
const ordinary = (length: number) =>
  `${head}spec:\n  ports:\n${'  - {name: tfjob-port, containerPort: 2222}\n'.repeat(Math.ceil(length / 44))}`;
const lines = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join('');
const names = 'abcdefghi';

async function expectRefused(body: string, code: number, query = ''): Promise<string> {
  const before = liveText();
  const answer = await expectInProportion(body, ordinary, { ...yaml, query });
  expect([answer.status, liveText()]).toEqual([code, before]);
  expect(calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
  return answer.body.message;
}

describe('a YAML body whose aliases are a bomb', () => {
  const tooMuch = /error converting YAML to JSON: its aliases expand to too much$/;

  it.each<[string, () => string, RegExp]>([
    [
      'of lists',
      () => lines(9, (index) => `${names[index]}: &${names[index]} [${`${index === 0 ? 'x' : `*${names[index - 1]}`},`.repeat(9)}]\n`),
      tooMuch,
    ],
    [
      'of maps',
      () =>
        lines(
          9,
          (index) =>
            `${names[index]}: &${names[index]} {${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => `k${key}: ${index === 0 ? 1 : `*${names[index - 1]}`}`)}}\n`,
        ),
      tooMuch,
    ],
    [
      'of merges',
      () => `a: &b0 {x: 1}\n${lines(3000, (index) => `b: &b${index + 1} {<<: *b${index}, k${index}: 1}\n`)}`,
      /merge keys exceeded maxTotalMergeKeys/,
    ],
    ['of one merge from 200,000 sources', () => `a: &a {x: 1}\nb: {<<: [${'*a,'.repeat(200_000)}*a]}\n`, /abnormal merge sequence size$/],
    ['that is a list within itself', () => 'spec: &a [*a]\n', tooMuch],
    ['that is a map within itself', () => 'spec: &a {b: *a}\n', tooMuch],
    ['that merges itself', () => 'spec: &a {b: 1, <<: *a, c: *a}\n', /error converting YAML to JSON: /],
  ])('%s is 400', async (_title, body, message) => {
    expect(await expectRefused(head + body(), 400)).toMatch(message);
  });

  it('that holds the whole job within itself is 400', async () => {
    expect(await expectRefused(`--- &a\n${head}spec: *a\n`, 400)).toMatch(tooMuch);
  });

  it('of depth, 80,000 lists in each other, is 400', async () => {
    const deep = lines(
      200,
      (index) => `a${index}: &a${index} ${'['.repeat(400)}${index === 0 ? '1' : `*a${index - 1}`}${']'.repeat(400)}\n`,
    );
    await expectRefused(head + deep, 400);
  });

  it('but is none is read', async () => {
    const body = `${head}p: &a [1]\nq: [*a, *a]\nr: {<<: {b: *a}}\n`;
    expect(await expectRefused(body, 403)).toContain('q may not be changed: absent → an array of 2');
  });
});

describe('a hostile YAML body is refused in proportion to its size, and nothing is written', () => {
  const long = 1_000_000;
  const bodies: [string, number, () => string, string?][] = [
    ['a plain scalar of 3 MB', 403, () => `${head}spec: ${'x'.repeat(3_000_000)}`],
    ['a quoted scalar of 3 MB', 403, () => `${head}spec: "${'x'.repeat(3_000_000)}"`],
    ['a literal of 300,000 lines', 403, () => `${head}spec: |\n${'  x\n'.repeat(300_000)}`],
    ['a folded plain scalar of 300,000 lines', 403, () => `${head}spec:\n${'  x\n'.repeat(300_000)}`],
    ['a quoted scalar that never ends', 400, () => `${head}spec: "${'x\n '.repeat(300_000)}`],
    ['a quoted scalar of escapes', 403, () => `${head}spec: "${'\\u0041'.repeat(150_000)}"`],
    ['a million lists in each other', 400, () => '['.repeat(long)],
    ['300,000 maps in each other', 400, () => '{a: '.repeat(300_000)],
    ['500,000 dashes in a row', 400, () => '- '.repeat(500_000)],
    ['500,000 question marks in a row', 400, () => '? '.repeat(500_000)],
    ['1,000 levels of indentation', 400, () => lines(1000, (index) => `${' '.repeat(index)}a:\n`)],
    ['a list of 200,000 numbers', 403, () => `${head}spec: [${'1,'.repeat(200_000)}1]`],
    ['a list of 100,000 pairs', 403, () => `${head}spec: [${'a: 1,'.repeat(100_000)}]`],
    ['100,000 unknown fields', 403, () => `${head}spec:\n${lines(100_000, (index) => `  k${index}: 1\n`)}`],
    ['100,000 times the same field, under Strict', 400, () => `${head}spec:\n${'  k: 1\n'.repeat(100_000)}`, '?fieldValidation=Strict'],
    ['100,000 anchors', 403, () => `${head}spec:\n${lines(100_000, (index) => `- &a${index} 1\n`)}`],
    ['200,000 aliases of one value', 403, () => `${head}spec:\n- &a 1\n${'- *a\n'.repeat(200_000)}`],
    ['100,000 documents', 400, () => `${head}${'---\n'.repeat(100_000)}`],
    ['100,000 directives', 400, () => `${lines(100_000, (index) => `%TAG !a${index}! tag:x\n`)}---\n{}`],
    ['a field name of a megabyte', 403, () => `${head}${'x'.repeat(long)}: 1`],
    ['a tag of a megabyte', 400, () => `${head}spec: !${'x'.repeat(long)} 1`],
    ['an alias of a megabyte', 400, () => `${head}spec: *${'x'.repeat(long)}`],
    ['an anchor of a megabyte', 403, () => `${head}spec: &${'x'.repeat(long)} 1`],
    ['a decimal number of a million digits', 403, () => `${head}spec: ${'9'.repeat(long)}`],
    ['a hexadecimal number of a million digits', 403, () => `${head}spec: 0x${'f'.repeat(long)}`],
    ['a number with a million underscores', 403, () => `${head}spec: 1${'_'.repeat(long)}`],
    ['a million spaces', 403, () => `${head}spec:${' '.repeat(long)}1`],
    ['a million blank lines', 403, () => `${head}${'\n'.repeat(long)}`],
    ['a million comments', 400, () => '#\n'.repeat(500_000)],
    ['a million colons', 400, () => `${head}spec: a${':'.repeat(long)}`],
    ['what breaks at its very end', 400, () => `${ordinary(long)}}`],
  ];
  it.each(someOf(bodies, 4))('%s', async (_title, code, body, query) => {
    await expectRefused(body(), code, query);
  });
});

describe('a YAML body that is none', () => {
  it.each([
    ['spec: 0x_', 403],
    ['spec: 0b_', 403],
    ['spec: -0o_', 403],
    ['spec: "a\0b"', 400],
    ['spec: "\\ud800"', 403],
    ['? [a]\n: b', 400],
    ['~: b', 400],
    ['spec: {a: b', 400],
    ['spec: @a', 400],
    ['spec: `a`', 400],
    ['\tspec: 1', 400],
    ['spec: !!binary aGVsbG8=', 400],
    ['spec: !!js/function "x"', 400],
    ['spec: !!int x', 400],
  ])('is answered: %j', async (body, code) => {
    await expectRefused(head + body, code);
  });

  // A password that begins with * or ! is YAML's own syntax where nobody quoted it.
  it.each([
    '*hunter2',
    '!hunter2 x',
    '!<hunter2> x',
    '!!hunter2',
    '!hunter2! x',
    '!h!hunter2 x',
    '!hunter2%ff x',
    '&hunter2 *hunter2',
    '&a hunter2: x',
    '"hunter2',
    "'hunter2",
    '{hunter2',
    '[hunter2',
    '%hunter2',
    '@hunter2',
    '|hunter2',
    '>hunter2',
    'hunter2: hunter2: x',
    '? hunter2',
    '\thunter2',
  ])('is told without a word of it: value %#', async (value) => {
    const body = `${head}spec:\n  env:\n  - name: PASSWORD\n    value: ${value}\n`;
    for (const query of ['', '?fieldValidation=Strict']) {
      const answer = await put(body, { ...yaml, query });
      expect(answer.status).toBeOneOf([400, 403]);
      expect(answer.text).not.toContain('hunter2');
    }
  });
});
