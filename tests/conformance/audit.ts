import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildTemplates } from '../policies.ts';
import { compareTold } from './audit/compare.ts';
import type { Asked, Told } from './audit/events.ts';
import { meant, shown } from './audit/meant.ts';
import { drawPolicy, written } from './audit/policies.ts';
import { type Drawn, drawRequests, names, namespaces } from './audit/requests.ts';
import { type Ground, type Sides, startGround, startSides } from './audit/sides.ts';
import type { Cluster } from './cluster.ts';
import { kinds } from './crds.ts';
import { Random } from './differential/random.ts';
import { type Endpoint, type Loose, type Sending, send, sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { check, say } from './report.ts';
import type { Tools } from './tools.ts';

const part = 'audit';
const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
const drawn = Number(process.env.CONFORMANCE_POLICIES ?? 2);
/** Events below which a run says nothing. */
const enough = 500;
const beginning = '{"kind":"Event","apiVersion":"audit.k8s.io/v1",';

/** Sends the same requests of the same callers to an API server and through a gateway with the same audit policy, and compares what they tell. */
export async function auditSuite(tools: Tools, etcdUrl: string, folder: string): Promise<void> {
  const random = new Random(seed);
  const policies = [...written, ...Array.from({ length: drawn }, (_, number) => drawPolicy(random, number))];
  say(`audit: ${policies.length} policies, seed ${seed}`);
  await buildTemplates();
  const ground = await startGround(tools, etcdUrl, folder);
  // The next is started while one is asked.
  const started: Promise<Sides>[] = [];
  const start = (number: number) => {
    const policy = policies[number];
    if (policy) started.push(startSides(ground, policy, number));
    started[number]?.catch(() => undefined);
  };
  try {
    await createJobs([ground.base, ground.plain]);
    start(0);
    let events = 0;
    for (let number = 0; number < policies.length; number += 1) {
      const sides = await started[number];
      start(number + 1);
      if (sides) events += await compareAll(ground, sides, random);
    }
    say(`audit: ${events} events of ${policies.length} policies compared`);
    check(part, 'enough events were compared', events >= enough ? undefined : `${events} events are too few to say anything`);
  } finally {
    for (const sides of await Promise.allSettled(started)) if (sides.status === 'fulfilled') await sides.value.stop();
    await Promise.all([ground.base.stop(), ground.plain.stop()]);
  }
  for (const { id, reason } of meant)
    check(`${part}, meant differences`, id, shown.has(id) ? undefined : `no request shows it any more: ${reason}`);
}

async function createJobs(clusters: readonly Cluster[]): Promise<void> {
  for (const cluster of clusters)
    for (const kind of kinds.cci)
      for (const namespace of namespaces) for (const name of names) await createJob(cluster, kind, newJob('cci', kind, namespace, name));
}

/** Sends all requests under one policy, and compares what was told of each. Returns how many events the API server told. */
async function compareAll(ground: Ground, sides: Sides, random: Random): Promise<number> {
  const sent: Sent[] = [];
  // One after the other: all are about the same few jobs.
  for (const request of drawRequests(random, kinds.cci)) sent.push(await sendBoth(ground, sides, request));
  // The last end is told after its answer.
  await sleep(300);
  const [theirs, ours] = await Promise.all([sides.directLog, sides.gateway.log].map(linesIn));
  // Nobody waits for its end but the part's own.
  sides.stop().catch(() => undefined);
  let events = 0;
  for (const { request, sent: sending, direct, through } of sent) {
    const lines = { direct: theirs?.get(direct.id) ?? [], through: ours?.get(through.id) ?? [] };
    events += lines.direct.length;
    const asked: Asked = {
      title: request.title,
      caller: request.caller,
      sent: sending,
      direct: { ...direct, lines: lines.direct },
      through: { ...through, lines: lines.through },
    };
    const mistake = compareTold(asked);
    check(part, `${sides.policy.title}: ${request.title}`, mistake && `${mistake}\n${shownBoth(asked)}`);
  }
  return events;
}

/** What a side answered, to the job that it had, and the id by which its events tell of it. */
interface Answered extends Omit<Told, 'lines'> {
  id: string;
}
interface Sent extends Record<'direct' | 'through', Answered> {
  request: Drawn;
  sent: Sending;
}

async function sendBoth({ base, plain, tokens }: Ground, { direct, gateway }: Sides, request: Drawn): Promise<Sent> {
  const path = jobPath(request.kind, request.namespace, request.name);
  const one = async (upstream: Cluster, endpoint: Endpoint, id: string) => {
    const live: Loose = await sendOk(upstream.endpoint, { path });
    const { headers, ...sending } = request.sending(live);
    const sent = { ...sending, headers: { 'user-agent': 'conformance', ...headers } };
    const answer = await send({ ...endpoint, token: tokens[request.caller] }, sent);
    return { sent, answered: { answer, live, id: String(answer.headers[id]) } };
  };
  const [theirs, ours] = await Promise.all([one(base, direct.endpoint, 'audit-id'), one(plain, gateway.endpoint, 'x-request-id')]);
  return { request, sent: ours.sent, direct: theirs.answered, through: ours.answered };
}

/** The lines of a log that are audit events, in order, by the ids of their requests. */
async function linesIn(file: string): Promise<Map<string, string[]>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith(beginning));
  return Map.groupBy(lines, (line) => JSON.parse(line).auditID);
}

function shownBoth({ sent, direct, through }: Asked): string {
  const answered = ({ answer }: Told) => `${answer.status} ${answer.text.replace(/\s+/g, ' ').slice(0, 300)}`;
  const told = ({ lines }: Told) => lines.map((line) => line.slice(0, 1500)).join('\n');
  return `${sent.method ?? 'GET'} ${sent.path}\ndirect:  ${answered(direct)}\n${told(direct)}\nthrough: ${answered(through)}\n${told(through)}`;
}
