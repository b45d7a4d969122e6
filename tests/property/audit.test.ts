import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type Audit, createAudit } from '../../lib/audit/trail.ts';
import type { Cci, Written } from '../../lib/cci/client.ts';
import type { Answer } from '../../lib/cci/read-answer.ts';
import { eventUpdate } from '../../lib/events/job-update.ts';
import { parseEvent, readMessage } from '../../lib/events/parse.ts';
import { getPath, isObject, type Json, type JsonObject } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { createRequestContext } from '../../lib/runtime/request-context.ts';
import { conflict, internalError, StatusError, serviceUnavailable, timeout } from '../../lib/status.ts';
import type { JobUpdate } from '../../lib/update/job-update.ts';
import { createLiveCache } from '../../lib/update/live-cache.ts';
import { patchUpdate } from '../../lib/update/patch.ts';
import { updateJob } from '../../lib/update/update-job.ts';
import { runsOf } from '../exhaustive.ts';
import { somebody } from '../fakes/user.ts';
import { kinds, refOf } from './jobs.ts';

// PROPERTY_RUNS=1000000 runs a million cases; a failure names the seed and the path that repeat it.
const runs = runsOf(2000);

const kind = kinds.cci as NonNullable<(typeof kinds)[string]>;
const ref = refOf(kind);
const template = { spec: { containers: [{ name: 'c', image: 'i' }] } };

