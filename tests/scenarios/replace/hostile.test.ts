import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { calls, handlerOf, invoke, jobPath, type Loose, liveJob, liveText, now, put, requested, useGateway } from '../gateway.ts';
import { expectInProportion } from '../gateway-proportion.ts';

useGateway();

const million = 1_000_000;
const open = '{"apiVersion":"kubeflow.org/v1","kind":"TFJob","metadata":{"name":"tfjob-test"},';
/** The documented job's text with something put in at a place. */
const inLabels = (members: string) => JSON.stringify(requested()).replace('"app":"test"', `"app":"test",${members}`);
const inSpec = (members: string) => JSON.stringify(requested()).replace('"backoffLimit":6', `"backoffLimit":6,${members}`);
const inAnnotations = (members: string) => JSON.stringify(requested()).replace('"labels":{', `"annotations":{${members}},"labels":{`);
const numbered = (count: number, member: (index: number) => string) => Array.from({ length: count }, (_, index) => member(index)).join(',');
/** A job like any other, but as long as asked for. */
const port = '{"name":"tfjob-port","containerPort":2222},';
const ordinary = (length: number) => inSpec(`"ports":[${port.repeat(Math.max(0, Math.ceil((length - 2500) / port.length)))}{}]`);

describe('a hostile JSON body is refused in proportion to its size, and nothing is written', () => {
  const deep = (depth: number, leaf: string) => `${'{"a":'.repeat(depth)}${leaf}${'}'.repeat(depth)}`;

  // Where the stack ends is the engine's own business: a text too deep to keep its numbers as written is 400, else the depth is 403.
  const bodies: [string, number | number[], () => string, string?][] = [
    ['100,000 arrays in each other', 400, () => '['.repeat(100_000) + ']'.repeat(100_000)],
    ['a million arrays that never end', 400, () => '['.repeat(million)],
    ['100,000 objects in each other', 403, () => inSpec(`"a":${deep(100_000, '1')}`)],
    ['100,000 objects in each other, under Strict', 400, () => inSpec(`"a":${deep(100_000, '1')}`), '?fieldValidation=Strict'],
    ['100,000 objects around a number that a double cannot hold', [400, 403], () => inSpec(`"a":${deep(100_000, '1.0')}`)],
    ['100,000 objects in a label', 400, () => inLabels(`"b":${deep(100_000, '1')}`)],
    ['100,000 objects in metadata', 403, () => JSON.stringify(requested()).replace('"labels":', `"a":${deep(100_000, '1')},"labels":`)],
    ['an array of a million numbers', 403, () => inSpec(`"a":[${'1,'.repeat(million)}1]`)],
    ['an array of 200,000 zeros', 403, () => inSpec(`"a":[${'0,'.repeat(200_000)}0]`)],
    ['200,000 numbers that are kept as written', 403, () => inSpec(`"a":[${'1.0,'.repeat(200_000)}1.0]`)],
    ['100,000 unknown fields', 403, () => inSpec(numbered(100_000, (index) => `"k${index}":1`))],
    ['100,000 unknown fields, under Strict', 400, () => inSpec(numbered(100_000, (index) => `"k${index}":1`)), '?fieldValidation=Strict'],
    ['100,000 times the same field, under Strict', 400, () => inSpec(numbered(100_000, () => '"k":1')), '?fieldValidation=Strict'],
    [
      '50,000 replica types',
      403,
      () => JSON.stringify(requested()).replace('"Worker":', `${numbered(50_000, (index) => `"k${index}":{"replicas":2}`)},"Worker":`),
    ],
    ['a field name of a megabyte', 403, () => inSpec(`"${'x'.repeat(million)}":1`)],
    ['a hundred field names of 20 KB', 403, () => inSpec(numbered(100, (index) => `"${'x'.repeat(20_000)}${index}":1`))],
    ['a number of a million digits', 403, () => inSpec(`"a":${'9'.repeat(million)}`)],
    ['a TTL of a million digits', 422, () => inSpec(`"ttlSecondsAfterFinished":${'9'.repeat(million)}`)],
    ['a TTL with a million decimals', 422, () => inSpec(`"ttlSecondsAfterFinished":1.${'0'.repeat(million)}`)],
    ['a deadline of 1e400', 422, () => inSpec('"activeDeadlineSeconds":1e400')],
    ['a deadline of 2^53', 422, () => inSpec('"activeDeadlineSeconds":9007199254740992')],
    ['a label key of a megabyte', 422, () => inLabels(`"${'x'.repeat(million)}":"a"`)],
    ['a label key of a million slashes', 422, () => inLabels(`"${'/'.repeat(million)}":"a"`)],
    ['a label value of a megabyte', 422, () => inLabels(`"a":"${'x'.repeat(million)}"`)],
    ['50,000 bad labels', 422, () => inLabels(numbered(50_000, (index) => `"!${index}":"!"`))],
    ['a kind of a megabyte', 422, () => JSON.stringify({ ...requested(), kind: 'x'.repeat(million) })],
    ['a name of a megabyte', 400, () => `${open.replace('tfjob-test', 'x'.repeat(million))}"spec":{}}`],
    ['a million spaces', 400, () => ' '.repeat(million)],
    ['a megabyte of backslashes, under Strict', 422, () => inAnnotations(`"a":"${'\\\\'.repeat(million / 2)}"`), '?fieldValidation=Strict'],
    [
      'a megabyte of escaped quotes, under Strict',
      422,
      () => inAnnotations(`"a":"${'\\"'.repeat(million / 2)}"`),
      '?fieldValidation=Strict',
    ],
  ];
  it.each(someOf(bodies, 4))('%s', async (_title, code, body, query = '') => {
    const before = liveText();
    const answer = await expectInProportion(body(), ordinary, { query });
    expect(answer.status).toBeOneOf([code].flat());
    expect(liveText()).toBe(before);
    expect(calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
  });

  it('a gzip of gzips is read once', async () => {
    const twice = gzipSync(gzipSync(JSON.stringify(requested())));
    expect((await put(twice, { headers: { 'content-encoding': 'gzip' } })).body.message).toBe('the body is not valid UTF-8');
  });
});

describe('names that mean something to JavaScript', () => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype', 'length', '__defineGetter__'];

  it('are labels and annotations like any other', async () => {
    const legal = names.filter((name) => !name.startsWith('__'));
    const map = Object.fromEntries(legal.map((name) => [name, name.toLowerCase()]));
    const answer = await put(requested(({ metadata }) => Object.assign(metadata, { labels: map, annotations: map })));
    expect(answer.status).toBe(200);
    expect(liveJob().metadata).toMatchObject({ labels: map, annotations: map });
    const removed = await put(requested(({ metadata }) => delete metadata.labels.constructor));
    expect([removed.status, Object.hasOwn(liveJob().metadata.labels, 'constructor')]).toEqual([200, false]);
    expect(liveJob().metadata.labels).toHaveProperty('toString', 'tostring');
  });

  it.each(names)('are a difference as any other field: %s', async (name) => {
    const before = liveText();
    for (const [body, field] of [
      [inSpec(`"${name}":1`), `spec.${name}`],
      [`${JSON.stringify(requested()).slice(0, -1)},"${name}":{"a":1}}`, name],
    ] as const) {
      const answer = await put(body);
      expect([answer.status, answer.body.details.causes.map((cause: Loose) => cause.field)]).toEqual([403, [field]]);
    }
    expect(liveText()).toBe(before);
  });

  it.each(['labels', 'annotations', 'spec'] as const)('reach nobody’s prototype: __proto__ in %s', async (place) => {
    const before = liveText();
    const puts = { labels: inLabels, annotations: inAnnotations, spec: inSpec } as const;
    const body = puts[place](place === 'spec' ? '"__proto__":{"backoffLimit":7}' : '"__proto__":"x"');
    const code = place === 'spec' ? 403 : 422;
    for (const text of [body, body.replace('__proto__', '\\u005f_proto__'), body.replace('"replicas":1', '"replicas":1.0')]) {
      const { status, body: answer } = await put(text);
      expect([status, answer.details.causes[0].field]).toEqual([
        code,
        place === 'spec' ? 'spec.__proto__' : `metadata.${place}[__proto__]`,
      ]);
    }
    expect(liveText()).toBe(before);
    expect(Object.hasOwn(Object.prototype, 'backoffLimit')).toBe(false);
  });
});

