import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { buildHandlers } from '../../scripts/build.ts';
import { credential } from '../credentials.ts';
import { brokenAdmission } from './admission/broken.ts';
import { type Asked, compareAnswers, type Said, said } from './admission/compare.ts';
import { type Caller, callers, type Drawn, draw } from './admission/draw.ts';
import { createTyped, kubectlAdmission } from './admission/kubectl.ts';
import { meant, shown } from './admission/meant.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { kinds } from './crds.ts';
import { Random } from './differential/random.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { type Loose, send, sendOk } from './http.ts';
import { createJob, jobPath } from './jobs.ts';
import { check, checked, say } from './report.ts';
import type { Stage } from './run.ts';
import type { Tools } from './tools.ts';

const part = 'admission';
const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
const generated = Number(process.env.CONFORMANCE_REQUESTS ?? 500);
const atOnce = 4;
const manifestsFolder = fileURLToPath(new URL('./admission/manifests/', import.meta.url));
/** Policies that no request is ever told of: they are about nothing here, warn nobody, or are there for the suite itself. */
const silent = ['cluster-scope', 'status-only', 'annotation-ignore', 'nothing-else', 'zz-ready'];

/** What both sides of this part are: an API server with the policies, and a gateway with them before an API server without. */
export interface Sides {
  direct: Cluster;
  plain: Cluster;
  gateway: Gateway;
  tokens: Record<Caller, string>;
}

/** Sends the same requests of the same callers to an API server that has policies and through a gateway that was built with them. */
export async function admissionSuite(tools: Tools, [stage]: Stage[], etcdUrl: string): Promise<void> {
  if (!stage) throw new Error('there is no cluster');
  say(`admission: ${generated} generated requests, seed ${seed}`);
  const { cluster: plain, folder } = stage;
  const names = Object.keys(callers) as Caller[];
  const tokens = Object.fromEntries(names.map((name) => [name, credential(randomUUID())])) as Record<Caller, string>;
  // An API server takes empty quotes for a group without a name.
  const groups = (name: Caller) => callers[name][1] && `,"${callers[name][1]}"`;
  const file = names.map((name) => `${tokens[name]},${name},${callers[name][0]}${groups(name)}\n`).join('');
  // Beside the project's own, so that what a bundle leaves out is found.
  const distDir = await mkdtemp(fileURLToPath(new URL('../../dist-admission-', import.meta.url)));
  const stops: (() => Promise<void>)[] = [() => rm(distDir, { recursive: true })];
  try {
    await buildHandlers(distDir, manifestsFolder);
    const direct = await startCluster(tools, 'cci', etcdUrl, folder, { name: part, callers: file });
    stops.push(direct.stop);
    await writeFile(join(folder, 'callers.csv'), file, { mode: 0o600 });
    const program = fileURLToPath(new URL('./admission/serve.ts', import.meta.url));
    const environment = { DIST_DIR: distDir, AUTH_TOKENS: join(folder, 'callers.csv') };
    const gateway = await startGateway(plain, folder, { name: part, program, environment });
    stops.push(gateway.stop);
    const sides = { direct, plain, gateway, tokens };
    await createTyped([direct, plain]);
    await compareAll(sides);
    await kubectlAdmission(tools.kubectl, sides, folder);
    await brokenAdmission(direct);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function compareAll(sides: Sides): Promise<void> {
  const random = new Random(seed);
  const drawn = Array.from({ length: generated }, (_, number) => draw(random, kinds.cci, number));
  // Before there are policies, which would judge how a job is made.
  const jobs = await inTurn(drawn, async (request) => ({
    request,
    direct: await createJob(sides.direct, request.kind, request.job),
    through: await createJob(sides.plain, request.kind, request.job),
  }));
  const manifests = await install(sides.direct, drawn[0] as Drawn);
  const told = new Set<string>();
  await inTurn(jobs, (job) =>
    checked(part, job.request.title, async () => {
      const asked = await ask(sides, job);
      for (const name of policiesOf(asked.direct)) told.add(name);
      const mistake = compareAnswers(asked, manifests);
      if (mistake)
        throw new Error(
          `${mistake}\n${asked.request.slice(0, 900)}\ndirect:  ${shownAnswer(asked.direct)}\nthrough: ${shownAnswer(asked.through)}`,
        );
    }),
  );
  for (const { kind, metadata } of manifests)
    if (kind === 'ValidatingAdmissionPolicy' && !silent.includes(metadata.name))
      check(part, `the policy ${metadata.name} has said something`, told.has(metadata.name) ? undefined : 'no request was told of it');
  for (const { id, reason } of meant)
    check(`${part}, meant differences`, id, shown.has(id) ? undefined : `no request shows it any more: ${reason}`);
}

async function inTurn<From, To>(list: readonly From[], each: (one: From) => Promise<To>): Promise<To[]> {
  const left = [...list.entries()];
  const made: To[] = [];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = left.shift(); next; next = left.shift()) made[next[0]] = await each(next[1]);
    }),
  );
  return made;
}

