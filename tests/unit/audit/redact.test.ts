import { describe, expect, it } from 'vitest';
import { eventLine, maxEventBytes } from '../../../lib/audit/event.ts';
import { hidden, hiderOf as hider } from '../../../lib/audit/hide.ts';
import { secretsIn, shownObject } from '../../../lib/audit/redact.ts';
import type { Json, JsonObject } from '../../../lib/json/json.ts';
import { credential } from '../../credentials.ts';

const secret = credential('in-a-job');
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const container = (): JsonObject => ({
  name: 'tensorflow',
  image: 'training:1',
  env: [{ name: 'PASSWORD', value: secret }],
  args: [secret, 1],
  command: ['sh', '-c', secret],
  lifecycle: { preStop: { exec: { command: [secret] } } },
  livenessProbe: { httpGet: { path: '/', httpHeaders: [{ name: 'Authorization', value: secret }] } },
});
const template = (): JsonObject => ({
  metadata: { labels: { env: 'production', app: 'a' }, annotations: { command: 'train' } },
  spec: { initContainers: [container()], containers: [container()], nodeSelector: { env: 'gpu' } },
});
const job = (): JsonObject => ({
  apiVersion: 'kubeflow.org/v1',
  kind: 'TFJob',
  metadata: {
    name: 'j',
    labels: { env: 'production', args: 'x' },
    annotations: { [lastApplied]: JSON.stringify({ spec: { tfReplicaSpecs: { Worker: { template: template() } } } }), note: 'kept' },
    managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:spec': { 'f:env': {} } } }],
  },
  spec: { ttlSecondsAfterFinished: 5, tfReplicaSpecs: { Worker: { replicas: 1, template: template() } } },
});
const show = (value: Json, omitManagedFields = false): string => JSON.stringify(shownObject(value, { omitManagedFields }));

describe('an object in an audit event', () => {
  it('has no value of env, args, command or a header, wherever they stand, and else what it has', () => {
    const text = show(job());
    expect(text).not.toContain(secret);
    const shown = JSON.parse(text);
    const pod = shown.spec.tfReplicaSpecs.Worker.template;
    expect(pod.spec.containers[0]).toMatchObject({ name: 'tensorflow', image: 'training:1', env: hidden, args: hidden, command: hidden });
    expect(shown.spec.ttlSecondsAfterFinished).toBe(5);
    expect(JSON.parse(shown.metadata.annotations[lastApplied]).spec.tfReplicaSpecs.Worker.template.spec.containers[0].env).toBe(hidden);
  });

  it('has nothing of a text that stands for an object: a job in quotes, YAML that is none, or such a record', () => {
    expect(show(JSON.stringify(job()))).toBe(JSON.stringify(hidden));
    const record = JSON.stringify(JSON.stringify(job()));
    expect(show({ metadata: { annotations: { [lastApplied]: record } } })).not.toContain(secret);
  });

  it('has nothing of the data of a Secret that somebody sends by mistake', () => {
    const data = { password: secret };
    expect(show({ kind: 'Secret', data, stringData: data, binaryData: data })).not.toContain(secret);
    expect(show({ metadata: { labels: { data: 'mnist' } }, spec: { volumes: [{ name: 'data' }] } })).not.toContain(hidden);
  });

  it('keeps labels, annotations and selectors that are called so', () => {
    const shown = JSON.parse(show(job()));
    expect(shown.metadata.labels).toEqual({ env: 'production', args: 'x' });
    expect(shown.spec.tfReplicaSpecs.Worker.template.metadata).toEqual({
      labels: { env: 'production', app: 'a' },
      annotations: { command: 'train' },
    });
    expect(shown.spec.tfReplicaSpecs.Worker.template.spec.nodeSelector).toEqual({ env: 'gpu' });
    // A map of texts cannot hold more.
    expect(show({ metadata: { labels: { env: [secret], command: { a: secret } } } })).not.toContain(secret);
  });

  it('keeps managed fields, or has none where the policy omits them, in a list as well', () => {
    expect(JSON.parse(show(job())).metadata.managedFields).toEqual((job().metadata as JsonObject).managedFields);
    expect(show(job(), true)).not.toContain('managedFields');
    expect(show({ kind: 'TFJobList', items: [job()] }, true)).not.toContain('managedFields');
  });

  it('of a list, a table and a Status is shown the same way', () => {
    for (const list of [
      { kind: 'TFJobList', items: [job()] },
      { kind: 'Table', rows: [{ cells: ['j', 5], object: job() }] },
    ])
      expect(show(list)).not.toContain(secret);
    const status = { kind: 'Status', message: 'no', code: 403 };
    expect(show(status)).toBe(JSON.stringify(status));
  });

  it('of a record of kubectl apply that is no JSON, or no text, shows nothing', () => {
    for (const record of [`{"env": "${secret}"`, [secret], { a: secret }])
      expect(show({ metadata: { annotations: { [lastApplied]: record } } } as Json)).toBe(
        JSON.stringify({ metadata: { annotations: { [lastApplied]: hidden } } }),
      );
    expect(show({ metadata: { annotations: { [lastApplied]: null } } })).toContain('null');
  });

  it('is cut where it is nested too deeply to be looked at', () => {
    let deep: Json = { env: secret };
    for (let depth = 0; depth < 20_000; depth++) deep = { a: deep };
    expect(show(deep)).not.toContain(secret);
    let record = `{"env":"${secret}"}`;
    for (let depth = 0; depth < 20_000; depth++) record = `{"a":${record}}`;
    expect(show({ annotations: { [lastApplied]: record } })).not.toContain(secret);
  });

  it('keeps numbers as they were written, and a member called __proto__', () => {
    expect(show(JSON.parse('{"__proto__": {"env": 1, "a": 2}}'))).toBe(`{"__proto__":{"env":"${hidden}","a":2}}`);
    expect(show({ a: JSON.rawJSON('1.0') })).toBe('{"a":1.0}');
  });
});