/** What a job holds beside its identity: scalars, and maps of texts. */
interface Fields {
  ttlSecondsAfterFinished?: number | null;
  activeDeadlineSeconds?: number | null;
  cleanPodPolicy?: string | null;
  labels?: Record<string, string | null>;
  annotations?: Record<string, string | null>;
}
const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y'), { maxKeys: 3 });
const mapPatch = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', null), { maxKeys: 2, minKeys: 1 });
const whole = fc.record(
  {
    ttlSecondsAfterFinished: fc.constantFrom(0, 5, 60),
    activeDeadlineSeconds: fc.constantFrom(1, 60),
    cleanPodPolicy: fc.constantFrom('All', 'None'),
    labels: map,
    annotations: map,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Fields>;
const partial = fc.record(
  {
    ttlSecondsAfterFinished: fc.constantFrom(0, 5, 60, null),
    activeDeadlineSeconds: fc.constantFrom(1, 60, null),
    cleanPodPolicy: fc.constantFrom('All', 'None', null),
    labels: mapPatch,
    annotations: mapPatch,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Fields>;

/** What befalls a write: nothing, its answer is lost, it never arrives, CCI fails, another writer is faster, or the process is killed before or after it. */
const lucks = [...Array<'heard'>(12).fill('heard'), 'unheard', 'lost', 'failed', 'overtaken', 'killed', 'killed-late'] as const;
type Luck = (typeof lucks)[number];

type Action =
  | { do: 'put' | 'put-dry'; fields: Fields; versioned: boolean }
  | { do: 'patch' | 'patch-versioned'; fields: Fields }
  | { do: 'event'; fields: Fields; again: boolean; sequence: number | undefined }
  | { do: 'refused' };
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('put' as const, 'put' as const, 'put-dry' as const), fields: whole, versioned: fc.boolean() }),
  fc.record({ do: fc.constantFrom('patch' as const, 'patch-versioned' as const), fields: partial }),
  fc.record({
    do: fc.constant('event' as const),
    fields: partial,
    again: fc.boolean(),
    sequence: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('refused' as const) }),
);
const step = fc.record({ action, luck: fc.array(fc.constantFrom(...lucks), { maxLength: 3 }) });

function asPatch({ labels, annotations, ...scalars }: Fields): JsonObject {
  const metadata = { ...(labels && { labels }), ...(annotations && { annotations }) };
  return { ...(Object.keys(metadata).length > 0 && { metadata }), ...(Object.keys(scalars).length > 0 && { spec: scalars }) } as JsonObject;
}
function jobOf(fields: Fields, version?: string): JsonObject {
  const { metadata = {}, spec = {} } = asPatch(fields) as { metadata?: JsonObject; spec?: JsonObject };
  const { name, namespace } = ref;
  return {
    apiVersion: 'kubeflow.org/v1',
    kind: 'TFJob',
    metadata: { name, namespace, ...metadata, ...(version !== undefined && { resourceVersion: version }) },
    spec: { ...spec, tfReplicaSpecs: { Worker: { replicas: 1, template } } },
  };
}

class Killed extends Error {}

/** A CCI in memory, and which request has written what of its versions. */
class World {
  readonly writes: string[] = [];
  lucks: Luck[] = [];
  asking = '';
  /** Which requests were told of when something was written. */
  readonly untold: string[] = [];
  private readonly isTold: (id: string) => boolean;
  private text = '';
  private version = 1;
  private others = 0;

  constructor(fields: Fields, isTold: (id: string) => boolean) {
    this.isTold = isTold;
    this.store(jobOf(fields));
  }
  live(): JsonObject {
    return JSON.parse(this.text) as JsonObject;
  }
  answer(): Answer {
    return { status: 200, job: this.live(), text: this.text } as Answer;
  }
  private store(job: JsonObject): void {
    const { metadata, ...rest } = job as JsonObject & { metadata: JsonObject };
    const next = JSON.stringify({ ...rest, metadata: { ...metadata, uid: 'u', resourceVersion: String(this.version) } });
    // What is the same is not stored.
    if (next === this.text) return;
    this.version += 1;
    this.text = JSON.stringify({ ...rest, metadata: { ...metadata, uid: 'u', resourceVersion: String(this.version) } });
  }
  private carryOut(change: JsonObject): void {
    const before = this.version;
    this.store(change);
    if (this.version === before) return;
    this.writes.push(this.asking);
    if (!this.isTold(this.asking)) this.untold.push(this.asking);
  }
  otherWriter(): void {
    this.others += 1;
    const job = this.live();
    this.store({ ...job, metadata: { ...(job.metadata as JsonObject), finalizers: [`example.com/${this.others}`] } });
  }
  readonly cci: Cci = {
    isUnwell: false,
    read: async () => this.answer(),
    fetch: () => Promise.reject(new Error('not used')),
    watch: () => Promise.reject(new Error('not used')),
    write: async (_, { method, object, conditional }): Promise<Written> => {
      const luck = this.lucks.shift() ?? 'heard';
      if (luck === 'killed') throw new Killed();
      if (luck === 'failed') throw internalError({ reason: 'CCI answered 500' });
      if (luck === 'lost') return { known: false, error: serviceUnavailable({ reason: 'no answer from CCI' }) };
      if (luck === 'overtaken') this.otherWriter();
      const wanted = getPath(object, ['metadata', 'resourceVersion']);
      if (conditional && wanted !== String(this.version))
        throw Object.assign(conflict(ref, 'modified'), { note: { reason: 'CCI answered 409' } });
      const { resourceVersion: _version, ...metadata } = (object.metadata ?? {}) as JsonObject;
      this.carryOut(method === 'PUT' ? object : (applyMergePatch(this.live(), { ...object, metadata }) as JsonObject));
      if (luck === 'killed-late') throw new Killed();
      if (luck !== 'unheard') return { known: true, ...this.answer() };
      this.otherWriter();
      return { known: false, error: timeout('no answer', { reason: 'no answer from CCI' }) };
    },
  };
}

interface Told {
  auditID: string;
  stage: string;
  annotations: Record<string, string>;
}

/** The gateway: carries out updates and tells the audit trail, unless it is killed. */
class Gateway {
  readonly told: Told[] = [];
  readonly world: World;
  private readonly audit: Audit;
  private cache = createLiveCache(true);
  private requests = 0;
  private lastEvent: { id: string; detail: JsonObject } | undefined;

  constructor(fields: Fields) {
    this.audit = createAudit({
      configOf: undefined,
      digest: undefined,
      sink: (line) => {
        const { auditID, stage, annotations = {} } = JSON.parse(line);
        this.told.push({ auditID, stage, annotations });
        return Promise.resolve();
      },
    });
    this.world = new World(fields, (id) => this.told.some(({ auditID, stage }) => auditID === id && stage === 'RequestReceived'));
  }

  async take(taken: Action, luck: readonly Luck[]): Promise<void> {
    this.world.lucks = [...luck];
    if (taken.do !== 'event') {
      this.requests += 1;
      await this.carryOut(`request-${this.requests}`, this.updateOf(taken));
      return;
    }
    if (!taken.again || !this.lastEvent) {
      this.requests += 1;
      const { sequence } = taken;
      const detail = {
        version: '1',
        id: `event-${this.requests}`,
        kind: 'TFJob',
        namespace: ref.namespace,
        name: ref.name,
        patch: asPatch(taken.fields),
      };
      this.lastEvent = { id: `message-${this.requests}`, detail: { ...detail, ...(sequence !== undefined && { sequence }) } as JsonObject };
    }
    const body = JSON.stringify({ 'detail-type': 'Job Update Requested', source: 's', detail: this.lastEvent.detail });
    const record = { body, attributes: {}, eventSourceARN: 'arn:aws:sqs:us-east-1:1:q' } as never;
    const asked = parseEvent(readMessage({ body }), 'cci', record);
    await this.carryOut(this.lastEvent.id, eventUpdate({ asked, user: somebody, access: { mayRead: true, reason: '' } }, []));
  }

  private updateOf(taken: Exclude<Action, { do: 'event' }>): JobUpdate {
    const always = { kind, ref, user: somebody, mayRead: false, rules: { protectedKeys: [] }, dryRun: taken.do === 'put-dry' };
    const version = String(getPath(this.world.live(), ['metadata', 'resourceVersion']));
    if (taken.do === 'refused')
      return {
        ...always,
        conditional: false,
        requested: (live) => ({ ...live.job, spec: { ...(live.job.spec as JsonObject), backoffLimit: 9 } }),
      };
    if (taken.do === 'put' || taken.do === 'put-dry') {
      const requested = jobOf(taken.fields, taken.versioned ? version : undefined);
      return { ...always, conditional: taken.versioned, requested: () => requested };
    }
    const patch = asPatch(taken.fields);
    if (taken.do === 'patch-versioned') patch.metadata = { ...(patch.metadata as JsonObject), resourceVersion: version };
    return patchUpdate({ ...always, type: 'application/merge-patch+json', patch });
  }

  private async carryOut(auditID: string, update: JobUpdate): Promise<void> {
    const attributes = { verb: 'update', path: '' };
    const asked = { auditID, requestURI: '', attributes, user: somebody, sourceIPs: [], userAgent: undefined, isRead: false };
    const trail = this.audit.begin(asked);
    const context = createRequestContext(Date.now() + 60_000, () => undefined);
    context.mayWrite = trail.received;
    this.world.asking = auditID;
    const ended = { context, kind, outcome: undefined, access: undefined, requestObject: undefined, responseObject: undefined };
    try {
      const { outcome } = await updateJob({ cci: this.world.cci, cache: this.cache }, update, context);
      await trail.end({ ...ended, answer: 200, outcome });
    } catch (error) {
      if (error instanceof StatusError) await trail.end({ ...ended, answer: error });
      else if (!(error instanceof Killed)) throw error;
      // A process that was killed has forgotten what it knew.
      else this.cache = createLiveCache(true);
    }
  }
}

/** What an auditor knows of a job: each scalar and each key, or that nobody can say. */
type State = Map<string, Json | 'unknown'>;
const scalars = ['ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'cleanPodPolicy'];
const maps = ['labels', 'annotations'];

function stateOf(job: JsonObject): State {
  const state: State = new Map(scalars.map((name) => [`spec.${name}`, getPath(job, ['spec', name]) ?? null]));
  for (const name of maps) {
    const held = getPath(job, ['metadata', name]);
    for (const key of Object.keys(isObject(held) ? held : {})) state.set(`metadata.${name}/${key}`, true);
  }
  return state;
}

const allKeys = [...'abc'].flatMap((key) => maps.map((name) => `metadata.${name}/${key}`));
const applied = 'metadata.annotations/tfjob-gateway/applied-events';
const notes = <T>({ annotations }: Told, name: string): Record<string, T> => JSON.parse(annotations[`tfjob-gateway/${name}`] ?? '{}');
const outcomeOf = ({ annotations }: Told): string => annotations['tfjob-gateway/outcome'] ?? '';

/** Rebuilds a job's fields from the audit events alone. */
function rebuild(told: readonly Told[], start: State): State {
  const state = new Map(start);
  let isPending = false;
  for (const event of told) {
    // Of a request that has not ended nobody can say what it wrote.
    if (event.stage === 'RequestReceived' && isPending) forget(state);
    if (event.stage !== 'RequestReceived') follow(state, event);
    isPending = event.stage === 'RequestReceived';
  }
  if (isPending) forget(state);
  return state;
}

function forget(state: State): void {
  for (const name of [...state.keys(), ...allKeys, applied]) state.set(name, 'unknown');
}

function follow(state: State, event: Told): void {
  const isUnknown = outcomeOf(event) === 'unknown';
  for (const [path, { old, new: next }] of Object.entries(notes<{ old?: Json; new: Json }>(event, 'values'))) {
    const known = state.get(path);
    if (old !== undefined && known !== 'unknown') expect([path, known ?? null]).toEqual([path, old]);
    state.set(path, isUnknown ? 'unknown' : next);
  }
  for (const [path, { set = [], removed = [] }] of Object.entries(notes<{ set?: string[]; removed?: string[] }>(event, 'keys'))) {
    for (const key of set) state.set(`${path}/${key}`, true);
    for (const key of removed) state.set(`${path}/${key}`, null);
    if (isUnknown) for (const key of [...set, ...removed]) state.set(`${path}/${key}`, 'unknown');
  }
}

/** What the events of one request say against what it wrote. */
function check(id: string, own: readonly Told[], written: number): void {
  const ends = own.filter(({ stage }) => stage !== 'RequestReceived');
  const unended = own.length - 2 * ends.length;
  const changes = ends.filter(isChange).length;
  const maybe = ends.filter((event) => /^(?:unknown|written)$/.test(outcomeOf(event))).length;
  expect(written, `${id} writes once`).toBeLessThanOrEqual(1);
  expect(changes, `${id}: a change that was none, or twice`).toBeLessThanOrEqual(written);
  expect(changes + maybe + unended, `${id}: a change that is missing`).toBeGreaterThanOrEqual(written);
}

/** An event that changes nothing leaves its marker, whose key is told. */
const isChange = (event: Told): boolean =>
  outcomeOf(event) === 'changed' || (outcomeOf(event) === 'unchanged' && 'tfjob-gateway/keys' in event.annotations);

beforeEach(() => {
  // The pauses between rounds.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  return () => vi.restoreAllMocks();
});

describe('from the audit events alone', () => {
  it('each job’s five fields can be rebuilt, and no change is missing, doubled or told where none happened', {
    timeout: 60_000 + runs * 50,
  }, async () => {
    const seen = { known: 0, unknown: 0, writes: 0 };
    await fc.assert(
      fc.asyncProperty(whole, fc.array(step, { minLength: 1, maxLength: 12 }), async (fields, steps) => {
        const gateway = new Gateway(fields);
        const start = stateOf(gateway.world.live());
        for (const { action: taken, luck } of steps) await gateway.take(taken, luck);
        const { told, world } = gateway;
        seen.writes += world.writes.length;

        // Nothing was written of which nobody had been told.
        expect(world.untold).toEqual([]);
        for (const id of new Set(told.map(({ auditID }) => auditID))) {
          const own = told.filter(({ auditID }) => auditID === id);
          check(id, own, world.writes.filter((by) => by === id).length);
        }
        const real = stateOf(world.live());
        const known = rebuild(told, start);
        for (const name of new Set([...real.keys(), ...known.keys()])) {
          const said = known.get(name) ?? null;
          seen[said === 'unknown' ? 'unknown' : 'known'] += 1;
          if (said !== 'unknown') expect([name, said]).toEqual([name, real.get(name) ?? null]);
        }
      }),
      { numRuns: runs },
    );
    // Most is known, and there was something to know.
    expect(seen.known).toBeGreaterThan(seen.unknown);
    expect(seen.writes).toBeGreaterThan(runs);
  });
});
