import { describe, expect, it } from 'vitest';
import { jobPath, liveJob, liveText, now, reset, useGateway } from '../gateway.ts';
import { jsonPatch, patch, sent, trips } from './request.ts';

useGateway();

const send = (operations: unknown, sending: Parameters<typeof patch>[1] = {}) =>
  patch(typeof operations === 'string' ? operations : JSON.stringify(operations), { type: jsonPatch, ...sending });
const label = { op: 'add', path: '/metadata/labels/team', value: 'red' };

describe('a JSON patch', () => {
  it('is read, applied, decided and written', async () => {
    const before = liveJob();
    const answer = await send([
      { op: 'test', path: '/metadata/labels/app', value: 'test' },
      label,
      { op: 'remove', path: '/metadata/labels/app' },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'copy', from: '/metadata/labels/team', path: '/metadata/annotations/example.com~1team' },
      { op: 'add', path: '/spec/ttlSecondsAfterFinished', value: 60 },
    ]);
    expect(answer.body).toEqual({
      ...before,
      metadata: {
        ...before.metadata,
        labels: { team: 'red' },
        annotations: { 'example.com/team': 'red' },
        generation: 3,
        resourceVersion: expect.any(String),
      },
      spec: { ...before.spec, ttlSecondsAfterFinished: 60 },
    });
    expect([answer.status, trips()]).toEqual([200, 'GET PUT']);
    expect(liveJob()).toEqual(answer.body);
  });

  it('that changes nothing is read and not written', async () => {
    const before = liveText();
    const nothing = [
      [],
      [{ op: 'test', path: '/kind', value: 'TFJob' }],
      [label, { op: 'remove', path: '/metadata/labels/team' }],
      [{ op: 'remove', path: '/status' }],
    ];
    for (const operations of nothing) expect((await send(operations)).text).toBe(`${before}\n`);
    expect([trips(), liveText()]).toEqual(['GET GET GET GET', before]);
  });

  it('leaves every number of the job as written', async () => {
    await reset((job) => {
      job.spec.weird = { big: 'BIG', list: [1] };
    });
    now.simulator.put(liveText().replace('"BIG"', '9007199254740993').replace('[1]', '[1.0,-0]'));
    expect((await send([label, { op: 'test', path: '/spec/weird/big', value: 0 }])).status).toBe(422);
    expect((await send(`[{"op":"test","path":"/spec/weird/big","value":9007199254740993},${JSON.stringify(label)}]`)).status).toBe(200);
    expect(sent()).toContain('"weird":{"big":9007199254740993,"list":[1.0,-0]}');
  });

  it('is a dry run if asked, with fieldManager and Strict as for any write', async () => {
    const before = liveText();
    expect((await send([label], { query: '?dryRun=All' })).body.metadata.labels).toEqual({ app: 'test', team: 'red' });
    const unknown = await send([{ op: 'add', path: '/spec/nope', value: 1 }], { query: '?fieldValidation=Strict' });
    expect(unknown.body).toMatchObject({ code: 422, reason: 'Invalid', message: expect.stringContaining('unknown field "spec.nope"') });
    expect([trips(), liveText()]).toEqual(['GET GET', before]);
    await send([label], { query: '?fieldManager=kubectl-patch' });
    expect(now.upstream.received.at(-1)?.url).toBe(jobPath);
  });

  it('is applied anew after a conflict, as if for the first time', async () => {
    const operations = [
      { op: 'add', path: '/metadata/annotations', value: { a: '1', b: '2' } },
      { op: 'remove', path: '/metadata/annotations/a' },
      { op: 'add', path: '/metadata/annotations/c', value: '3' },
    ];
    let conflicts = 0;
    now.upstream.answer = (request, response) => {
      const isFirst = request.method === 'PUT' && conflicts++ === 0;
      if (isFirst) response.writeHead(409).end('{"kind":"Status","code":409,"reason":"Conflict","message":"meanwhile"}');
      else if (request.method === 'PUT') response.end(request.body);
      else response.end(liveText());
    };
    const answer = await send(operations);
    expect([answer.status, trips()]).toEqual([200, 'GET PUT GET PUT']);
    expect(answer.body.metadata.annotations).toEqual({ b: '2', c: '3' });
  });
});

