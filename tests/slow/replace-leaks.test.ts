import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import { isOfSecret } from '../audit-lines.ts';
import { alsoSearched } from '../credentials.ts';
import { type Answered, awsKeys, envValues, key, secretName } from '../scenarios/replace/leaks-planted.ts';
import { spellings } from '../search.ts';

let printed = '';
const answers: Answered[] = [];
let signatures: string[] = [];

beforeAll(async () => {
  const environment = {
    PATH: process.env.PATH,
    CCI_SECRET_ID: secretName,
    ...awsEnvironment(awsKeys.AWS_ACCESS_KEY_ID, awsKeys.AWS_SECRET_ACCESS_KEY),
    POWERTOOLS_LOGGER_LOG_EVENT: 'true',
    POWERTOOLS_DEV: 'true',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
  };
  const child = fork(fileURLToPath(new URL('../scenarios/replace/leaks-run.ts', import.meta.url)), {
    env: environment,
    execArgv: ['--disable-warning=DEP0169'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  child.on('message', (message: Answered | string[]) => {
    if (Array.isArray(message)) signatures = message;
    else answers.push(message);
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  alsoSearched(printed);
  expect([code, code === 0 ? '' : printed.slice(-2000)]).toEqual([0, '']);
});

const secrets = { ...key, ...awsKeys, 'the secret’s name': secretName };
const values = { 'an env value': envValues[0] as string, 'another env value': envValues[1] as string };
const found = (texts: { situation: string; said: string }[], needle: string) =>
  texts.filter(({ said }) => spellings(needle).some((spelling) => said.includes(spelling))).map(({ situation }) => situation);

describe('whatever happens', () => {
  it('happened: samples, planted values, failing upstreams and credentials', () => {
    const codes = new Set(answers.map(({ status }) => status));
    for (const code of [200, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 503, 504]) expect(codes).toContain(code);
    expect(answers.length).toBeGreaterThan(250);
    expect(printed.match(/"message": ?"request"|message: 'request'/g)?.length ?? 0).toBe(answers.length);
    // The values are where they may be, so they would be found where they may not.
    expect(
      found(
        answers.filter(({ status }) => status === 200),
        envValues[1] as string,
      ),
    ).toContain('the planted job as it is');
  });

  it.each(Object.entries({ ...secrets, ...values }))('nothing printed holds %s', (_title, needle) => {
    // The audit trail says which secret was read.
    const its = (line: string) => needle !== secretName || !isOfSecret(line);
    const lines = printed
      .split('\n')
      .filter(its)
      .map((said) => ({ situation: said.slice(0, 300), said }));
    expect(found(lines, needle)).toEqual([]);
  });

  it('no signature is printed or answered', () => {
    expect(signatures.length).toBeGreaterThan(100);
    const said = printed + answers.map((answer) => answer.said).join('\n');
    expect(said).not.toMatch(/Signature(=|%3D)(?!…)/i);
    // The beginning is enough: what is cut off is still too much.
    expect(signatures.filter((signature) => spellings(signature.slice(0, 16)).some((spelling) => said.includes(spelling)))).toEqual([]);
  });

  it.each(Object.entries(secrets))('no answer holds %s', (_title, needle) => {
    expect(found(answers, needle)).toEqual([]);
  });

  it.each(Object.entries(values))('no answer but a job holds %s', (_title, needle) => {
    expect(
      found(
        answers.filter(({ status }) => status !== 200),
        needle,
      ),
    ).toEqual([]);
  });
});
