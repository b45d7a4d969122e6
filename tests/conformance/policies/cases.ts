import { isDeepStrictEqual } from 'node:util';
import type { Target } from '../../../local/cci/storage.ts';
import type { Random } from '../differential/random.ts';
import type { Loose } from '../http.ts';
import { send, type Told } from './doors.ts';
import { type Asked, asked, marker, storedOf } from './model.ts';
import { applyChanges, drawJob, drawRequest, type Request } from './requests.ts';
import type { Write } from './upstream.ts';
import type { Update } from './verdicts.ts';
import type { World } from './world.ts';

/** What came of a request. */
export interface Case {
  request: Request;
  told: Told;
  /** Another writer came between. */
  interfered: boolean;
  /** The write that reached the upstream. */
  write: Write | undefined;
  /** What Kubernetes is to be asked, and what it must say; without it nothing was judged. */
  judged: { update: Update; as: 'written' | 'dry run' | 'denied' } | undefined;
  /** What is wrong whatever the policies say. */
  mistake: string | undefined;
}

/** Draws a request and carries it out. */
export async function runCase(random: Random, world: World, namespace: string): Promise<Case> {
  const { upstream, functions, layout } = world;
  const { storage } = upstream;
  const request = drawRequest(random, layout, namespace);
  const target: Target = { plural: request.kind.plural, namespace, name: request.name };
  if (storage.find(target) === undefined || random.chance(0.3)) storage.seed(drawJob(random, request));
  const liveNow = (): Loose => JSON.parse(storage.read(target));
  const question = asked(request, liveNow());
  const called = upstream.beforeNextWrite(target, () => {
    if (!request.others) return;
    const job = liveNow();
    applyChanges(job, layout, request.others);
    storage.replace(target, JSON.stringify(job), false);
  });
  const told = await send(functions, request, question.body);
  const interfered = called() && request.others !== undefined;
  const writes = upstream.takeWrites(target);
  const [write] = writes;
  const base = { request, told, interfered, write, judged: undefined, mistake: undefined };
  if (writes.length > 1) return { ...base, mistake: `it was written ${writes.length} times` };
  if (write) return ofWrite(base, write, question);
  return told.outcome === 'other' ? ofFailure(base) : ofNoWrite(base, liveNow(), question);
}

function ofWrite(one: Case, { method, before, after }: Write, { makes }: Asked): Case {
  const [oldObject, object] = [JSON.parse(before), JSON.parse(after)];
  // A storage gives the version after admission.
  object.metadata.resourceVersion = oldObject.metadata.resourceVersion;
  // What went in one trip the upstream itself has made of the patch.
  const expected = method === 'PATCH' ? object : storedOf(oldObject, makes(oldObject), isEvent(one.request));
  const judged = { update: updateOf(one.request, oldObject, object), as: 'written' } as const;
  const { told, request } = one;
  const mistake =
    told.outcome !== 'accepted'
      ? `it was written, and the caller was told: ${told.message}`
      : request.dryRun
        ? 'a dry run wrote'
        : difference(object, expected);
  return { ...one, judged, mistake };
}

function ofNoWrite(one: Case, live: Loose, { makes }: Asked): Case {
  const { told, request } = one;
  const object = storedOf(live, makes(live), isEvent(request));
  const update = updateOf(request, live, object);
  if (told.outcome === 'denied') return { ...one, judged: { update, as: 'denied' } };
  if (isDeepStrictEqual(object, live)) return one;
  if (!request.dryRun) return { ...one, mistake: 'it was accepted, and nothing was written' };
  const answered = storedOf(live, told.outcome === 'accepted' ? told.job : live, false);
  answered.metadata.resourceVersion = live.metadata.resourceVersion;
  return { ...one, judged: { update, as: 'dry run' }, mistake: difference(answered, object) };
}

/** Another writer may have made a version obsolete, or have taken away what a JSON patch is about. */
function ofFailure(one: Case): Case {
  const { told, request, interfered } = one;
  const isExpected = interfered && (request.door === 'PUT of a version' || request.door === 'JSON patch');
  return isExpected ? one : { ...one, mistake: `nobody knows why: ${'message' in told ? told.message : ''}` };
}

function isEvent({ door }: Request): boolean {
  return door.startsWith('event');
}

function updateOf({ namespace, name, kind, caller, dryRun, fieldManager }: Request, oldObject: Loose, object: Loose): Update {
  const options = { ...(dryRun && { dryRun: ['All'] }), ...(fieldManager && { fieldManager }) };
  return { namespace, name, resource: kind.plural, object, oldObject, user: caller.user, options };
}

/** Whether something else was written than what was asked: then the model that refusals are judged by is wrong, or the gateway is. */
function difference(written: Loose, expected: Loose): string | undefined {
  const unmarked = (job: Loose): Loose => {
    const { [marker]: mark, ...annotations } = job.metadata.annotations ?? {};
    return { ...job, metadata: { ...job.metadata, annotations, isMarked: mark !== undefined } };
  };
  return isDeepStrictEqual(unmarked(written), unmarked(expected))
    ? undefined
    : `it is not what was asked, which is ${JSON.stringify(expected)}, but ${JSON.stringify(written)}`;
}
