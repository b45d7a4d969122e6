import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Json } from '../../lib/json/json.ts';
import { applied, recordFor, withRecord } from '../kubectl-apply.ts';
import { kinds } from '../property/jobs.ts';
import { contents, stored } from '../property/last-applied-world.ts';
import { type Loose, send, sendOk } from './http.ts';
import { jobPath } from './jobs.ts';
import { attacks } from './kubectl-cases/apply-attacks.ts';
import { type ApplyFlow, type FlowStep, lastApplied, tfjobs } from './kubectl-cases/apply-flow.ts';
import { ordinaryFlows } from './kubectl-cases/apply-ordinary.ts';
import { type Output, run } from './processes.ts';
import { checked, say } from './report.ts';
import type { Stage } from './run.ts';
import type { Tools } from './tools.ts';

const namespace = 'kube-test';
const path = jobPath(tfjobs, namespace, 'tfjob-test');

/** Where kubectl runs. */
interface Place {
  kubectl: string;
  stage: Stage;
  home: string;
}

/**
 * What callers do with the last-applied record, ordinary and not: each flow is done once as it is and once without the callers' commands,
 * and the administrator's later commands must make the same of what no caller may change.
 */
export async function applySuite({ kubectl }: Tools, stages: Stage[]): Promise<void> {
  say('kubectl apply');
  await Promise.all(
    stages.map(async (stage) => {
      const { layout } = stage.cluster;
      const home = join(stage.folder, `kubectl-apply-${layout}`);
      await mkdir(home);
      const place = { kubectl, stage, home };
      for (const flow of ordinaryFlows(layout)) await checkFlow(place, flow, 'kubectl apply');
      for (const flow of attacks(layout)) await checkFlow(place, flow, 'kubectl apply, attacks');
      await checkModel(place);
    }),
  );
}

async function checkFlow(place: Place, { title, steps, ends }: ApplyFlow, part: string): Promise<void> {
  await checked(`${part}, ${place.stage.cluster.layout} layout`, title, async () => {
    const first = steps.findIndex(({ by }) => by === 'caller');
    const with_ = await doSteps(place, steps);
    if (ends && !ends(with_.job)) throw new Error(`the job is not what it should be\n${JSON.stringify(with_.job)}`);
    if (!steps.slice(first).some(({ by }) => by === 'administrator')) return;
    const without = await doSteps(
      place,
      steps.filter(({ by }) => by === 'administrator'),
    );
    const [is, not] = [with_, without].map(({ job, code }) => ({ fixed: fixedPart(job), code }));
    if (!isDeepStrictEqual(is, not)) {
      throw new Error(`the administrator’s commands did something else.\nwith: ${JSON.stringify(is)}\nwithout: ${JSON.stringify(not)}`);
    }
  });
}

/** What the steps leave of the job (undefined where it is gone), and the exit code of the administrator's last command. */
async function doSteps(place: Place, steps: FlowStep[]): Promise<{ job: Loose; code: number }> {
  const { endpoint } = place.stage.cluster;
  await sendOk(endpoint, { method: 'DELETE', path: jobPath(tfjobs, namespace) });
  await send(endpoint, { method: 'DELETE', path: `/api/v1/namespaces/${namespace}/secrets/attacked` });
  let code = 0;
  for (const step of steps) {
    if (step.waits) await sleep(step.waits);
    const { status, body } = await send(endpoint, { path });
    const output = await kubectl(place, step, status === 200 ? body : undefined);
    if (step.code !== undefined && output.code !== step.code) {
      throw new Error(`${step.by}: kubectl ${shown(step, body)} ended with ${output.code}\n${output.stdout}${output.stderr}`);
    }
    if (step.by === 'administrator') code = output.code;
  }
  const { status, body } = await send(endpoint, { path });
  return { job: status === 200 ? body : undefined, code };
}

const argsOf = ({ args }: FlowStep, live: Loose): string[] => (typeof args === 'function' ? args(live) : args);
const shown = (step: FlowStep, live: Loose): string => argsOf(step, live).join(' ').slice(0, 300);

async function kubectl({ kubectl, stage, home }: Place, step: FlowStep, live: Loose): Promise<Output> {
  const { cluster, gateway } = stage;
  const name = join(home, 'job.json');
  if (step.file) await writeFile(name, JSON.stringify(typeof step.file === 'function' ? step.file(live) : step.file));
  const editor = join(home, 'editor');
  await writeFile(editor, `#!/bin/sh\nexec sed -E -i '${step.editor ?? ''}' "$1"\n`);
  await chmod(editor, 0o755);
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: home, EDITOR: editor, KUBECTL_APPLYSET: 'true' };
  const direct = ['--server', cluster.endpoint.url, '--token', cluster.endpoint.token, '--certificate-authority', cluster.caFile];
  const server = step.by === 'caller' ? ['--server', gateway.endpoint.url] : direct;
  const args = argsOf(step, live).map((arg) => (arg === 'FILE' ? name : arg));
  return run(kubectl, [...server, '--cache-dir', join(home, step.by), '--namespace', namespace, ...args], { env, cwd: home });
}

/** The part of a job that no caller may change, and whether it has a record, which makes it one that `apply --prune` may delete. */
function fixedPart(job: Loose): Loose {
  if (!job) return 'gone';
  const { metadata, spec } = structuredClone(job);
  const policy = spec.runPolicy ?? spec;
  for (const field of ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy']) delete policy[field];
  if (Object.keys(spec.runPolicy ?? {}).length === 0) delete spec.runPolicy;
  const { labels = {}, annotations = {}, finalizers } = metadata;
  const fixed = [labels.team, labels['applyset.kubernetes.io/part-of'], annotations['protected.example.com/owner'], finalizers];
  return { spec, fixed, hasRecord: annotations[lastApplied] !== undefined };
}

/** The model of kubectl's merge, which the property tests rely on, against kubectl itself: jobs, records and files of a small world. */
async function checkModel(place: Place): Promise<void> {
  const { layout, endpoint } = place.stage.cluster;
  const small = contents(kinds[layout] as never);
  const sample = fc.sample(fc.tuple(small, small, small), { numRuns: 25, seed: 11 });
  for (const [index, [live, before, file]] of sample.entries()) {
    await checked(`kubectl apply, its model, ${layout} layout`, `sample ${index}`, async () => {
      await sendOk(endpoint, { method: 'DELETE', path: jobPath(tfjobs, namespace) });
      const { uid, resourceVersion, ...metadata } = stored(live, 1).metadata as Loose;
      const job = withRecord({ ...stored(live, 1), metadata }, index % 5 === 0 ? undefined : recordFor(before));
      const created = await sendOk(endpoint, { method: 'POST', path: jobPath(tfjobs, namespace), body: job });
      const output = await kubectl(place, { by: 'administrator', args: ['apply', '--validate=false', '-f', 'FILE'], file: file }, created);
      if (output.code !== 0) throw new Error(output.stderr);
      const [is, model] = [await sendOk(endpoint, { path }), applied(file, created) as Loose].map(known);
      if (!isDeepStrictEqual(is, model)) throw new Error(`is: ${JSON.stringify(is)}\nmodel: ${JSON.stringify(model)}`);
    });
  }
}

/** A job without what the server writes, and without the fields that the server of a layout does not know. */
function known(job: Loose): Json {
  const { labels = {}, annotations } = job.metadata;
  const { suspend, ...spec } = job.spec ?? {};
  return JSON.parse(JSON.stringify({ labels, annotations, spec }));
}