describe('a text that says two things', () => {
  it('counts as its last word, and what was checked is what is written', async () => {
    const before = liveText();
    expect((await put(inSpec('"backoffLimit":7'))).body.message).toContain('spec.backoffLimit may not be changed: 6 → 7');
    expect(liveText()).toBe(before);
    const answer = await put(
      inSpec('"ttlSecondsAfterFinished":1,"ttlSecondsAfterFinished":2').replace('"backoffLimit":6', '"backoffLimit":7,"backoffLimit":6'),
    );
    expect(answer.status).toBe(200);
    expect(now.upstream.received.at(-1)?.body.toString()).not.toMatch(
      /backoffLimit.*backoffLimit|:7|ttlSecondsAfterFinished.*ttlSecondsAfterFinished/,
    );
    expect(liveJob().spec).toMatchObject({ backoffLimit: 6, ttlSecondsAfterFinished: 2 });
  });

  it.each([
    ['"backoffLimit":6', 'spec.backoffLimit'],
    ['"back\\u006fffLimit":6', 'spec.backoffLimit'],
    ['"ttlSecondsAfterFinished":2,"ttlSecondsAfterFinished":2', 'spec.ttlSecondsAfterFinished'],
  ])('is refused under Strict: %s', async (members, path) => {
    const before = liveText();
    const answer = await put(inSpec(members), { query: '?fieldValidation=Strict' });
    const message = `TFJob in version "v1" cannot be handled as a TFJob: strict decoding error: duplicate field "${path}"`;
    expect([answer.status, answer.body.message, liveText()]).toEqual([400, message, before]);
  });

  it('is not two labels that differ in nothing but half a character', async () => {
    const before = liveText();
    const answer = await put(inLabels('"\\ud800":"a","\\ufffd":"b"'));
    expect([answer.status, liveText()]).toEqual([422, before]);
  });
});

