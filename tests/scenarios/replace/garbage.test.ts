import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { runsOf, someOf } from '../../exhaustive.ts';
import { handlerOf, invoke, type Loose, liveText, now, useGateway } from '../gateway.ts';

useGateway();

const folder = new URL('../../../events/', import.meta.url);
const samples: Loose[] = readdirSync(folder)
  .filter((file) => /^(replace-tfjob|gzip|http-api-jwt|function-url-iam|load-balancer|unknown-path)\.event\.json$/.test(file))
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')));
let handlers: LambdaHandler[];
beforeAll(async () => {
  handlers = await Promise.all(['replace-job', 'not-found', 'patch-job', 'read-jobs', 'discovery'].map((bundle) => handlerOf(bundle)));
});

/** Every handler answers every event, however little it resembles one, and never says 500: the mistake is not its own. */
async function expectAnswers(event: unknown, asked = handlers): Promise<void> {
  for (const handler of asked) {
    const { status } = await invoke(handler, event);
    // 504: an event may say that it was accepted long ago.
    expect(status < 500 || status === 504, `${status} for ${JSON.stringify(event)}`).toBe(true);
  }
}

/** Members that the chain itself adds to an event later on; from outside they must mean nothing. */
const inner = [
  'context',
  'requestId',
  'options',
  'caller',
  'acceptedAt',
  'kind',
  'ref',
  'said',
  'duplicates',
  'query',
  'method',
  'requested',
];
const unlike: unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  '',
  'x',
  [],
  {},
  [1],
  [[]],
  ['a'],
  { a: 1 },
  { length: 1 },
  { calls: 1 },
  { toString: 1, valueOf: 1 },
  '\ud800',
];

/** Where a value sits in an event: the keys that lead to it. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  const below = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...below.flatMap(([name, member]) => pathsOf(member, [...path, name]))];
}

function withValue(event: Loose, path: string[], value: unknown): Loose {
  const copy = structuredClone(event);
  const name = path.at(-1);
  if (name === undefined) return value;
  path.slice(0, -1).reduce((object, key) => object[key], copy)[name] = value;
  return copy;
}

describe('an event that is none', () => {
  it.each([{}, null, [], [{}], 'x', '', 0, 5, true, false, { requestContext: null }, { requestContext: 'x' }, { requestContext: {} }])(
    '%j is answered 401',
    async (event) => {
      for (const handler of handlers) {
        const answer = await invoke(handler, event);
        expect([answer.status, answer.body.reason]).toEqual([401, 'Unauthorized']);
      }
    },
  );

  it('undefined is answered 401, also without a context', async () => {
    for (const handler of handlers) {
      expect(await handler(undefined as never, undefined as never)).toMatchObject({ statusCode: 401 });
      expect(await handler(undefined as never, {} as never)).toMatchObject({ statusCode: 401 });
    }
  });

  it.each<Loose>([
    { multiValueHeaders: { accept: 'x' } },
    { multiValueHeaders: { accept: 'x' }, context: {} },
    { multiValueHeaders: { accept: 'x' }, requestId: { toString: 1 } },
    { multiValueHeaders: { accept: 'x' }, context: { pending: 5, calls: { at: 1 } }, headers: 5, options: 7 },
    { headers: { 'x-a': 5 }, queryStringParameters: 5, multiValueQueryStringParameters: { pretty: 'true' }, pathParameters: 'x' },
    JSON.parse(
      '{"headers":{"__proto__":{"x":1}},"__proto__":{"caller":"x"},"multiValueQueryStringParameters":{"__proto__":["a"],"constructor":["b"]}}',
    ),
  ])('with members of wrong types is answered: %j', async (members) => {
    for (const event of samples) await expectAnswers({ ...event, ...members });
    for (const requestContext of [{ httpMethod: 'PUT' }, { elb: {} }, { http: {} }])
      await expectAnswers({ version: '2.0', requestContext, ...members });
  });
});

describe('an event of which one member is something else', () => {
  it('is answered, and the stored job is as it was', async () => {
    const before = liveText();
    for (const event of samples) {
      // A stale request: whatever passes for one ends as 409, so that nothing is written however the event is bent.
      const stale = Buffer.from(
        JSON.stringify({ ...JSON.parse(before), metadata: { ...JSON.parse(before).metadata, resourceVersion: '1' } }),
      );
      const bent = {
        ...event,
        body: stale.toString('base64'),
        isBase64Encoded: true,
        headers: { ...event.headers, 'Content-Encoding': 'identity' },
      };
      if (bent.multiValueHeaders) bent.multiValueHeaders['Content-Encoding'] = ['identity'];
      const paths = [...pathsOf(bent), ...inner.map((name) => [name])];
      for (const [index, path] of paths.entries()) {
        for (const turn of someOf([0, 1, 2, 3, 4, 5], 6))
          await expectAnswers(withValue(bent, path, unlike[(index * 5 + turn) % unlike.length]), handlers.slice(0, 1));
      }
    }
    expect(liveText()).toBe(before);
    expect(now.upstream.received.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('is answered for thousands of events that fast-check bends in several places', async () => {
    const before = liveText();
    const value = fc.oneof(fc.constantFrom(...unlike), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>);
    let cases = 0;
    const bends = fc.array(fc.tuple(fc.nat(), value), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...samples), bends, async (sample, list) => {
        let event: Loose = { ...sample, body: 'e30=', isBase64Encoded: true };
        for (const [at, bent] of list) {
          const paths = pathsOf(event)
            .slice(1)
            .concat(inner.map((name) => [name]));
          if (typeof event === 'object' && event !== null) event = withValue(event, paths[at % paths.length] ?? [], bent);
        }
        // The replace always, and each of the others in its turn.
        cases += 1;
        await expectAnswers(event, [handlers[0], handlers[1 + (cases % (handlers.length - 1))]] as LambdaHandler[]);
      }),
      { numRuns: runsOf(2000) },
    );
    expect(liveText()).toBe(before);
  });

  it('is answered for hundreds of events that fast-check makes of nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (event) => expectAnswers(event)),
      { numRuns: runsOf(500) },
    );
  });
});
