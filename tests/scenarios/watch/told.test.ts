import { describe, expect, it } from 'vitest';
import { isAuditLine, isOfSecret } from '../../audit-lines.ts';
import { known } from '../../credentials.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { type Loose, now, useGateway } from '../gateway.ts';
import { read } from '../read/request.ts';
import { everywhere, jobObject, jobsPath, lineOf, upstreamWatch, watch, watchToEnd } from './watch.ts';

const local = 'arn:aws:iam::000000000000:user/local';
const subjects = [{ kind: 'User', name: local }];
const rules = (verbs: string[], resourceNames?: string[]) => [
  { apiGroups: ['kubeflow.org'], resources: ['tfjobs'], verbs, ...(resourceNames && { resourceNames }) },
];
const bound = (name: string, namespace: string) => ({
  kind: 'RoleBinding',
  metadata: { name, namespace },
  subjects,
  roleRef: { kind: 'ClusterRole', name },
});
const role = (name: string, verbs: string[], resourceNames?: string[]) => ({
  kind: 'ClusterRole',
  metadata: { name },
  rules: rules(verbs, resourceNames),
});

useGateway({
  auth: 'none',
  env: { WATCH: 'on', POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'false' },
  policies: [
    { kind: 'Policy', rules: [{ level: 'RequestResponse' }] },
    role('watcher', ['list', 'watch']),
    role('lister', ['get', 'list']),
    role('of-one', ['watch'], ['mine']),
    bound('watcher', 'kube-test'),
    bound('lister', 'other'),
    bound('of-one', 'single'),
  ],
});
const printed = capturePrinted();

/** What was printed since it was last asked: audit events (but for those of the secret), lines of the log, and records of metrics. */
function told(): { events: Loose[]; lines: Loose[]; records: Loose[] } {
  const all = printed.text.split('\n').filter(Boolean);
  printed.text = '';
  const others = all.filter((line) => !isAuditLine(line)).map((line) => JSON.parse(line));
  return {
    events: all.filter((line) => isAuditLine(line) && !isOfSecret(line)).map((line) => JSON.parse(line)),
    lines: others.filter((line) => !('_aws' in line)),
    records: others
      .filter((line) => '_aws' in line)
      .map(({ _aws, service: _, functionName: __, ColdStart: ___, CredentialRefreshes: ____, ...values }) => values),
  };
}
const job = () => lineOf('ADDED', jobObject());