describe('a JSON patch is refused', () => {
  const at = (path: string, value: unknown = 'x', op = 'add') => ({ op, path, value });
  it.each<[number, string, string, unknown]>([
    [422, 'a failing test', 'the server rejected our request due to an error in our request', [label, at('/kind', 'Pod', 'test')]],
    [
      422,
      'the removal of what is not there',
      'the server rejected our request due to an error in our request',
      [at('/metadata/labels/nope', 0, 'remove')],
    ],
    [422, 'the removal of the resourceVersion', 'must be specified for an update', [at('/metadata/resourceVersion', 0, 'remove')]],
    [422, 'an empty resourceVersion', 'must be specified for an update', [at('/metadata/resourceVersion', '')]],
    [409, 'a stale resourceVersion', 'the object has been modified', [at('/metadata/resourceVersion', '1')]],
    [422, 'another uid', 'metadata.uid: Invalid value: "x": field is immutable', [at('/metadata/uid')]],
    [400, 'another name', 'does not match the name on the URL', [at('/metadata/name')]],
    [400, 'no metadata', 'name must be provided', [at('/metadata', 0, 'remove')]],
    [422, 'another kind', 'kind', [at('/kind', 'Pod', 'replace')]],
    [422, 'a document that is a list', 'the result is not an object', [at('', [], 'replace')]],
    [422, 'a document that is empty', "Object 'Kind' is missing", [at('', {}, 'replace')]],
    [403, 'no spec', 'spec', [at('/spec', 0, 'remove')]],
    [
      403,
      'an image',
      'spec.tfReplicaSpecs.Worker.template.spec.containers[0].image',
      [at('/spec/tfReplicaSpecs/Worker/template/spec/containers/-1/image', 'evil', 'replace')],
    ],
    [403, 'a finalizer', 'metadata.finalizers', [at('/metadata/finalizers', ['x.io/y'])]],
    [403, '__proto__', '__proto__', [at('/__proto__', { admin: true })]],
    [403, 'constructor', 'constructor', [at('/constructor', {}), at('/constructor/prototype', { admin: true })]],
    [422, 'a member of __proto__', 'the server rejected our request', [at('/__proto__/admin', true)]],
    [422, 'a member of constructor.prototype', 'the server rejected our request', [at('/metadata/constructor/prototype/admin', true)]],
    [422, 'a label named __proto__', 'metadata.labels', [at('/metadata/labels/__proto__')]],
    [422, 'a value with __proto__', 'metadata.labels', [at('/metadata/labels', JSON.parse('{"__proto__":"x"}'))]],
    [422, 'a __proto__ that is no text', 'metadata.labels', [at('/metadata/labels', JSON.parse('{"__proto__":{"admin":true}}'))]],
    [422, 'a label that is no text', 'metadata.labels', [at('/metadata/labels/a', 1)]],
    [422, 'a bad value', 'spec.cleanPodPolicy', [at('/spec/cleanPodPolicy', 'Some')]],
    [
      413,
      'copies that double',
      'Request entity too large',
      Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '', path: `/c${i}` })),
    ],
  ])('with %i for %s', async (code, _title, message, operations) => {
    const before = liveText();
    const { body } = await send(operations as object[]);
    expect([body.code, body.message]).toEqual([code, expect.stringContaining(message)]);
    expect([trips(), liveText()]).toEqual(['GET', before]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it.each<[number, string, string]>([
    [400, 'an object', '{"op":"add"}'],
    [400, 'null', 'null'],
    [400, 'nothing', ''],
    [400, 'no JSON', '[{"op":"add",}]'],
    [400, 'a number for an operation', '[1]'],
    [413, 'more than 10,000 operations', JSON.stringify(Array(10_001).fill({ op: 'test', path: '/kind', value: 'TFJob' }))],
  ])('with %i and without a call for %s', async (code, _title, body) => {
    expect((await send(body)).body).toMatchObject({ code });
    expect(trips()).toBe('');
  });

  it('says of an operation too many what the server says', async () => {
    const { body } = await send(Array(10_001).fill({}));
    expect(body.message).toBe('Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001');
  });

  it.each([
    ['nested as deep as a body can be', `[{"op":"add","path":"/a","value":${'['.repeat(400_000)}${']'.repeat(400_000)}}]`],
    ['a test of such a value', `[{"op":"test","path":"/a","value":${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}}]`],
    [
      '10,000 operations deep in one another',
      JSON.stringify(Array.from({ length: 1200 }, (_, i) => ({ op: 'add', path: '/a'.repeat(i + 1), value: {} }))),
    ],
    ['a path of a million tokens', JSON.stringify([{ op: 'add', path: '/a'.repeat(1_000_000), value: 1 }])],
  ])('and not with a surprise for %s', async (_title, body) => {
    expect([400, 403, 422]).toContain((await send(body)).status);
  });
});
