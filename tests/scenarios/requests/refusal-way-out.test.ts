import { execFileSync } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { alsoSearched } from '../../credentials.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { type Answer, handlerOf, invoke, jobPath, type Loose, liveJob, liveText, put, requested, useGateway } from '../gateway.ts';
import { jsonPatch, patch } from '../patch/request.ts';

useGateway({ auth: 'none', env: { PROTECTED_KEYS: 'team' } });

const note = `it's "a" $(b)\n\u001b[2J\\ é`;
const spoil = (job: Loose): void => {
  job.metadata.annotations = { note, 'tfjob-gateway/x': 'y' };
  job.metadata.labels.team = 'red';
  job.spec.ttlSecondsAfterFinished = 5;
  job.spec.backoffLimit = 7;
};
const operations = [
  { op: 'add', path: '/metadata/annotations', value: { note } },
  { op: 'add', path: '/spec/ttlSecondsAfterFinished', value: 5 },
  { op: 'replace', path: '/spec/backoffLimit', value: 7 },
];

/** The patch that a shell would hand to kubectl from a refusal's last line. */
function pasted({ body }: Answer): string {
  const [, line] = /\nyou may change: (kubectl patch tfjob tfjob-test -n kube-test --type merge -p '.*')$/.exec(body.message) ?? [];
  const args = execFileSync('bash', ['--norc', '-c', `kubectl() { printf '%s\\0' "$@"; }\n${line}`], { encoding: 'utf8' }).split('\0');
  return args.at(-2) as string;
}

describe('what a refusal ends with makes a change of it', () => {
  it.each<[string, () => Promise<Answer>]>([
    ['PUT', () => put(requested(spoil))],
    ['PUT under Strict', () => put(requested(spoil), { query: '?fieldValidation=Strict' })],
    ['a dry run', () => put(requested(spoil), { query: '?dryRun=All' })],
    ['a merge patch', () => patch({ metadata: { annotations: { note } }, spec: { ttlSecondsAfterFinished: 5, backoffLimit: 7 } })],
    ['a JSON patch', () => patch(operations, { type: jsonPatch })],
  ])('for %s', async (_title, send) => {
    const before = liveText();
    const answer = await send();
    expect([answer.status, answer.body.reason, liveText()]).toEqual([403, 'Forbidden', before]);
    expect(answer.body.details.causes.map((cause: Loose) => cause.message).join()).not.toContain('kubectl');
    const text = pasted(answer);
    expect(JSON.parse(text)).toEqual({ metadata: { annotations: { note } }, spec: { ttlSecondsAfterFinished: 5 } });
    expect((await patch(text)).status).toBe(200);
    expect(liveJob()).toMatchObject({ metadata: { annotations: { note } }, spec: { ttlSecondsAfterFinished: 5, backoffLimit: 6 } });
  });

  it('and is missing from every other refusal', async () => {
    const ttl = { ttlSecondsAfterFinished: 5 };
    const answers = await Promise.all([
      put(requested(spoil), { query: '?dryRun=Some' }),
      put(
        requested(({ spec }) => Object.assign(spec, ttl, { unknown: 1 })),
        { query: '?fieldValidation=Strict' },
      ),
      put(requested(({ spec }) => Object.assign(spec, ttl, { cleanPodPolicy: 'Some' }))),
      patch({ metadata: { resourceVersion: '1' }, spec: { ...ttl, backoffLimit: 7 } }),
      put(requested(({ spec }) => Object.assign(spec, { backoffLimit: 7 }))),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([422, 400, 422, 409, 403]);
    for (const { body } of answers) expect(body.message).not.toContain('kubectl');
  });
});

describe('the log of a refusal', () => {
  it('has the paths alone, no value, no line to paste, and no more of them than 2 KB', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'info').mockImplementation((line) => void lines.push(line));
    vi.stubEnv('POWERTOOLS_DEV', 'true');
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'INFO');
    const handler = await handlerOf('replace-job', 'new');
    const secret = 'a-value-that-nobody-may-read';
    const send = (edit: (job: Loose) => void) =>
      invoke(handler, {
        resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
        path: jobPath,
        httpMethod: 'PUT',
        headers: {},
        pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
        requestContext: { httpMethod: 'PUT', identity: { userArn: somebodysArn } },
        body: JSON.stringify(requested(edit)),
      });
    const one = await send((job) => {
      job.metadata.annotations = { note: secret };
      job.spec.backoffLimit = 7;
    });
    const many = await send(({ spec }) => {
      for (let n = 0; n < 300; n++) spec[`${'x'.repeat(200)} ${n}`] = { [`${'y'.repeat(200)} `]: [secret] };
    });
    alsoSearched(lines.join('\n'));
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    expect([one.status, many.status]).toEqual([403, 403]);
    expect(one.body.message).toContain(secret);
    const [first, second, ...rest] = lines.map((line) => JSON.parse(line)).filter(({ message }) => message === 'request');
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ code: 403, outcome: 'Forbidden', refused: ['spec.backoffLimit'] });
    expect(JSON.stringify(second.refused).length).toBeLessThan(2500);
    expect(second.refused.at(-1)).toMatch(/^and \d\d more$/);
    expect(lines.join()).not.toContain(secret);
    expect(lines.join()).not.toContain('kubectl');
  });
});