describe('a watch is told', () => {
  it('when it begins, and when it ends with why, how many events and bytes, and how long it took', async () => {
    const watching = await watch('timeoutSeconds=1&resourceVersion=0');
    await watching.until(1);
    const begun = told();
    expect(begun.events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted']);
    expect(begun.lines).toEqual([
      expect.objectContaining({ message: 'request', outcome: 'watching', code: 200, kind: 'TFJob', namespace: 'kube-test', caller: local }),
    ]);
    expect(begun.records).toEqual([{ Watched: 1, UpstreamCalls: 1, Latency: expect.any(Number) }]);
    expect(await watching.end()).toBe('clean');

    const { events, lines, records } = told();
    const bytes = Buffer.byteLength(watching.text());
    expect(events).toHaveLength(1);
    expect(lines).toEqual([
      expect.objectContaining({
        ...{ level: 'INFO', message: 'watch', outcome: 'watched', why: 'closed', events: 1, bytes, ms: expect.any(Number) },
        ...{ kind: 'TFJob', namespace: 'kube-test', caller: local, request_id: watching.headers['x-request-id'] },
      }),
    ]);
    expect(lines[0].ms).toBeGreaterThan(900);
    // Its duration is no latency, and it is counted once.
    expect(records).toEqual([]);
  });

  it('to the audit trail as kube-apiserver tells it: three stages of one request, and none of its objects', async () => {
    told();
    const { text } = await watchToEnd('timeoutSeconds=1&fieldSelector=metadata.name%3Dtfjob-test');
    const { events } = told();
    expect(events.map(({ stage, responseStatus }) => [stage, responseStatus?.code])).toEqual([
      ['RequestReceived', undefined],
      ['ResponseStarted', 200],
      ['ResponseComplete', 200],
    ]);
    expect(new Set(events.map(({ auditID }) => auditID)).size).toBe(1);
    for (const event of events) {
      expect(event).toMatchObject({
        verb: 'watch',
        requestURI: `${jobsPath}?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dtfjob-test`,
        objectRef: { resource: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test' },
      });
      expect(event).not.toHaveProperty('responseObject');
    }
    const [, started, complete] = events;
    expect(started.annotations).toMatchObject({ 'authorization.k8s.io/decision': 'allow', 'tfjob-gateway/outcome': 'watching' });
    expect(started.annotations).not.toHaveProperty('tfjob-gateway/watched');
    expect(JSON.parse(complete.annotations['tfjob-gateway/watched'])).toEqual({ why: 'closed', events: 1, bytes: Buffer.byteLength(text) });
    expect(Date.parse(complete.stageTimestamp) - Date.parse(started.stageTimestamp)).toBeGreaterThan(900);
  });

  it.each<[why: string, act: (response: import('node:http').ServerResponse) => unknown, level: string]>([
    ['lost', (response) => response.destroy(), 'INFO'],
    ['time', () => undefined, 'INFO'],
    ['error', (response) => response.write(lineOf('ERROR', { kind: 'Status', code: 410, message: 'too old' })), 'INFO'],
    ['refused', (response) => response.write(lineOf('ADDED', { kind: 'Secret', data: { password: known.word } })), 'ERROR'],
  ])('to have ended because of: %s', async (why, act, level) => {
    upstreamWatch((response) => {
      response.write(job(), () => setTimeout(() => act(response), 50));
    });
    told();
    await watchToEnd('timeoutSeconds=1');
    const { lines, events, records } = told();
    expect(lines.at(-1)).toMatchObject({ level, message: 'watch', why, events: 1 });
    expect(JSON.parse(events.at(-1).annotations['tfjob-gateway/watched'])).toMatchObject({ why, events: 1 });
    if (why === 'refused') {
      expect(lines.at(-1).note.reason).toBe('an event of the watch is not about what was asked for');
      expect(records.at(-1)).toEqual({ Failed: 1 });
    } else expect(records).toHaveLength(1);
    expect(JSON.stringify([lines, events])).not.toContain(known.word);
  });

  it('to have ended when whoever watched is gone', async () => {
    const watching = await watch();
    await watching.until(1);
    told();
    watching.leave();
    for (const deadline = Date.now() + 5000; Date.now() < deadline && printed.text === ''; ) await new Promise(setImmediate);
    expect(told().lines).toEqual([expect.objectContaining({ message: 'watch', why: 'gone', events: 1 })]);
  });

  it('of a list nothing of that', async () => {
    told();
    await read(jobsPath);
    const { events, lines, records } = told();
    expect(events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(events[1].responseObject.kind).toBe('TFJobList');
    expect([lines.map(({ message, outcome }) => [message, outcome]), records]).toEqual([
      [['request', 'read']],
      [{ Read: 1, UpstreamCalls: 1, Latency: expect.any(Number) }],
    ]);
  });
});

describe('whoever wants to watch', () => {
  it('needs the verb watch, when he begins', async () => {
    const asked = async (path: string, query = '') => {
      upstreamWatch((response) => response.end());
      const answer = await read(`${path}?watch=true${query}`);
      return [answer.status, answer.body?.message];
    };
    const denied = (where: string) => [
      403,
      `tfjobs.kubeflow.org is forbidden: User "${local}" cannot watch resource "tfjobs" in API group "kubeflow.org" ${where}`,
    ];
    expect(await asked(jobsPath)).toEqual([200, undefined]);
    expect(await asked(jobsPath.replace('kube-test', 'other'))).toEqual(denied('in the namespace "other"'));
    expect((await read(jobsPath.replace('kube-test', 'other'))).status).toBe(200);
    expect(await asked(everywhere)).toEqual(denied('at the cluster scope'));
    const single = jobsPath.replace('kube-test', 'single');
    expect(await asked(single)).toEqual(denied('in the namespace "single"'));
    expect(await asked(single, '&fieldSelector=metadata.name%3Dmine')).toEqual([200, undefined]);
    const refused = now.upstream.received.map(({ url }) => new URL(url, 'http://x').pathname);
    expect(refused).toEqual([jobsPath, jobsPath.replace('kube-test', 'other'), single]);
  });
});
