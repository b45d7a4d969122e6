import { isDeepStrictEqual } from 'node:util';
import { type Kind, kinds } from './crds.ts';
import { explanation, meant, shown, untouched } from './differential/meant.ts';
import { fixedRequests } from './differential/fixed.ts';
import { Random } from './differential/random.ts';
import { compareReads } from './differential/reads.ts';
import { draw, type Generated } from './differential/requests.ts';
import { differencesOf, type Outcome, type Side, shownAnswers, sides } from './differential/twins.ts';
import { send, sendOk } from './http.ts';
import { createJob, jobPath, newJob } from './jobs.ts';
import { check, checked, say } from './report.ts';
import type { Stage } from './run.ts';

const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
const generated = Number(process.env.CONFORMANCE_REQUESTS ?? 400);
const atOnce = 4;

/** Sends every request to twins, directly and through the gateway, and compares what both answered and what became of the twins. */
export async function differential(stages: Stage[]): Promise<void> {
  say(`differential: ${generated} generated requests for each layout, seed ${seed}`);
  await Promise.all(
    stages.map(async (stage, index) => {
      const { layout } = stage.cluster;
      const random = new Random(seed + index);
      const drawn = Array.from({ length: generated }, () => {
        const kind = random.pick(kinds[layout]);
        return { kind, request: draw(random, layout, kind) };
      });
      const written = fixedRequests(layout).map((request) => ({ kind: random.pick(kinds[layout]), request }));
      const requests = [...written, ...drawn].map((one, number) => ({ ...one, number }));
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let next = requests.shift(); next; next = requests.shift()) {
            const { kind, number, request } = next;
            const title = `#${number} ${kind.kind} ${request.title}`;
            await checked(`differential, ${layout} layout`, title, () => compare(stage, kind, `job-${number}`, request));
          }
        }),
      );
      await compareReads(stage, kinds[layout][1] as Kind);
    }),
  );
  for (const { id, reason } of meant) {
    check('differential, meant differences', id, shown.has(id) ? undefined : `no request shows it any more: ${reason}`);
  }
}

async function compare(stage: Stage, kind: Kind, name: string, generated: Generated): Promise<void> {
  const outcome = await sendBoth(stage, kind, name, generated);
  const mistake = mistakeOf(outcome, generated);
  if (mistake) throw new Error(`${mistake}\n${shownAnswers(outcome)}`);
}

async function sendBoth({ cluster, gateway }: Stage, kind: Kind, name: string, { title, sending }: Generated): Promise<Outcome> {
  const { layout, endpoint } = cluster;
  const one = async (side: Side) => {
    const before = await createJob(cluster, kind, newJob(layout, kind, side, name));
    const request = sending(jobPath(kind, side, name), before);
    const answer = await send(side === 'direct' ? endpoint : gateway.endpoint, request);
    const stored = await sendOk(endpoint, { path: jobPath(kind, side, name) });
    return { before, answer, stored, request: `${request.method} ${request.path} ${request.body ?? ''}` };
  };
  const [direct, through] = await Promise.all(sides.map(one));
  if (!direct || !through) throw new Error('both sides are needed');
  const both = <T>(of: (side: typeof direct) => T): Record<Side, T> => ({ direct: of(direct), through: of(through) });
  return {
    title,
    layout,
    request: through.request,
    answers: both(({ answer }) => answer),
    before: both(({ before }) => before),
    stored: both(({ stored }) => stored),
  };
}

function mistakeOf(outcome: Outcome, { expected, fields }: Generated): string | undefined {
  const differences = differencesOf(outcome);
  if (expected === 'forbidden') return notForbidden(outcome, fields);
  if (expected === 'same meaning' && !outcome.title.includes('dryRun')) {
    const { status } = outcome.answers.through;
    return status === 200 && untouched(outcome) ? undefined : `another spelling of the same must be no change, differs in ${differences.join(', ')}`;
  }
  if (expected === 'same meaning') return untouched(outcome) ? undefined : 'a dry run has written';
  if (differences.length === 0 || explanation(outcome, differences)) return undefined;
  return `the two differ in ${differences.join(', ')}`;
}

/** What is wrong with the refusal of a forbidden change, or undefined. */
function notForbidden(outcome: Outcome, fields: readonly string[]): string | undefined {
  const { direct, through } = outcome.answers;
  if (direct.status !== 200) return 'the API server itself refuses this: it shows nothing';
  if (through.status !== 403 || through.body?.reason !== 'Forbidden') return 'it must be 403 Forbidden';
  if (!untouched(outcome)) return 'the object was written';
  const named: string[] = through.body.details.causes.map(({ field }: { field: string }) => field);
  const missing = fields.filter((field) => !named.includes(field));
  if (missing.length > 0) return `the causes do not name ${missing.join(', ')}`;
  const { name, group, kind } = through.body.details;
  return isDeepStrictEqual([name, group, `${kind}`], [outcome.before.through.metadata.name, 'kubeflow.org', kind]) ? undefined : 'wrong details';
}
