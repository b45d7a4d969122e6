import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { someOf } from '../../exhaustive.ts';
import { jobPath, liveJob, liveText, now, status, useGateway } from '../gateway.ts';
import { patch } from '../patch/request.ts';
import { answerWith, asked, read } from './request.ts';

useGateway();

const list = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const as = (kind: string, version = 'v1') => `application/json;as=${kind};v=${version};g=meta.k8s.io`;
const kubectl = `${as('Table')},${as('Table', 'v1beta1')},application/json`;
const yaml = { accept: 'application/yaml' };

describe('Accept', () => {
  it.each([
    ['application/json'],
    ['*/*'],
    ['application/*'],
    ['application/json, */*'],
    ['text/html,application/xhtml+xml,*/*;q=0.8'],
    ['application/vnd.kubernetes.protobuf,application/json'],
    ['application/yaml;q=0.5,application/json'],
    ['application/json;charset=utf-8'],
    ['application/json; pretty=1; stream=watch'],
    ['APPLICATION/JSON'],
    ['application/yaml; q=0.1, application/json'],
    ['application/yaml ; Q = 0.1 , application/json ; q = 0.2'],
    ['application/yaml;q="0.1", application/json'],
    ['application/json; charset="a,b;q=0", application/yaml'],
    ['application/yaml; q=0, */*'],
    ['application/*; q=0.3, application/yaml; q=0.2'],
    ['text/html, image/gif, *; q=.2'],
    ['*'],
    [''],
  ])('%s is answered as JSON', async (accept) => {
    const answer = await read(jobPath, { accept });
    expect([answer.status, answer.type, answer.text]).toEqual([200, 'application/json', `${liveText()}\n`]);
    expect(asked()).toEqual([[jobPath, 'application/json']]);
  });

  it.each([
    'application/yaml',
    'application/yaml, application/json;q=0.9',
    'application/json;q=0.1,application/yaml;q=0.2',
    'application/json;q=0,*/*',
    'application/yaml; charset=utf-8',
    'application/json; q=0.1, application/yaml; q=0.9',
    'application/json; q=0, application/yaml',
    ' application/yaml ',
  ])('%s is answered as YAML', async (accept) => {
    const answer = await read(jobPath, { accept });
    expect([answer.status, answer.type]).toEqual([200, 'application/yaml']);
    expect(load(answer.text)).toEqual(liveJob());
    expect(asked()).toEqual([[jobPath, 'application/json']]);
  });

  it('of kubectl get is answered with the upstream’s own Table, of one job and of many', async () => {
    for (const path of [jobPath, list]) {
      const { body } = await read(path, { accept: kubectl });
      expect(body).toMatchObject({
        kind: 'Table',
        apiVersion: 'meta.k8s.io/v1',
        rows: [{ cells: ['tfjob-test', 'Running', expect.any(String)] }],
      });
      expect(asked().at(-1)).toEqual([path, `${as('Table')},application/json`]);
    }
    const whole = await read(`${list}?includeObject=Object`, { accept: kubectl });
    expect(whole.body.rows[0].object.spec).toEqual(liveJob().spec);
  });

  it('for a Table is answered with what an upstream makes that knows none', async () => {
    answerWith('{"kind":"TFJobList","items":[]}');
    expect((await read(list, { accept: kubectl })).body.kind).toBe('TFJobList');
  });

  it('for metadata alone is answered with it', async () => {
    const one = await read(jobPath, { accept: as('PartialObjectMetadata') });
    expect(one.body).toEqual({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: liveJob().metadata });
    const many = await read(list, { accept: `${as('PartialObjectMetadataList')},application/json;q=0.1` });
    expect(many.body).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
  });

  const unknown: [path: string, accept: string][] = [
    [jobPath, 'application/xml'],
    [jobPath, 'text/html'],
    [jobPath, 'application/vnd.kubernetes.protobuf'],
    [jobPath, 'application/json;q=0'],
    [jobPath, 'application/json; q=0'],
    [jobPath, 'application/json ; Q = 0.0'],
    [jobPath, '*/*; q=0'],
    [jobPath, `${as('Table')}; q=0`],
    [jobPath, as('Table', 'v1beta1')],
    [jobPath, as('PartialObjectMetadataList')],
    [list, as('PartialObjectMetadata')],
    [list, as('__proto__')],
    [list, ',;/,'],
    [list, 'application/json/json'],
    [list, `application/${'x'.repeat(7000)}`],
  ];
  it.each(unknown.map(([path, accept]) => [path, accept.slice(0, 70), accept]))(
    '%s with %s is 406, and nothing reaches the upstream',
    async (path, _title, accept) => {
      const message = 'only the following media types are accepted: application/json, application/yaml';
      expect((await read(path, { accept })).body).toEqual(status(406, 'NotAcceptable', message));
      expect(asked()).toEqual([]);
    },
  );

  it('of a write is read the same way', async () => {
    const answered = async (accept: string) => (await patch({ metadata: { labels: { a: 'b' } } }, { headers: { accept } })).status;
    expect(await answered('application/json; charset=utf-8')).toBe(200);
    expect(await answered('application/vnd.kubernetes.protobuf,application/json')).toBe(200);
    expect(await answered('application/yaml; q=0.1, application/json; q=0.9')).toBe(200);
    for (const none of ['application/xml', 'application/json; q=0', '*/* ; q=0']) expect(await answered(none)).toBe(406);
    expect(asked()).toHaveLength(3);
  });

  it('makes no difference to a Status, which is JSON', async () => {
    const { type, body } = await read(`${list}/nope`, yaml);
    expect([type, body.code]).toEqual(['application/json', 404]);
  });
});

