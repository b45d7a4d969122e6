import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { guidingRules, refusingRules } from '../../lib/rule.ts';
import { type LambdaHandler, startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import { dist, loadHandler } from '../../local/api-gateway/bundle.ts';
import { documentedRules, type Example, meant, setPaths } from '../decision-document.ts';
import { buildWith } from '../policies.ts';
import { capturePrinted } from '../unit/callers/authorizer.ts';
import {
  type Answer,
  handlerOf,
  invoke,
  jobEvent,
  jobPath,
  type Loose,
  liveJob,
  liveText,
  now,
  put,
  requested,
  reset,
  useGateway,
} from './gateway.ts';

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'true', PROTECTED_KEYS: 'recommended' } });
const printed = capturePrinted();
const rules = documentedRules();

const types: Record<string, string> = { PUT: 'application/json', PATCH: 'application/merge-patch+json' };
const isChange = (given: Loose): boolean => typeof given === 'object' && given !== null;

/** The body of an example: of a PUT the live job with what is named set, all else as it is written. */
function bodyOf({ method, given }: Example): string {
  if (!isChange(given)) return meant(given ?? '');
  return JSON.stringify(method === 'PUT' ? requested((job) => setPaths(job, given)) : meant(given));
}

/** Sends an example, to a gateway with its policies and its environment if it has any. */
async function send(example: Example): Promise<Answer> {
  if (example.environment) return sendWith(example, example.environment);
  if (!example.policies) return sendPlainly(example);
  const { gateway } = now;
  const wanted = example.method === 'PUT' ? 'replace-job' : 'patch-job';
  const distDir = await buildWith(example.policies, [wanted]);
  const load = ({ bundle }: { bundle: string }) => loadHandler<LambdaHandler>(bundle === wanted ? distDir : dist, bundle);
  now.gateway = await startApiGateway({ port: 0, auth: 'none', load });
  try {
    return await sendPlainly(example);
  } finally {
    await now.gateway.close();
    now.gateway = gateway;
    await rm(distDir, { recursive: true });
  }
}

async function sendWith(example: Example, environment: Record<string, string>): Promise<Answer> {
  const { gateway } = now;
  const before = { ...process.env };
  // Nothing of AWS is there.
  Object.assign(process.env, environment, { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' });
  now.gateway = await startApiGateway({ port: 0, auth: 'none', load: ({ bundle }) => handlerOf(bundle, 'new') });
  try {
    return await sendPlainly(example);
  } finally {
    await now.gateway.close();
    now.gateway = gateway;
    process.env = before;
  }
}

async function sendPlainly(example: Example): Promise<Answer> {
  const { method, given, path = jobPath, query = '', caller } = example;
  const type = Array.isArray(given) ? 'application/json-patch+json' : types[method];
  const headers = { ...(type !== undefined && { 'content-type': type }), ...example.headers };
  const body = bodyOf(example);
  if (caller !== 'none') return put(body, { method, path, query: query && `?${query}`, headers });
  return invoke(await handlerOf('replace-job'), jobEvent(method, { identity: { userArn: null } }, { path, headers, body }));
}

/** The live job as the example has it, as many of them as it wants, and another writer where one comes between. */
async function prepare({ live, copies, between }: Example): Promise<void> {
  await reset((job) => setPaths(job, live));
  for (let n = 2; n <= copies; n++) {
    const { resourceVersion: _, uid: __, ...metadata } = liveJob().metadata;
    now.simulator.put({ ...liveJob(), metadata: { ...metadata, name: `tfjob-test-${n}` } });
  }
  if (!between) return;
  now.upstream.answer = ({ method }) => {
    if (method === 'PUT') {
      now.upstream.answer = undefined;
      now.simulator.put(requested((job) => setPaths(job, between)));
    }
    return 'hand on';
  };
}

const causesOf = ({ body }: Answer): Loose =>
  Object.fromEntries((body.details?.causes ?? []).map(({ field, reason }: Loose) => [field, reason]));
const at = (job: Loose, path: string): Loose => path.split('.').reduce((object, key) => object?.[key], job) ?? null;
const trips = (): string => now.upstream.received.map(({ method }) => method).join(' ');

describe('docs/decision.md', () => {
  it('has exactly the rules that the code knows, in their order and numbered', () => {
    expect(rules.map(({ name }) => name)).toEqual([...refusingRules, ...guidingRules]);
    expect(rules.map(({ number }) => number)).toEqual(rules.map((_, index) => index + 1));
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  });

  it.each(rules)('shows $name by an example: one that is refused, where the rule can refuse', ({ name, examples }) => {
    const refused = examples.filter(({ code, rule = name }) => code >= 400 && rule === name);
    expect(examples.length).toBeGreaterThan(0);
    expect(refused.length > 0).toBe((refusingRules as readonly string[]).includes(name));
  });
});

const examples = rules.flatMap(({ name, examples: own }) =>
  own.map((example, index) => ({
    ...example,
    rule: example.rule ?? name,
    title: `${name}, example ${index + 1}: ${example.code} ${example.reason}`,
  })),
);

describe('the examples of docs/decision.md', () => {
  it.each(examples.filter(({ code }) => code >= 400))('$title', async (example) => {
    await prepare(example);
    const before = liveText();
    const answer = await send(example);
    expect([answer.status, answer.body.reason, answer.headers.get('x-refused-by')]).toEqual([example.code, example.reason, example.rule]);
    expect(causesOf(answer)).toEqual(example.causes ?? {});
    expect(answer.body.message).toContain(example.message ?? '');
    expect([liveText(), trips().replaceAll(/GET ?/g, '')]).toEqual([before, '']);
    const lines = printed.lines().filter(({ message }) => message === 'request');
    expect(lines).toMatchObject([{ code: example.code, outcome: example.reason, rule: example.rule }]);
  });

  it.each(examples.filter(({ code }) => code < 400))('$title', async (example) => {
    await prepare(example);
    const answer = await send(example);
    expect([answer.status, answer.headers.get('x-refused-by')]).toEqual([example.code, null]);
    if (example.sent !== undefined) expect(trips()).toBe(example.sent);
    expect(answer.headers.get('warning') ?? '').toContain(example.warning ?? '');
    for (const [path, value] of Object.entries(example.job ?? {})) expect([path, at(liveJob(), path)]).toEqual([path, value]);
    for (const line of printed.lines()) expect(line).not.toHaveProperty('rule');
  });
});

describe('what no rule of the gateway refused', () => {
  it('names none: CCI has no such job', async () => {
    const answer = await put(
      requested(({ metadata }) => Object.assign(metadata, { name: 'nope' })),
      { path: jobPath.replace('tfjob-test', 'nope') },
    );
    expect([answer.status, answer.headers.get('x-refused-by')]).toEqual([404, null]);
    expect(printed.lines()).toMatchObject([{ code: 404 }]);
    expect(printed.lines()[0]).not.toHaveProperty('rule');
  });

  it.each([403, 409, 413, 422])('names none: CCI itself answers %i', async (code) => {
    now.upstream.answer = (_, response) => response.writeHead(code).end('{}');
    const answer = await put(requested());
    expect([answer.status, answer.headers.get('x-refused-by')]).toEqual([code, null]);
    expect(printed.lines()[0]).not.toHaveProperty('rule');
  });
});
