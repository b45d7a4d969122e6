import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Loose, sendOk } from '../http.ts';
import { createJob, jobPath, newJob } from '../jobs.ts';
import { type Server, start } from '../processes.ts';
import { checked } from '../report.ts';
import type { Tools } from '../tools.ts';
import type { WatchStage } from '../watch.ts';

const name = 'watched';
const partOf = ({ cluster }: WatchStage) => `watch, changes, ${cluster.layout} layout`;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const many = 1000;

/** A client that watches the job of a namespace until change `last`. */
interface Watcher {
  title: string;
  /** The watches that it has open. */
  watches: number;
  server: Server;
}

async function startWatchers(tools: Tools, stage: WatchStage, namespace: string, last: number, more: Record<string, string> = {}) {
  const env = {
    ...{ PATH: process.env.PATH, HOME: stage.folder, GATEWAY: stage.gateway.endpoint.url, PLURAL: stage.kind.plural },
    ...{ NAMESPACE: namespace, NAME: name, LAST: String(last), ...more },
  };
  const begin = (title: string, watches: number, command: string, args: string[], own: Record<string, string> = {}): Watcher => {
    const log = join(stage.folder, `${stage.cluster.layout}-${namespace}-${title.replaceAll(/\W/g, '-')}.out`);
    return { title, watches, server: start(command, args, log, { ...env, ...own }) };
  };
  const ofGo = 'WITHOUT_RETRY_WATCHER' in more ? 2 : 3;
  const watchers = [
    begin('client-go', ofGo, tools.clientGo, ['watch'], { KUBE_FEATURE_WatchListClient: 'false' }),
    begin('client-go with WatchList', ofGo, tools.clientGo, ['watch'], { KUBE_FEATURE_WatchListClient: 'true' }),
    begin('Python', 1, tools.python, [file('../clients/watch.py')]),
    begin('JavaScript', 2, process.execPath, [file('../clients/watch.ts')]),
  ];
  for (const { server } of watchers) await server.until(async () => (await readFile(server.log, 'utf8')).includes('ready\n'));
  return watchers;
}

/** Waits until each client has said what it saw, and checks that it is every change, once and in order. */
async function checkSeen(stage: WatchStage, watchers: readonly Watcher[], last: number, when: string): Promise<void> {
  const all = Array.from({ length: last }, (_, index) => index + 1);
  for (const { title, watches, server } of watchers) {
    await checked(partOf(stage), `${title}: every one of ${last} changes is seen once, ${when}`, async () => {
      const saw = async () => [...(await readFile(server.log, 'utf8')).matchAll(/^saw\t([^\t]+)\t(.*)$/gm)];
      for (const deadline = Date.now() + 60_000; Date.now() < deadline && (await saw()).length < watches; ) await sleep(200);
      const found = await saw();
      if (found.length !== watches) throw new Error(`it has not seen the last: ${(await readFile(server.log, 'utf8')).slice(-2000)}`);
      for (const [, way, json = ''] of found) {
        const seen: number[] = JSON.parse(json);
        const own = seen.filter((change) => change > 0);
        const wrong = own.findIndex((change, index) => change !== all[index]);
        if (wrong >= 0 || own.length !== last)
          throw new Error(
            `${way}: ${own.length} seen, the first that is wrong at ${wrong}: ${own.slice(Math.max(0, wrong - 3), wrong + 5)}`,
          );
      }
    });
    await server.stop();
  }
}

/** The job with its number of changes, at the API server itself. */
function createWatched({ cluster, kind }: WatchStage, namespace: string): Promise<Loose> {
  return createJob(cluster, kind, newJob(cluster.layout, kind, namespace, name));
}
async function change({ cluster, kind }: WatchStage, namespace: string, number: number): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = JSON.stringify({ metadata: { annotations: { change: String(number) } } });
  await sendOk(cluster.endpoint, { method: 'PATCH', path: jobPath(kind, namespace, name), headers, body });
}

/** 1,000 changes while watches are ended in every way that an upstream has. */
export async function manyChanges(tools: Tools, stage: WatchStage): Promise<void> {
  const { between } = stage;
  await createWatched(stage, 'kube-test');
  const watchers = await startWatchers(tools, stage, 'kube-test', many);
  const ways = ['cleanly', 'reset', 'within a line'] as const;
  let ends = 0;
  const ending = setInterval(() => between.end(ways[ends++ % 3] as (typeof ways)[number]), 1500);
  for (let number = 1; number <= many; number += 1) {
    await change(stage, 'kube-test', number);
    await sleep(15);
  }
  clearInterval(ending);
  await checkSeen(stage, watchers, many, `across ${ends} ends of the upstream`);
}

/** Waits until the clients of a namespace watch again. */
async function untilWatched(between: WatchStage['between'], namespace: string, count: number): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    if (between.inject(namespace, '') === count) return;
  }
  throw new Error(`${between.inject(namespace, '')} of ${count} clients watch again`);
}

/** Every client goes on after a version that is too old, and after each line that is not what was asked for. */
export async function recoveries(tools: Tools, stage: WatchStage): Promise<void> {
  const { between, cluster, kind } = stage;
  const foreign = newJob(cluster.layout, kind, 'other', name);
  const event = (object: unknown) => `${JSON.stringify({ type: 'MODIFIED', object })}\n`;
  const secret = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: { name, namespace: 'kube-test', resourceVersion: '1' },
    data: { a: 'Yg==' },
  };
  const lines: Record<string, string | undefined> = {
    'a version that is too old': undefined,
    HTML: '<html>\n',
    'a Secret': event(secret),
    'a job of another namespace': event({ ...foreign, metadata: { ...foreign.metadata, resourceVersion: '7' } }),
    'an unknown type': `${JSON.stringify({ type: 'SYNC', object: foreign })}\n`,
    'an ERROR of the upstream': `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 500, message: 'etcdserver: leader changed' } })}\n`,
    'a line that is too long': `${'x'.repeat(6 * 2 ** 20 + 1)}\n`,
  };
  // One after the other: each has seven watches and four processes.
  for (const [index, [what, line]] of Object.entries(lines).entries()) {
    const namespace = `recovery-${index}`;
    await sendOk(cluster.endpoint, {
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    });
    await createWatched(stage, namespace);
    const watchers = await startWatchers(tools, stage, namespace, 2, { WITHOUT_RETRY_WATCHER: '1' });
    const count = watchers.reduce((sum, { watches }) => sum + watches, 0);
    await checked(partOf(stage), `all watch again after ${what}`, async () => {
      await untilWatched(between, namespace, count);
      await change(stage, namespace, 1);
      await sleep(300);
      if (line === undefined) between.expire(namespace, 500);
      else between.inject(namespace, line);
      await sleep(600);
      await untilWatched(between, namespace, count);
    });
    await change(stage, namespace, 2);
    await checkSeen(stage, watchers, 2, `also after ${what}`);
  }
}