describe('pretty', () => {
  // As Go's ParseBool reads it; what it cannot read is false to the API server.
  it.each(someOf(['1', 't', 'T', 'true', 'TRUE', 'True'], 3))('=%s indents a job, a list, a document and a Status', async (value) => {
    for (const path of [jobPath, list, '/version', `${list}/nope`]) {
      const { text, body } = await read(`${path}?pretty=${value}`);
      expect(text).toBe(`${JSON.stringify(body, undefined, 2)}\n`);
    }
  });

  it.each(someOf(['0', 'f', 'F', 'false', 'FALSE', 'False', '', 'foo', 'tRue', 'yes', 'true%20'], 3))('=%s does not', async (value) => {
    for (const path of [jobPath, list, '/version', `${list}/nope`]) {
      const { text, body } = await read(`${path}?pretty=${value}`);
      expect(text).toBe(`${JSON.stringify(body)}\n`);
    }
  });
});

describe('YAML', () => {
  const numbers = [
    '0',
    '-0',
    '5',
    '-5',
    '9007199254740993',
    '9223372036854775807',
    '-9223372036854775808',
    '123456789012345678901234567890',
    '1.0',
    '0.5',
    '1e-7',
    '1E5',
    '1e+21',
    '2.50',
  ];
  it('writes every number as the upstream wrote it', async () => {
    answerWith(
      `{"kind":"TFJob","metadata":{"name":"tfjob-test","namespace":"kube-test","resourceVersion":"1"},"n":[${numbers}],${numbers.map((number, index) => `"n${index}":${number}`)}}`,
    );
    const { text } = await read(jobPath, yaml);
    for (const [index, number] of numbers.entries()) {
      expect(text).toContain(`\nn${index}: ${number}\n`);
      expect(text).toContain(`\n  - ${number}\n`);
    }
  });

  const texts = [
    ...['y', 'N', 'yes', 'No', 'on', 'OFF', 'true', 'False', 'null', 'Null', '~', '', '=', '<<'],
    ...[
      '0',
      '5',
      '-5',
      '+1',
      '0644',
      '0o17',
      '0O17',
      '0x1F',
      '0X1F',
      '0b1',
      '0B1',
      '1_000',
      '_1',
      '1.5',
      '1.10',
      '.5',
      '5.',
      '1e3',
      '1E400',
      '1:30',
      '190:20:30.5',
      '.inf',
      '.NaN',
      '9223372036854775808',
    ],
    ...['2001-01-01', '2019-07-24T07:17:01Z', '2001-12-14 21:59:43.10 -5'],
    ...[
      '-',
      '- a',
      '?',
      '? a',
      ':',
      'a: b',
      'a:',
      'a #b',
      '#',
      '!a',
      '&a',
      '*a',
      '%a',
      '@a',
      '`a',
      '|',
      '>',
      '"',
      "'",
      '[',
      '{}',
      ',',
      '---',
      '...',
    ],
    ...[
      ' a',
      'a ',
      '\ta',
      'a\n',
      '\na',
      'a\n\n b\n',
      'a\r\nb',
      '\u0000',
      '\u0085',
      '\u00a0',
      '\u2028',
      '\ufeff',
      '\u007f',
      'é',
      '😀',
      '{"json":"text"}\n',
      'x'.repeat(2000),
    ],
  ];
  it.each([
    ['YAML 1.2', (text: string) => parse(text, { version: '1.2' })],
    ['YAML 1.1', (text: string) => parse(text, { version: '1.1' })],
    ['js-yaml', (text: string) => load(text)],
  ])('quotes every text that a reader of %s would take for something else', async (_title, readYaml) => {
    const annotations = Object.fromEntries(texts.map((text, index) => [`k${index}`, text]));
    const labels = Object.fromEntries(texts.map((text) => [text, 1]));
    const metadata = { name: 'tfjob-test', namespace: 'kube-test', resourceVersion: '1', annotations, labels };
    const job = { kind: 'TFJob', metadata, list: texts };
    answerWith(JSON.stringify(job));
    expect(readYaml((await read(jobPath, yaml)).text)).toEqual(job);
  });

  it('can be put as it came, and changes nothing', async () => {
    now.simulator.put(
      liveText()
        .replace('"backoffLimit":6', '"backoffLimit":9223372036854775807,"x":1.0,"t":"0644","u":"1.10"')
        .replace('"app":"test"', '"app":"on","v":"1.10"'),
    );
    const before = liveText();
    const { text } = await read(jobPath, yaml);
    const put = await read(jobPath, { 'content-type': 'application/yaml' }, 'PUT', text);
    expect([put.status, put.text, liveText()]).toEqual([200, `${before}\n`, before]);
    expect(now.upstream.received.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  it('of a list is a list, and pretty makes no difference', async () => {
    const answer = await read(`${list}?pretty=true`, yaml);
    expect([answer.type, load(answer.text)]).toEqual([
      'application/yaml',
      expect.objectContaining({ kind: 'TFJobList', items: [liveJob()] }),
    ]);
  });
});