describe('a JSON patch in an audit event', () => {
  const value = (path: string, given: Json): Json => {
    const [operation] = shownObject([{ op: 'add', path, value: given }], { omitManagedFields: false }) as JsonObject[];
    return operation?.value as Json;
  };
  const worker = '/spec/tfReplicaSpecs/Worker/template/spec/containers/0';

  it.each([
    `${worker}/env`,
    `${worker}/env/0/value`,
    `${worker}/args/-`,
    `${worker}/command/2`,
    `${worker}/livenessProbe/httpGet/httpHeaders/0/value`,
    '/metadata/labels/env/x',
    '/env',
  ])('shows no value at %s', (path) => {
    expect(value(path, secret)).toBe(hidden);
  });

  it('looks into what it sets whole', () => {
    expect(JSON.stringify(value(worker, container()))).not.toContain(secret);
    expect(JSON.stringify(value('/spec/tfReplicaSpecs', { Worker: { template: template() } }))).not.toContain(secret);
    expect(JSON.stringify(value('', job()))).not.toContain(secret);
    const record = value(`/metadata/annotations/${lastApplied.replace('/', '~1')}`, JSON.stringify({ spec: { env: secret } }));
    expect(record).toBe(JSON.stringify({ spec: { env: hidden } }));
    expect(value('/metadata/annotations', { [lastApplied]: secret, env: 'kept' })).toEqual({ [lastApplied]: hidden, env: 'kept' });
  });

  it('shows labels and scalars', () => {
    expect(value('/metadata/labels/env', 'production')).toBe('production');
    expect(value('/metadata/labels', { env: 'production' })).toEqual({ env: 'production' });
    expect(value('/spec/ttlSecondsAfterFinished', 5)).toBe(5);
  });

  it('of operations that are none shows nothing', () => {
    expect(show([null, secret, [secret], { op: 'add', value: secret }, { path: 5, value: secret }, { more: secret }])).toBe(
      JSON.stringify([null, hidden, hidden, { op: 'add', value: hidden }, { path: 5, value: hidden }, { more: hidden }]),
    );
  });
});

const hiderOf = (objects: Parameters<typeof secretsIn>[0]) => hider(secretsIn(objects));

