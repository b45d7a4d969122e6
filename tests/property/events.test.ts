import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cci, Written } from '../../lib/cci/client.ts';
import { eventUpdate } from '../../lib/events/job-update.ts';
import { parseEvent, readMessage } from '../../lib/events/parse.ts';
import { appliedEvents, type Marker, maxIds, seen, withMarker } from '../../lib/job/applied-events.ts';
import { getPath, type JsonObject } from '../../lib/json/json.ts';
import { createRequestContext } from '../../lib/runtime/request-context.ts';
import { conflict, internalError, serviceUnavailable, timeout } from '../../lib/status.ts';
import type { UpdateResult } from '../../lib/update/job-update.ts';
import { updateJob } from '../../lib/update/update-job.ts';
import { runsOf } from '../exhaustive.ts';
import { somebody } from '../fakes/user.ts';
import { json, kinds, refOf } from './jobs.ts';

// PROPERTY_RUNS=1000000 runs a million cases; a failure names the seed and the path that repeat it.
const runs = runsOf(10_000);
const timeoutOf = { timeout: 60_000 + runs * 20 };
const share = (part: number): fc.Parameters<unknown> => ({ numRuns: Math.ceil(runs * part) });

const kind = kinds.cci as NonNullable<(typeof kinds)[string]>;
const ref = refOf(kind);

/** What the events change, each as one value: the whole model of a job. `null` stands for absent. */
type Fields = Record<'ttl' | 'deadline' | 'policy' | 'label' | 'note', number | string | null>;
const names = ['ttl', 'deadline', 'policy', 'label', 'note'] as const;
const values = {
  ttl: [0, 5, 1000, null],
  deadline: [1, 60, null],
  policy: ['All', 'None', null],
  label: ['', 'a', null],
  note: ['', 'b', null],
} as const;
const all = fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...values[name])]))) as fc.Arbitrary<Fields>;
const some = fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...values[name])])), {
  requiredKeys: [],
}) as fc.Arbitrary<Partial<Fields>>;

interface Event {
  sequence?: number;
  /** What its patch names; or, of an object, what the job shall be. */
  patch?: Partial<Fields>;
  object?: Fields;
}
const sequence = fc.option(fc.nat({ max: 20 }), { nil: undefined });
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ sequence, patch: some }),
  fc.record({ sequence, object: all }),
) as fc.Arbitrary<Event>;

/** The job that has these fields, as JSON. Others write its finalizers. */
function jobOf({ ttl, deadline, policy, label, note }: Partial<Fields>): JsonObject {
  const scalars = { ttlSecondsAfterFinished: ttl, activeDeadlineSeconds: deadline, cleanPodPolicy: policy };
  const given = <T extends object>(object: T) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  const map = (value: unknown) => (value === undefined ? {} : { 'example.com/a': value });
  return { metadata: { labels: map(label), annotations: map(note) }, spec: given(scalars) } as JsonObject;
}
function fieldsOf(job: JsonObject): Fields {
  const read = (...path: string[]) => (getPath(job, path) ?? null) as never;
  return {
    ttl: read('spec', 'ttlSecondsAfterFinished'),
    deadline: read('spec', 'activeDeadlineSeconds'),
    policy: read('spec', 'cleanPodPolicy'),
    label: read('metadata', 'labels', 'example.com/a'),
    note: read('metadata', 'annotations', 'example.com/a'),
  };
}
const identity = { apiVersion: 'kubeflow.org/v1', kind: 'TFJob' };
const template = { spec: { containers: [{ name: 'c', image: 'i' }] } };
function whole(fields: Fields): JsonObject {
  const { metadata, spec } = JSON.parse(JSON.stringify(jobOf(fields)), (_, value) => value ?? undefined);
  return {
    ...identity,
    metadata: { name: ref.name, namespace: ref.namespace, ...metadata },
    spec: { ...spec, tfReplicaSpecs: { Worker: { replicas: 1, template } } },
  };
}

/** What befalls a write: nothing, its answer is lost, it never arrives, it is refused for now, or another writer is faster. */
const luck = fc.constantFrom('heard', 'heard', 'heard', 'unheard', 'lost', 'failed', 'overtaken');
type Luck = 'heard' | 'unheard' | 'lost' | 'failed' | 'overtaken';