/** Creates the manifests at an API server, and waits until the last of them decides. */
async function install(cluster: Cluster, { kind, job }: Drawn): Promise<Loose[]> {
  const files = (await readdir(manifestsFolder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(manifestsFolder, file), 'utf8')));
  const manifests: Loose[] = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));
  const probe = { ...job, metadata: { name: 'probe', namespace: 'kube-test' } };
  await createJob(cluster, kind, probe);
  const { endpoint } = cluster;
  for (const body of manifests) {
    const { namespace } = body.metadata;
    const plural = body.kind.endsWith('y') ? `${body.kind.slice(0, -1)}ies` : `${body.kind}s`;
    const group = body.apiVersion === 'v1' ? '/api/v1' : `/apis/${body.apiVersion}`;
    await sendOk(endpoint, {
      method: 'POST',
      path: `${group}${namespace ? `/namespaces/${namespace}` : ''}/${plural.toLowerCase()}`,
      body,
    });
  }
  let last = '';
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200)) {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const body = Buffer.from('{"metadata":{"labels":{"a":"b"}}}');
    const answer = await send(endpoint, { method: 'PATCH', path: `${jobPath(kind, 'kube-test', 'probe')}?dryRun=All`, headers, body });
    last = answer.text.slice(0, 500);
    if (answer.body?.message?.endsWith('denied request: ready')) {
      // All were created before this one, and are read in that order; its parameters may have come sooner than those of others.
      await sleep(3000);
      return manifests;
    }
  }
  throw new Error(`the policies do not come into force: ${last}`);
}

async function ask(sides: Sides, { request, direct, through }: { request: Drawn; direct: Loose; through: Loose }): Promise<Asked> {
  const { kind, job, caller } = request;
  const token = sides.tokens[caller];
  const path = jobPath(kind, job.metadata.namespace, job.metadata.name);
  const [toDirect, toThrough] = [request.sending(path, direct), request.sending(path, through)];
  const [directAnswer, throughAnswer] = await Promise.all([
    send({ ...sides.direct.endpoint, token }, toDirect),
    send({ ...sides.gateway.endpoint, token }, toThrough),
  ]);
  const [stored, storedThrough] = await Promise.all([sendOk(sides.direct.endpoint, { path }), sendOk(sides.plain.endpoint, { path })]);
  return {
    title: request.title,
    caller,
    request: `${toThrough.method} ${toThrough.path} ${toThrough.body ?? ''}`,
    direct: said(directAnswer),
    through: said(throughAnswer),
    before: { direct, through },
    stored: { direct: stored, through: storedThrough },
  };
}

function policiesOf({ warnings, message = '' }: Said): string[] {
  return [message, ...warnings].flatMap((text) => /ValidatingAdmissionPolicy '([^']+)'/.exec(text)?.[1] ?? []);
}

const shownAnswer = ({ status, reason, message, details, warnings }: Said) =>
  JSON.stringify({ status, reason, message, details, warnings }).slice(0, 2500);