describe('what a policy says of a job', () => {
  it('is shown without the values of env, args and command that it quotes, the longest first', () => {
    const hide = hiderOf([
      {
        env: [
          { name: 'PASSWORD', value: 'abcd' },
          { name: 'B', value: 'abcdef' },
        ],
        args: ['--key=xyz1'],
      },
      undefined,
    ]);
    expect(hide('PASSWORD is abcdef, then abcd and --key=xyz1')).toBe(`PASSWORD is ${hidden}, then ${hidden} and ${hidden}`);
  });

  it('is shown without those of the record of kubectl apply', () => {
    const record = JSON.stringify({ spec: { env: [{ name: 'A', value: 'before-1' }] } });
    const hide = hiderOf([{ metadata: { annotations: { [lastApplied]: record } } }]);
    expect(hide(`it was before-1 in ${record}`)).toBe(`it was ${hidden} in ${hidden}`);
  });

  it('is shown without those of the records of other tools', () => {
    const record = JSON.stringify({ spec: { env: [{ name: 'A', value: 'before-2' }] } });
    expect(hiderOf([{ metadata: { annotations: { 'example.com/original': record } } }])('it was before-2')).toBe(`it was ${hidden}`);
  });

  it('is shown without numbers that stand as arguments', () => {
    expect(hiderOf([{ args: [12345678] }])('Invalid value: 12345678')).toBe(`Invalid value: ${hidden}`);
  });

  it('is left alone where what it quotes is too short to be a secret', () => {
    expect(hiderOf([{ args: ['1', 'no'], command: 'sh' }])('no sh 1')).toBe('no sh 1');
  });

  it('is shown without those that a JSON patch sets', () => {
    const operations = [
      { op: 'add', path: '/spec/containers/0/env/0/value', value: 'by-a-patch' },
      { op: 'add', path: '/spec/containers/0', value: { args: ['in-a-container'] } },
      { op: 'add', path: '/metadata/labels/a', value: 'a-label' },
    ];
    expect(hiderOf([operations])('by-a-patch, in-a-container, a-label')).toBe(`${hidden}, ${hidden}, a-label`);
  });

  it('nor is it shown as a label or an annotation to which a patch has copied it', () => {
    const copied = { metadata: { labels: { a: 'copied-1', b: 'kept' } }, spec: { image: 'copied-1' } };
    const secrets = new Set(['copied-1']);
    expect(shownObject(copied, { omitManagedFields: false, secrets })).toEqual({
      metadata: { labels: { a: hidden, b: 'kept' } },
      spec: { image: 'copied-1' },
    });
    expect(shownObject([{ op: 'add', path: '/metadata/labels/a', value: 'copied-1' }], { omitManagedFields: false, secrets })).toEqual([
      { op: 'add', path: '/metadata/labels/a', value: hidden },
    ]);
  });

  it('nor within an annotation: beside other text, or in the whole job that another tool keeps there', () => {
    const secrets = new Set([secret]);
    const annotations = {
      note: `the key is ${secret}.`,
      'example.com/original': JSON.stringify({ spec: { env: [{ name: 'A', value: 'of an older version' }] } }),
      json: '{ "kept": 1.0 }',
      '{broken': '{"kept"',
    };
    const { metadata } = shownObject({ metadata: { annotations } }, { omitManagedFields: false, secrets }) as { metadata: JsonObject };
    expect(metadata.annotations).toEqual({
      ...annotations,
      note: `the key is ${hidden}.`,
      'example.com/original': JSON.stringify({ spec: { env: hidden } }),
    });
  });

  it('nor is one searched that no event can hold: the event is told without its objects', () => {
    const value = `${secret}${'x'.repeat(maxEventBytes)}`;
    const requestObject = shownObject(
      { metadata: { annotations: { a: value } } },
      { omitManagedFields: false, secrets: new Set([secret]) },
    );
    const event = { level: 'Request', auditID: 'id', stage: 'ResponseComplete', requestURI: '/', verb: 'update' } as const;
    const rest = { user: undefined, sourceIPs: [], userAgent: undefined, objectRef: undefined, receivedAt: 0, stageAt: 0, annotations: {} };
    const line = eventLine({ ...event, ...rest, requestObject });
    expect(line).not.toContain(secret);
    expect(JSON.parse(line).annotations).toEqual({ 'audit.k8s.io/truncated': 'true' });
  });
});
