/**
 * Watches under load, through one gateway process: 30 watchers and 100 changes a second among 1,000 jobs, a reader that does not read, and
 * 1,000 watches that are opened and closed. What each watcher sees, and the memory and sockets of the process, must hold; times are printed.
 * Runs alone, after a build.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sign } from '../../lib/cci/credentials/signer.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../local/cci/simulator.ts';
import { start } from '../conformance/processes.ts';
import { checked, say, summary } from '../conformance/report.ts';
import { credential } from '../credentials.ts';
import { freePorts } from '../free-ports.ts';
import { searchFiles } from '../search.ts';
import { environmentOf } from './instance.ts';

const part = 'watch-load';
const jobCount = 1000;
const watcherCount = 30;
const secretId = 'load/watch';
const mib = 1024 * 1024;
const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';

const key = { accessKey: credential('watch-ak'), secretKey: credential('watch-sk') };
const job = await documentedJob();
const named = (index: number, change: string) => ({
  ...job,
  metadata: { ...job.metadata, name: `job-${index % jobCount}`, resourceVersion: undefined, annotations: { change } },
});
const clean = (one: object) => JSON.parse(JSON.stringify(one));
const jobs = Array.from({ length: jobCount }, (_, index) => clean(named(index, '')));
const simulator = await startSimulator({ ...key, jobs, mostVersions: 0 });
const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: randomUUID(), value: JSON.stringify(key) } } });
const folder = await mkdtemp(join(tmpdir(), 'watch-load-'));
const [port] = await freePorts(1);
const log = join(folder, 'gateway.log');
const surroundings = environmentOf({ cci: simulator.url, secretId, secretsManager: secrets.url });
// The heap of a function of 256 MB: what is not needed is given back.
const heap = ['--max-old-space-size=128', '--max-semi-space-size=8'];
const server = start(process.execPath, [...heap, 'local/gateway.ts'], log, {
  ...surroundings,
  WATCH: 'on',
  AUTH: 'none',
  PORT: String(port),
});
const gateway = `http://127.0.0.1:${port}`;

/** MiB that the process holds, its open files, and milliseconds of CPU that it has used. */
async function measure(): Promise<{ rss: number; files: number; cpu: number }> {
  const of = (name: string) => readFile(`/proc/${server.pid}/${name}`, 'utf8');
  const [status, stat, files] = await Promise.all([of('status'), of('stat'), readdir(`/proc/${server.pid}/fd`)]);
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number) as [number, number];
  return { rss: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024, files: files.length, cpu: (user + system) * 10 };
}

interface Watcher {
  /** Of each change when it was seen, in milliseconds. */
  seen: Map<string, number[]>;
  response: IncomingMessage;
  sent: ClientRequest;
}
/** Begins a watch from a version on; `reads: false` takes nothing of it. */
async function watch(base: string, version: string, reads = true): Promise<Watcher> {
  const query = { watch: 'true', resourceVersion: version, timeoutSeconds: '200' };
  const headers = sign({ method: 'GET', host: new URL(base).host, path, query, headers: {} }, key, new Date());
  const sent = request(`${base}${path}?${new URLSearchParams(query)}`, { agent: false, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on('response', resolve).on('error', reject));
  sent.end();
  const response = await answered;
  if (response.statusCode !== 200) throw new Error(`a watch was answered ${response.statusCode}`);
  const watcher: Watcher = { seen: new Map(), response, sent };
  response.on('error', () => undefined);
  if (reads) read(watcher);
  return watcher;
}
function read({ response, seen }: Watcher): void {
  let rest = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    const now = performance.now();
    for (const line of lines) {
      const [, change = ''] = /"change":"([^"]*)"/.exec(line) ?? [];
      seen.set(change, [...(seen.get(change) ?? []), now]);
    }
  });
}
const leave = ({ sent }: Watcher) => sent.destroy();