/** A CCI in memory. `lucks` are those of the next writes; when they are used up all goes well. */
function createMemoryCci(fields: Fields, lucks: Luck[]) {
  let text = '';
  let version = 1;
  let others = 0;
  const store = (job: JsonObject): void => {
    version += 1;
    text = JSON.stringify({ ...job, metadata: { ...(job.metadata as JsonObject), uid: 'u', resourceVersion: String(version) } });
  };
  const live = () => JSON.parse(text) as JsonObject;
  const otherWriter = (): void => {
    others += 1;
    const job = live();
    store({ ...job, metadata: { ...(job.metadata as JsonObject), finalizers: [`example.com/${others}`] } });
  };
  const answer = () => ({ status: 200, job: live(), text });
  store(whole(fields));
  const cci: Cci = {
    isUnwell: false,
    read: async () => answer(),
    fetch: () => Promise.reject(new Error('not used')),
    watch: () => Promise.reject(new Error('not used')),
    async write(_, { method, object }): Promise<Written> {
      expect(method).toBe('PUT');
      const next = lucks.shift() ?? 'heard';
      const error = timeout('no answer', { reason: 'no answer from CCI' });
      if (next === 'failed') throw internalError({ reason: 'CCI answered 500' });
      if (next === 'lost') return { known: false, error: serviceUnavailable({ reason: 'no answer from CCI' }) };
      if (next === 'overtaken') otherWriter();
      if (getPath(object, ['metadata', 'resourceVersion']) !== String(version))
        throw Object.assign(conflict(ref, 'modified'), { note: { reason: 'CCI answered 409' } });
      store(object);
      if (next === 'heard') return { known: true, ...answer() };
      otherWriter();
      return { known: false, error };
    },
  };
  return { cci, live, version: () => version, others: () => others };
}

/** Delivers one event as the function does; undefined where it failed, so that it comes again. */
async function deliver(cci: Cci, index: number, { sequence: number, patch, object }: Event): Promise<UpdateResult | undefined> {
  const change = object ? { object: whole(object) } : { patch: jobOf(patch ?? {}) };
  const detail = {
    version: '1',
    id: `id ${index}`,
    kind: kind.kind,
    namespace: ref.namespace,
    name: ref.name,
    sequence: number,
    ...change,
  };
  const body = JSON.stringify({ 'detail-type': 'Job Update Requested', detail });
  const asked = parseEvent(readMessage({ body }), 'cci', { body, eventSourceARN: 'arn:standard', attributes: {} } as never);
  const context = createRequestContext(Date.now() + 60_000, () => undefined);
  const mayFail = (error: { note?: { reason?: string } }) => expect(error.note?.reason).toMatch(/no answer|CCI answered/);
  return updateJob({ cci }, eventUpdate({ asked, user: somebody, access: { mayRead: true, reason: '' } }, []), context).catch(
    (error) => void mayFail(error),
  );
}

const merged = (fields: Fields, { patch, object }: Event): Fields => ({ ...fields, ...(object ?? patch) });

/** The model: in the order of delivery each event once, but none whose sequence is not above all before. */
function clean(fields: Fields, events: readonly Event[], order: readonly number[]): Fields {
  const done = new Set<number>();
  let highest = -1;
  let state = fields;
  for (const index of order) {
    const one = events[index] as Event;
    if (done.has(index) || (one.sequence ?? Infinity) <= highest) continue;
    done.add(index);
    highest = Math.max(highest, one.sequence ?? -1);
    state = merged(state, one);
  }
  return state;
}

/** Events and an order in which they are delivered: each at least once, some again and again. */
const delivered = (one: fc.Arbitrary<Event>) =>
  fc.array(one, { minLength: 1, maxLength: 20 }).chain((events) => {
    const each = fc.shuffledSubarray(
      events.map((_, index) => index),
      { minLength: events.length },
    );
    const again = fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 20 });
    const order = fc.tuple(each, again, fc.infiniteStream(fc.nat({ max: 100 }))).map(([first, more, places]) => {
      const all = [...first];
      for (const index of more) all.splice((places.next().value as number) % (all.length + 1), 0, index);
      return all;
    });
    return fc.record({ events: fc.constant(events), order });
  });

