import { describe, expect, it } from 'vitest';
import { restart, send, simulator, useSimulator } from './signed.ts';

const everywhere = '/apis/kubeflow.org/v1/tfjobs';
const inA = '/apis/kubeflow.org/v1/namespaces/a/tfjobs';

const labels = [{}, { app: 'x' }, { app: 'y', 'example.com/team': 'red' }, { app: '' }];
const jobs = ['b/one', 'a/two', 'a/one', 'a-b/one'].map((id, index) => {
  const [namespace, name] = id.split('/') as [string, string];
  return { kind: 'TFJob', metadata: { namespace, name, labels: labels[index] ?? {} }, spec: {} };
});
useSimulator({ jobs });

function list(query: Record<string, string | string[]> = {}, path = everywhere) {
  return send(simulator.url, { path, query });
}
interface Listed {
  items: { metadata: { namespace: string; name: string } }[];
}
const ids = ({ items }: Listed) => items.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);

describe('the simulator at its start', () => {
  it('holds a job of each kind that Huawei documents, and none of a kind that is Kubeflow’s alone', async () => {
    await restart();
    const found = await Promise.all(
      ['tfjobs', 'pytorchjobs', 'mxjobs'].map((plural) => list({}, `/apis/kubeflow.org/v1/namespaces/kube-test/${plural}`)),
    );
    expect(found.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(found.map((answer) => [answer.json().kind, ids(answer.json())])).toEqual([
      ['TFJobList', ['kube-test/tfjob-test']],
      ['PyTorchJobList', ['kube-test/pytorch-mnist']],
      ['MXJobList', ['kube-test/mxnet-mnist']],
    ]);
    expect(found[2]?.json().items[0].spec).toMatchObject({
      jobMode: 'MXTrain',
      mxReplicaSpecs: { Scheduler: {}, Server: {}, Worker: {} },
    });
    expect(found.every((answer) => answer.json().metadata.resourceVersion === '72447176')).toBe(true);
    expect((await list({}, '/apis/kubeflow.org/v1/xgboostjobs')).status).toBe(404);
  });
});

describe('a list', () => {
  it('holds the jobs of a namespace or of all, sorted by namespace and name as etcd does, with the resourceVersion of the storage', async () => {
    const all = (await list()).json();
    expect(all).toMatchObject({ apiVersion: 'kubeflow.org/v1', kind: 'TFJobList', metadata: { continue: '', resourceVersion: '4' } });
    expect(all.metadata).not.toHaveProperty('remainingItemCount');
    expect(ids(all)).toEqual(['a-b/one', 'a/one', 'a/two', 'b/one']);
    expect(all.items[0]).toEqual(simulator.get('tfjobs', 'a-b', 'one'));
    expect(ids((await list({}, inA)).json())).toEqual(['a/one', 'a/two']);
    expect((await list({}, '/apis/kubeflow.org/v1/namespaces/none/tfjobs')).json().items).toEqual([]);
  });

  it('rounds no number', async () => {
    simulator.put('{"kind":"TFJob","metadata":{"namespace":"n","name":"big"},"spec":{"backoffLimit":9007199254740993,"one":1.0}}');
    expect((await list()).text).toContain('"backoffLimit":9007199254740993,"one":1.0');
  });

  it.each([
    ['app=x', ['a/two']],
    ['app==x', ['a/two']],
    [' app = x ', ['a/two']],
    ['app!=x', ['a-b/one', 'a/one', 'b/one']],
    ['app', ['a-b/one', 'a/one', 'a/two']],
    ['!app', ['b/one']],
    ['app=', ['a-b/one']],
    ['app in (x,y)', ['a/one', 'a/two']],
    ['app in(x),app', ['a/two']],
    ['app in ()', ['a-b/one']],
    ['app notin (x,)', ['a/one', 'b/one']],
    ['example.com/team=red,app!=x', ['a/one']],
    ['constructor', []],
    ['', ['a-b/one', 'a/one', 'a/two', 'b/one']],
  ])('with the labelSelector %j holds %j', async (labelSelector, found) => {
    expect(ids((await list({ labelSelector })).json())).toEqual(found);
  });

  it.each([
    ['metadata.name=one', ['a-b/one', 'a/one', 'b/one']],
    ['metadata.name==one,metadata.namespace!=b', ['a-b/one', 'a/one']],
    ['metadata.name!=one', ['a/two']],
    ['metadata.name=on\\,e', []],
    ['metadata.name=', []],
    [',', ['a-b/one', 'a/one', 'a/two', 'b/one']],
  ])('with the fieldSelector %j holds %j', async (fieldSelector, found) => {
    expect(ids((await list({ fieldSelector })).json())).toEqual(found);
  });

  it('with a limit ends early, and the token in `continue` leads on to the rest', async () => {
    const pages: string[][] = [];
    const remaining: unknown[] = [];
    let token = '';
    do {
      const page = (await list({ limit: '2', ...(token && { continue: token }) })).json();
      pages.push(ids(page));
      remaining.push(page.metadata.remainingItemCount);
      token = page.metadata.continue;
    } while (token);
    expect(pages).toEqual([
      ['a-b/one', 'a/one'],
      ['a/two', 'b/one'],
    ]);
    expect(remaining).toEqual([2, undefined]);
  });

  it('of selected jobs does not count what remains', async () => {
    const page = (await list({ limit: '1', labelSelector: 'app' })).json();
    expect(ids(page)).toEqual(['a-b/one']);
    expect(page.metadata).toEqual({ continue: expect.stringMatching(/^[\w-]+$/), resourceVersion: '4' });
    const rest = (await list({ limit: '5', labelSelector: 'app', continue: page.metadata.continue })).json();
    expect(ids(rest)).toEqual(['a/one', 'a/two']);
    const named = (await list({ limit: '1', fieldSelector: 'metadata.name=one' })).json();
    expect(named.metadata).toEqual({ continue: expect.stringMatching(/^[\w-]+$/), resourceVersion: '4' });
  });

  it('has no limit where that is 0 or less', async () => {
    for (const limit of ['0', '-1', '+4']) expect((await list({ limit })).json().items).toHaveLength(4);
  });

  const token = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each<[string, Record<string, string>, string]>([
    ['a labelSelector without a value in brackets', { labelSelector: 'app in x' }, "found 'x' expected: '('"],
    ['a labelSelector that goes on', { labelSelector: 'app=x y' }, "found 'y', expected: ',' or 'end of string'"],
    ['a labelSelector with a comma at its end', { labelSelector: 'app,' }, "found '', expected: identifier after ','"],
    ['a labelSelector with an open bracket', { labelSelector: 'app in (x' }, "found '', expected: ',' or ')'"],
    ['a labelSelector without a key', { labelSelector: '=x' }, "found '=', expected: !, identifier"],
    ['a label key that is none', { labelSelector: 'a/b/c' }, 'Invalid value: "a/b/c"'],
    ['a label value that is none', { labelSelector: 'app=-x' }, 'Invalid value: "-x"'],
    ['a huge label value', { labelSelector: `app=${'x'.repeat(64)}` }, 'Invalid value: "xxx'],
    ['another field', { fieldSelector: 'spec.backoffLimit=1' }, 'field label not supported: spec.backoffLimit'],
    [
      'a fieldSelector without an operator',
      { fieldSelector: 'metadata.name' },
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    ],
    ['a fieldSelector with a value that is not escaped', { fieldSelector: 'metadata.name=a=b' }, 'invalid field selector: '],
    ['a limit that is no number', { limit: 'x' }, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['an empty limit', { limit: '' }, 'strconv.ParseInt: parsing "": invalid syntax'],
    ['a continue that is no token', { continue: 'a b' }, 'invalid continue token: continue key is not valid'],
    ['a continue of something else', { continue: token('x') }, 'server does not recognize this encoded version'],
    [
      'a continue of another version',
      { continue: token({ v: 'v2', rv: 1, start: 'x' }) },
      'server does not recognize this encoded version',
    ],
    ['a continue without a version of the storage', { continue: token({ v: 'meta.k8s.io/v1', start: 'x' }) }, 'start resourceVersion'],
    ['a continue without a start', { continue: token({ v: 'meta.k8s.io/v1', rv: -1, start: '' }) }, 'encoded start key empty'],
    [
      'a continue that leaves the path',
      { continue: token({ v: 'meta.k8s.io/v1', rv: -1, start: '../x' }) },
      'continue key is not valid: ../x',
    ],
    [
      'a continue beside a resourceVersion',
      { continue: token({ v: 'meta.k8s.io/v1', rv: -1, start: 'a' }), resourceVersion: '3' },
      'specifying resource version is not allowed when using continue',
    ],
  ])('is refused with 400 for %s', async (_title, query, message) => {
    const answer = await list(query);
    expect(answer.json()).toMatchObject({
      kind: 'Status',
      status: 'Failure',
      code: 400,
      reason: 'BadRequest',
      errorCode: 'CCI.01.400101',
      message: expect.stringContaining(message),
    });
    expect(answer.status).toBe(400);
  });

  it('cannot be written to or asked for by a path that is none', async () => {
    expect((await list({ watch: 'false' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect((await send(simulator.url, { path: inA, method })).status).toBe(405);
    for (const path of [
      '/apis/kubeflow.org/v1/namespaces/a',
      '/apis/kubeflow.org/v1/namespaces',
      `${everywhere}/one`,
      `${inA}/one/status`,
    ]) {
      expect((await send(simulator.url, { path })).json()).toMatchObject({ code: 404, reason: 'NotFound' });
    }
  });
});