/** Changes jobs, so many a second, for so many seconds. Returns when each change was made. */
async function change(prefix: string, perSecond: number, seconds: number): Promise<Map<string, number>> {
  const made = new Map<string, number>();
  const began = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const late = began + (index * 1000) / perSecond - performance.now();
    if (late > 1) await sleep(late);
    const name = `${prefix}-${index}`;
    made.set(name, performance.now());
    simulator.put(clean(named(index * 7, name)));
  }
  return made;
}
async function untilSeen(watchers: readonly Watcher[], count: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline && watchers.some(({ seen }) => seen.size < count); ) await sleep(50);
}
function requireAll(made: Map<string, number>, watchers: readonly Watcher[]): void {
  for (const { seen } of watchers) {
    const wrong = [...made.keys()].filter((one) => seen.get(one)?.length !== 1);
    if (wrong.length > 0 || seen.size !== made.size)
      throw new Error(`${wrong.length} of ${made.size} changes were not seen once, such as ${wrong[0]}`);
  }
}
function latencies(made: Map<string, number>, watchers: readonly Watcher[]): string {
  const all = watchers.flatMap(({ seen }) => [...made].map(([one, at]) => (seen.get(one)?.[0] ?? Number.NaN) - at)).sort((a, b) => a - b);
  const at = (share: number) => (all[Math.floor(all.length * share)] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}
const version = async () => {
  const response = await fetch(`${gateway}${path}?limit=1`);
  return ((await response.json()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
};
const grown = (before: { rss: number }, after: { rss: number }) => (after.rss - before.rss).toFixed(1);

try {
  await server.until(async () => (await fetch(gateway)).status > 0);
  say(`${part}: one gateway process, ${jobCount} jobs`);
  let since = await version();
  const idle = await measure();
  const one = await watch(gateway, since);
  await sleep(300);
  const withOne = await measure();
  const watchers = [one, ...(await Promise.all(Array.from({ length: watcherCount - 1 }, () => watch(gateway, since))))];
  await sleep(300);
  const withAll = await measure();
  say(
    `memory: ${idle.rss.toFixed(1)} MiB idle, +${grown(idle, withOne)} for the first watch, +${((withAll.rss - withOne.rss) / (watcherCount - 1)).toFixed(2)} for each of ${watcherCount - 1} more`,
  );

  await checked(part, `${watcherCount} watchers see 100 changes a second, each once`, async () => {
    const direct = await watch(simulator.url, since);
    const before = await measure();
    const made = await change('many', 100, 10);
    await untilSeen([...watchers, direct], made.size);
    const after = await measure();
    requireAll(made, watchers);
    const perEvent = (after.cpu - before.cpu) / (made.size * watcherCount);
    say(
      `${watcherCount} watchers, 100 changes a second: ${latencies(made, watchers)} (directly ${latencies(made, [direct])}); CPU ${perEvent.toFixed(3)} ms an event; memory ${after.rss.toFixed(1)} MiB`,
    );
    leave(direct);
    if (after.rss > 250) throw new Error(`it holds ${after.rss} MiB`);
    if (perEvent > 0.5) throw new Error(`an event costs ${perEvent} ms of CPU`);
  });
  for (const watcher of watchers.slice(1)) leave(watcher);

  await checked(part, 'a single watcher sees 100 changes a second', async () => {
    one.seen.clear();
    const direct = await watch(simulator.url, await version());
    const before = await measure();
    const made = await change('one', 100, 10);
    await untilSeen([one, direct], made.size);
    const after = await measure();
    requireAll(made, [one]);
    const perEvent = (after.cpu - before.cpu) / made.size;
    say(
      `one watcher, 100 changes a second: ${latencies(made, [one])} (directly ${latencies(made, [direct])}); CPU ${perEvent.toFixed(3)} ms an event`,
    );
    leave(direct);
  });

  await checked(
    part,
    'a reader that does not read holds no memory, keeps nobody else waiting, and has missed nothing when it reads',
    async () => {
      one.seen.clear();
      since = await version();
      const before = await measure();
      const sleeping = await watch(gateway, since, false);
      const made = await change('slow', 300, 10);
      await untilSeen([one], made.size);
      requireAll(made, [one]);
      const after = await measure();
      say(`a reader that does not read, 300 changes a second: memory +${grown(before, after)} MiB, now ${after.rss.toFixed(1)} MiB`);
      if (after.rss - before.rss > 60) throw new Error(`memory has grown from ${before.rss} to ${after.rss} MiB`);
      read(sleeping);
      await untilSeen([sleeping], made.size);
      requireAll(made, [sleeping]);
      leave(sleeping);
    },
  );
  leave(one);

  await checked(part, '1,000 watches, opened and closed, leave nothing behind', async () => {
    await sleep(500);
    const round = async (count: number) => {
      for (let opened = 0; opened < count; opened += 50) {
        const some = await Promise.all(Array.from({ length: 50 }, () => watch(gateway, since)));
        for (const watcher of some) leave(watcher);
      }
      await sleep(1500);
      return measure();
    };
    const before = await round(1000);
    const after = await round(1000);
    say(
      `1,000 watches opened and closed: files ${before.files} → ${after.files}, memory ${before.rss.toFixed(1)} → ${after.rss.toFixed(1)} MiB`,
    );
    if (after.files > before.files + 10) throw new Error(`open files: ${before.files} → ${after.files}`);
    if (after.rss - before.rss > 60) throw new Error(`memory: ${before.rss} → ${after.rss} MiB`);
  });

  await checked(part, 'a watch of more than 150 MB ends plainly', async () => {
    const large = { ...clean(named(0, '')), metadata: { ...named(0, '').metadata, resourceVersion: undefined, name: 'large' } };
    large.metadata.annotations = { change: '', large: 'x'.repeat(2.5 * mib) };
    const sent = request(`${gateway}${path}?watch=true&fieldSelector=metadata.name%3Dlarge&timeoutSeconds=100`, { agent: false });
    const response = await new Promise<IncomingMessage>((resolve) => sent.on('response', resolve).end());
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const ended = new Promise<boolean>((resolve) => response.on('close', () => resolve(response.complete)));
    for (let index = 0; index < 65; index += 1) {
      large.metadata.annotations.change = String(index);
      simulator.put(clean(large));
      await sleep(60);
    }
    const isClean = await Promise.race([ended, sleep(20_000, undefined)]);
    const { rss } = await measure();
    say(`a watch of large jobs ended after ${(bytes / mib).toFixed(1)} MiB; memory ${rss.toFixed(1)} MiB`);
    if (!isClean || bytes > 150 * mib || bytes < 145 * mib) throw new Error(`${isClean} after ${bytes} bytes`);
    if (rss > 400) throw new Error(`it holds ${rss} MiB`);
  });

  await checked(part, 'each watch has a line of its end in the log, which holds no credential', async () => {
    const ends = (await readFile(log, 'utf8')).match(/"message":"watch"/g)?.length ?? 0;
    const { found } = await searchFiles([log]);
    if (ends < 1200 || found.length > 0) throw new Error(`${ends} ends; ${found.join()}`);
  });
  process.exitCode = summary(part);
} finally {
  await server.stop();
  await Promise.all([simulator.close(), secrets.close()]);
  await rm(folder, { recursive: true });
}
