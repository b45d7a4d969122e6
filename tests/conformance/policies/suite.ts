/**
 * Nothing is written that the policies deny, and nothing else is refused: generated policies in the built functions, generated requests
 * through every door, and Kubernetes' own validator as the judge of what reached the upstream. Runnable alone after a build:
 * `npx node tests/conformance/policies/suite.ts`; CONFORMANCE_SEED and CONFORMANCE_WRITES choose what is drawn.
 */
import { rm } from 'node:fs/promises';
import { buildTemplates } from '../../policies.ts';
import { Random } from '../differential/random.ts';
import { check, say, summary } from '../report.ts';
import { celOracle } from '../tools.ts';
import { type Case, runCase } from './cases.ts';
import { free, namespaces } from './manifests.ts';
import { doors } from './requests.ts';
import { type Verdict, verdictsOf } from './verdicts.ts';
import { scratch, startWorld, type World } from './world.ts';

const part = 'policies';
const cases = Number(process.env.CONFORMANCE_WRITES ?? 10_000);
/** At least so many worlds, so that both layouts meet both ways of reading. */
const leastWorlds = 4;
const mostOfAWorld = 5000;
/** Who has seen so many failures has seen enough. */
const mostFailures = 10;

/** How often something was seen that must be seen, or this shows nothing. */
const seen = new Map<string, number>();
const see = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
let failures = 0;

/** Runs the requests of one world, those of all namespaces beside each other, each in the order of its own random numbers. */
async function runWorld(world: World, count: number): Promise<Case[]> {
  const all = [...namespaces, free];
  const lanes = all.map(async (namespace, index) => {
    const random = new Random(world.seed * 1009 + index);
    const mine: Case[] = [];
    const share = Math.floor(count / all.length) + (index < count % all.length ? 1 : 0);
    for (let left = share; left > 0; left -= 1) mine.push(await runCase(random, world, namespace));
    return mine;
  });
  return (await Promise.all(lanes)).flat();
}

function mistakeOf({ mistake, judged }: Case, verdict: Verdict | undefined): string | undefined {
  if (mistake) return mistake;
  if (!judged || !verdict) return undefined;
  const { denials } = verdict;
  if (judged.as === 'denied') return denials.length > 0 ? undefined : 'it was refused, and no policy denies it';
  return denials.length === 0
    ? undefined
    : `it was ${judged.as === 'written' ? 'written' : 'admitted as a dry run'}, and is denied: ${denials.join('; ')}`;
}

/** All that it takes to see what went wrong. */
function shown(world: World, one: Case): string {
  const { request, told, write, judged, interfered } = one;
  const { kind, ...rest } = request;
  const about = judged ? world.policies.filter(({ criteria }) => criteria.matches(judged.update)) : [];
  const manifests = about.flatMap(({ manifest, bindings }) => [
    manifest,
    ...bindings.filter(({ criteria }) => judged && criteria.matches(judged.update)).map((binding) => binding.manifest),
  ]);
  return [
    world.title,
    `request: ${JSON.stringify({ ...rest, kind: kind.plural })}${interfered ? ', another writer came between' : ''}`,
    `told: ${JSON.stringify(told).slice(0, 1500)}`,
    `write: ${write ? `${write.method}\n  before ${write.before}\n  after  ${write.after}` : 'none'}`,
    `judged: ${JSON.stringify(judged)}`,
    ...manifests.map((manifest) => `policy: ${JSON.stringify(manifest)}`),
  ].join('\n');
}

function report(world: World, one: Case, number: number, verdict: Verdict | undefined): void {
  const { request, told, judged, interfered, write } = one;
  see(`${request.door}: ${judged?.as ?? (told.outcome === 'other' ? 'failed' : 'unchanged')}`);
  if (interfered) see(`another writer came between: ${judged?.as ?? 'not judged'}`);
  if (write?.method === 'PATCH') see('a patch in one trip');
  if (verdict?.failed) see(`an expression with an error: ${judged?.as}`);
  if (verdict && verdict.asked > 1) see('several policies were asked');
  const mistake = mistakeOf(one, verdict);
  if (mistake) failures += 1;
  check(
    part,
    `seed ${world.seed} #${number} ${request.door}`,
    mistake && `${mistake}\n${failures > mostFailures ? '' : shown(world, one)}`,
  );
}

async function policiesSuite(folder: string): Promise<void> {
  await buildTemplates();
  const oracle = await celOracle();
  const first = Number(process.env.CONFORMANCE_SEED ?? 1);
  const worlds = Math.max(leastWorlds, Math.ceil(cases / mostOfAWorld));
  say(`policies: ${cases} requests, seeds ${first} to ${first + worlds - 1}`);
  for (let index = 0; index < worlds && failures <= mostFailures; index += 1) {
    const world = await startWorld(first + index);
    try {
      const done = await runWorld(world, Math.ceil(cases / worlds));
      const updates = done.flatMap(({ judged }) => (judged ? [judged.update] : []));
      const verdicts = await verdictsOf(oracle, folder, world.policies, updates);
      const verdictOf = new Map(updates.map((update, at) => [update, verdicts[at]]));
      for (const [number, one] of done.entries()) report(world, one, number, one.judged && verdictOf.get(one.judged.update));
      say(`policies: ${world.title}: ${updates.length} of ${done.length} judged`);
    } finally {
      await world.close();
    }
  }
  for (const [what, count] of [...seen].sort()) say(`policies: ${String(count).padStart(6)} ${what}`);
  const required = [
    ...doors.flatMap((door) => [`${door}: written`, `${door}: denied`]),
    ...['written', 'denied'].flatMap((as) => [`another writer came between: ${as}`, `an expression with an error: ${as}`]),
    'PUT: dry run',
    'merge patch: dry run',
    'JSON patch: dry run',
    'a patch in one trip',
    'several policies were asked',
  ];
  for (const what of required) check(`${part}, shown`, what, seen.has(what) ? undefined : 'it did not happen once');
}

if (import.meta.main) {
  const folder = await scratch();
  try {
    await policiesSuite(folder);
    process.exitCode = summary(part);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