describe('events', () => {
  // Conflicts are decided anew after a pause.
  beforeEach(() => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    return () => vi.restoreAllMocks();
  });

  it(
    'with duplicates, in any order and through failures and other writers, make the job that the clean sequence makes',
    timeoutOf,
    async () => {
      await fc.assert(
        fc.asyncProperty(all, delivered(event), fc.array(luck, { maxLength: 40 }), async (before, { events, order }, lucks) => {
          const { cci, live, others } = createMemoryCci(before, [...lucks]);
          for (const index of order) while (!(await deliver(cci, index, events[index] as Event)));
          expect(fieldsOf(live())).toEqual(clean(before, events, order));
          expect(getPath(live(), ['metadata', 'finalizers'])).toEqual(others() > 0 ? [`example.com/${others()}`] : undefined);
        }),
        share(0.05),
      );
    },
  );

  it('with sequences, where each says all that it governs, make in any order what the highest one says', timeoutOf, async () => {
    const numbered = fc
      .uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 20 })
      .chain((sequences) => fc.tuple(...sequences.map((number) => fc.record({ sequence: fc.constant(number), object: all }))));
    await fc.assert(
      fc.asyncProperty(
        all,
        numbered,
        fc.array(luck, { maxLength: 20 }),
        fc.infiniteStream(fc.nat({ max: 100 })),
        async (before, events, lucks, picks) => {
          const { cci, live } = createMemoryCci(before, [...lucks]);
          // What fails comes again after others; what succeeds comes once more.
          const waiting = events.flatMap((_, index) => [index, index]);
          const outcomes: string[] = [];
          while (waiting.length > 0) {
            const [index = 0] = waiting.splice((picks.next().value as number) % waiting.length, 1);
            const done = await deliver(cci, index, events[index] as Event);
            if (done) outcomes[index] ??= done.outcome;
            else waiting.push(index);
          }
          const highest = events.reduce((top, one) => (one.sequence > top.sequence ? one : top));
          expect(fieldsOf(live())).toEqual(highest.object);
          expect(outcomes[events.indexOf(highest)]).not.toBe('superseded');
        },
      ),
      share(0.05),
    );
  });

  it('write nothing when they come again', timeoutOf, async () => {
    await fc.assert(
      fc.asyncProperty(all, delivered(event), async (before, { events, order }) => {
        const { cci, version } = createMemoryCci(before, []);
        for (const index of order) await deliver(cci, index, events[index] as Event);
        const after = version();
        for (const index of order)
          expect(['applied', 'superseded']).toContain((await deliver(cci, index, events[index] as Event))?.outcome);
        expect(version()).toBe(after);
      }),
      share(0.05),
    );
  });
});

describe('the marker', () => {
  const marker: fc.Arbitrary<Marker> = fc.record({
    id: fc.integer({ min: 0, max: 60 }).map((id) => `id${id}`),
    digest: fc.constantFrom('d1', 'd2'),
    sequence,
  });

  it('is the last 128 ids and the highest sequence, whatever was added', timeoutOf, () => {
    // So many before that the first of these are forgotten within the run.
    const before = Array.from({ length: maxIds - 20 }, (_, index): Marker => ({ id: `before${index}`, digest: 'd1' }));
    const begun = before.reduce(withMarker, { metadata: { annotations: { other: 'kept' } } } as JsonObject);
    fc.assert(
      fc.property(fc.array(marker, { maxLength: 80 }), marker, (markers, asked) => {
        let job = begun;
        const events = [...before];
        let highest = -1;
        for (const one of markers) {
          const known = seen(job, one);
          if (known === 'applied' || known === 'reused') continue;
          job = withMarker(job, one);
          events.push(one);
          highest = Math.max(highest, one.sequence ?? -1);
        }
        const remembered = events.slice(-maxIds).find(({ id }) => id === asked.id);
        const byId = remembered && (remembered.digest === asked.digest ? 'applied' : 'reused');
        expect(seen(job, asked)).toBe(byId ?? ((asked.sequence ?? Infinity) <= highest ? 'superseded' : undefined));
        expect(getPath(job, ['metadata', 'annotations', 'other'])).toBe('kept');
      }),
      share(0.5),
    );
  });

  it('is read out of any annotation, and can be added to any job', timeoutOf, () => {
    fc.assert(
      fc.property(
        fc.oneof(
          json,
          json.map((value) => JSON.stringify(value)),
        ),
        marker,
        fc.boolean(),
        (value, one, isMap) => {
          const job = { metadata: isMap ? { annotations: { [appliedEvents]: value } } : value };
          const before = JSON.stringify(job);
          seen(job, one);
          expect(seen(withMarker(job, one), one)).toBe('applied');
          expect(JSON.stringify(job)).toBe(before);
        },
      ),
      share(0.5),
    );
  });
});
