import { parseArgs } from 'node:util';
import { canon } from '../../lib/cel/index.ts';
import type { JsonObject } from '../../lib/json/json.ts';
import type { Explained } from '../../lib/policy/admission.ts';
import { PolicyError } from '../manifests/mistakes.ts';
import { type Judged, judge, nameOf, policiesOf, readYaml, sampleJob } from './judge.ts';
import { UsageError } from './usage.ts';

const usage =
  'usage: npm run policy -- explain --as USER [--as-group GROUP]… (--patch FILE | --object FILE) [--live FILE] [--policies FOLDER] [--layout cci|kubeflow]';

/**
 * `npm run policy -- explain …`: every expression that was asked of a write, with its value and cost, and what becomes of the write. Returns
 * the exit code: 0 where it is allowed, 1 where it is refused, 2 where the manifests cannot be loaded.
 */
export async function explain(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      as: { type: 'string' },
      'as-group': { type: 'string', multiple: true, default: [] },
      live: { type: 'string' },
      patch: { type: 'string' },
      object: { type: 'string' },
      policies: { type: 'string', default: 'policies' },
      layout: { type: 'string', default: 'cci' },
    },
  });
  const { as: user, live: liveFile, patch, object, policies: folder, layout } = values;
  if (user === undefined || (patch === undefined) === (object === undefined) || (layout !== 'cci' && layout !== 'kubeflow'))
    throw new UsageError(usage);
  const live = liveFile === undefined ? await sampleJob() : ((await readYaml(liveFile)) as JsonObject);
  const change = patch === undefined ? { object: (await readYaml(object ?? '')) as JsonObject } : { patch: await readYaml(patch) };
  try {
    return await tell(folder, { layout, user, groups: values['as-group'], live, change });
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function tell(folder: string, asked: Parameters<typeof judge>[1]): Promise<number> {
  const policies = await policiesOf(folder);
  console.log(`${asked.user} ${'patch' in asked.change ? 'patches' : 'replaces'} ${nameOf(asked.live)}`);
  let group = '';
  const { refused, outcome, warnings, verdict } = await judge(policies, asked, (explained) => {
    const next = `${explained.policy}, bound by ${explained.binding}${explained.params ? `, with ${explained.params.metadata.name}` : ''}`;
    if (next !== group) console.log(`\n${next}`);
    group = next;
    console.log(lineOf(explained));
  });
  console.log('');
  for (const warning of warnings) console.log(`warning: ${warning}`);
  for (const [key, value] of Object.entries(verdict?.auditAnnotations ?? {})) console.log(`audit: ${key}: ${value}`);
  if (verdict) console.log(`cost of all expressions: ${verdict.cost}`);
  if (refused) tellRefusal(refused);
  else console.log(outcome === 'unchanged' ? 'allowed, and nothing would change' : 'allowed');
  return refused ? 1 : 0;
}

/** The message, and where it does not say them all, the causes: of several policies that deny it has the first alone. */
function tellRefusal({ rule, status: { code, message, details } }: NonNullable<Judged['refused']>): void {
  console.log(`refused by ${rule ?? 'the upstream'}: ${code} ${message}`);
  const causes = details?.causes ?? [];
  if (causes.every((cause) => message.includes(cause.message))) return;
  for (const cause of causes) console.log(`  because: ${cause.field === undefined ? '' : `${cause.field}: `}${cause.message}`);
}

function lineOf({ expression, value, error, cost }: Explained): string {
  const said = error === undefined ? canon(value ?? null) : `error: ${error}`;
  return `  ${expression.title}: ${expression.source.trim().replace(/\s+/g, ' ')}\n    ${said} (cost ${cost})`;
}
