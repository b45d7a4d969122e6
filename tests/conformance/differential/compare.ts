import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../crds.ts';
import { type Loose, send } from '../http.ts';
import { createJob, jobPath, newJob } from '../jobs.ts';
import type { Stage } from '../run.ts';
import { explanation, untouched } from './meant.ts';
import type { Generated } from './requests.ts';
import { differencesOf, type Outcome, type Side, shownAnswers } from './twins.ts';

/**
 * Makes twins, sends a request to both, directly and through the gateway, and throws where they should have come out alike and did not.
 * Returns the gateway's twin as it is stored then.
 */
export async function compare(stage: Stage, kind: Kind, name: string, generated: Generated): Promise<Loose> {
  const outcome = await sendBoth(stage, kind, name, generated);
  const mistake = mistakeOf(outcome, generated);
  if (mistake) throw new Error(`${mistake}\n${shownAnswers(outcome)}`);
  return outcome.stored.through;
}

async function sendBoth({ cluster, gateway }: Stage, kind: Kind, name: string, { title, sending }: Generated): Promise<Outcome> {
  const { layout, endpoint } = cluster;
  const one = async (side: Side) => {
    const before = await createJob(cluster, kind, newJob(layout, kind, side, name));
    const request = sending(jobPath(kind, side, name), before);
    const answer = await send(side === 'direct' ? endpoint : gateway.endpoint, request);
    // One that was deleted is a Status.
    const { body: stored } = await send(endpoint, { path: jobPath(kind, side, name) });
    return { before, answer, stored, request: `${request.method} ${request.path} ${request.body ?? ''}` };
  };
  const [direct, through] = await Promise.all([one('direct'), one('through')]);
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
    return status === 200 && untouched(outcome)
      ? undefined
      : `another spelling of the same must be no change, differs in ${differences.join(', ')}`;
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
  return isDeepStrictEqual([name, group, `${kind}`], [outcome.before.through.metadata.name, 'kubeflow.org', kind])
    ? undefined
    : 'wrong details';
}