describe('half a character (a lone surrogate)', () => {
  it('becomes U+FFFD where it is written, as in Go', async () => {
    const body = JSON.stringify(requested(({ metadata }) => Object.assign(metadata, { annotations: { a: 'X' } }))).replace(
      '"X"',
      '"x\\ud800y\\udc00"',
    );
    const answer = await put(body);
    expect([answer.status, answer.body.metadata.annotations.a]).toEqual([200, 'x\ufffdy\ufffd']);
    expect(liveJob().metadata.annotations).toEqual({ a: 'x\ufffdy\ufffd' });
  });

  it.each([
    ['in a label', () => inLabels('"b":"\\ud800"'), 422],
    ['in a field’s name', () => inSpec('"\\udc00":1'), 403],
    ['in a field’s value', () => inSpec('"a":"\\udc00"'), 403],
    ['in the name', () => `${open.replace('tfjob-test', '\\ud800')}"spec":{}}`, 400],
    ['in the kind', () => JSON.stringify(requested()).replace('"TFJob"', '"\\ud800"'), 422],
    ['in the uid', () => JSON.stringify(requested()).replace(/"uid":"[^"]+"/, '"uid":"\\ud800"'), 409],
  ])('is refused %s', async (_title, body, code) => {
    const before = liveText();
    expect([(await put(body())).status, liveText()]).toEqual([code, before]);
  });
});

describe('a body that is said to be base64', () => {
  const event = (body: unknown, isBase64Encoded: unknown = true) => ({
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: jobPath,
    httpMethod: 'PUT',
    headers: {},
    pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
    requestContext: { httpMethod: 'PUT', identity: { userArn: somebodysArn } },
    body,
    isBase64Encoded,
  });

  it.each([
    ['{"kind":"TFJob"}', 'the body is not valid base64'],
    ['====', 'the body is not valid base64'],
    ['eyJh*ImtpbmQiOjF9', 'the body is not valid base64'],
    ['e30=e30=', 'the body is not valid base64'],
    ['e30', "Object 'Kind' is missing"],
    ['gICA', 'the body is not valid UTF-8'],
    ['', "Object 'Kind' is missing in an empty body"],
    [null, "Object 'Kind' is missing in an empty body"],
    [{ kind: 'TFJob' }, "Object 'Kind' is missing in an empty body"],
  ])('is 400 as %j', async (body, message) => {
    const answer = await invoke(await handlerOf('replace-job'), event(body));
    expect([answer.status, answer.body.reason, answer.body.message]).toEqual([400, 'BadRequest', expect.stringContaining(message)]);
  });

  it('is 413 above the limit, whatever it holds', async () => {
    const answer = await invoke(await handlerOf('replace-job'), event('*'.repeat(6_000_000)));
    expect([answer.status, answer.body.reason]).toEqual([413, 'RequestEntityTooLarge']);
  });

  it('may have come as text instead, or have no padding', async () => {
    const text = JSON.stringify(requested());
    const handler = await handlerOf('replace-job');
    for (const sent of [event(text, false), event(text, null), event(Buffer.from(text).toString('base64').replace(/=+$/, ''))]) {
      expect((await invoke(handler, sent)).status).toBe(200);
    }
  });
});
