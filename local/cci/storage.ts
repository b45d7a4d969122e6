import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { group, type JobKind, jobKind, jobKinds } from '../../lib/job/kinds.ts';
import { isObject, type Json, type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { StatusError } from './status.ts';
import { apiVersion, applyPatch, checkPut, detailsOf, type Job, readPatch, readPut, type Target } from './written.ts';

export type { Job, Target };

// What a PUT or a PATCH cannot set: the live value stays.
const serverOwned = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** One change of a job, as its texts before and after it; undefined where there was none. */
export interface Change {
  before: string | undefined;
  after: string | undefined;
  resourceVersion: string;
}

/** How many changes can be told again to whoever begins to watch at an earlier version. */
const mostChanges = 2000;

/** The jobs, kept as text so that no number is rounded, with Kubernetes' rules for changing one. */
export class Storage {
  readonly #texts = new Map<string, string>();
  readonly #versions = new Map<string, string[]>();
  readonly #mostVersions: number;
  readonly #watchers = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  #revision = 0n;
  /** Of changes up to this one none is kept. */
  #compacted = 0n;

  /** `mostVersions`: how many versions of each job its history keeps. */
  constructor(mostVersions = 20_000) {
    this.#mostVersions = mostVersions;
  }

  /** The earliest version from which changes can be told. */
  get oldestRevision(): string {
    return String(this.#compacted);
  }

  /** The changes after a version, oldest first; undefined where they are no longer kept. */
  changesSince(revision: bigint): Change[] | undefined {
    if (revision < this.#compacted) return undefined;
    return this.#changes.filter(({ resourceVersion }) => BigInt(resourceVersion) > revision);
  }

  /** Is told of every change from now on, until what it returns is called. */
  subscribe(watcher: (change: Change) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Goes on from a version that is later than its own, and has no changes before that: as for whoever watched a storage before it. */
  beginAt(revision: bigint): void {
    if (revision > this.#revision) this.#revision = revision;
    this.compact();
  }

  /** Forgets the changes so far, as etcd does: whoever begins to watch at an earlier version is told 410. */
  compact(): void {
    this.#compacted = this.#revision;
    this.#changes = [];
  }

  /** Takes a job away; false where there is none. */
  delete(target: Target): boolean {
    const before = this.find(target);
    if (before === undefined) return false;
    this.#texts.delete(keyOf(target));
    this.#tell({ before, after: undefined, resourceVersion: String(++this.#revision) });
    return true;
  }

  /** The resourceVersion of the storage as a whole: that of its latest change. */
  get revision(): string {
    return String(this.#revision);
  }

  /** The job's text as stored. Throws a 404 Status where there is none. */
  read(target: Target): string {
    const text = this.find(target);
    if (text !== undefined) return text;
    throw new StatusError(404, 'NotFound', `${target.plural}.${group} "${target.name}" not found`, detailsOf(target));
  }

  /** The job's text as stored, or undefined. */
  find(target: Target): string | undefined {
    return this.#texts.get(keyOf(target));
  }

  /** The text of every version of a job that was stored, oldest first. */
  history(target: Target): string[] {
    return [...(this.#versions.get(keyOf(target)) ?? [])];
  }

  /** The jobs of a kind in one namespace or in all, each with its key below that: the name, or `namespace/name`. Sorted by key. */
  entries(plural: string, namespace?: string): [key: string, job: Job][] {
    const prefix = namespace === undefined ? `${plural}/` : `${plural}/${namespace}/`;
    return [...this.#texts]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, text]) => [key.slice(prefix.length), parseExactJson(text) as Job]);
  }

  /**
   * Puts a job into the storage as if it had been created, over whatever was there; what the server would have set and the
   * job does not have is made up. Throws an Error for a kind that is not served or a job without a name.
   */
  seed(job: string | JsonObject): void {
    const given = (typeof job === 'string' ? parseExactJson(job) : job) as Job;
    const { metadata } = given;
    const plural = jobKinds.cci.find(({ kind }) => kind === given.kind)?.plural;
    const { name, namespace } = metadata;
    if (!plural || typeof name !== 'string' || typeof namespace !== 'string') throw new Error('not a job that can be stored');
    const version = metadata.resourceVersion as string | undefined;
    const revision = version === undefined ? this.#revision + 1n : BigInt(version);
    if (revision > this.#revision) this.#revision = revision;
    const complete = {
      creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
      generation: 1,
      selfLink: `/apis/${apiVersion}/namespaces/${namespace}/${plural}/${name}`,
      uid: randomUUID(),
      ...metadata,
      resourceVersion: String(revision),
    };
    this.#keep({ plural, namespace, name }, JSON.stringify({ apiVersion, ...given, metadata: complete }), String(revision));
  }

  /**
   * Replaces a job as a Kubernetes API server does on PUT, with its order of checks (apiserver's update handler, then its
   * generic registry store). Returns the text that is stored now, or would be with `dryRun`. Throws a Status.
   */
  replace(target: Target, body: string, dryRun: boolean): string {
    const kind = kindOf(target);
    const sent = readPut(kind, target, body);
    const liveText = this.read(target);
    const live = parseExactJson(liveText) as Job;
    checkPut(kind, target, sent, live);
    return this.#store(target, sent, live, dryRun) ?? liveText;
  }

  /** Changes a job by a JSON merge patch; otherwise as `replace`. */
  patch(target: Target, body: string, dryRun: boolean): string {
    const patch = readPatch(body);
    const liveText = this.read(target);
    const live = parseExactJson(liveText) as Job;
    const patched = applyPatch(kindOf(target), target, patch, live);
    return this.#store(target, patched, live, dryRun) ?? liveText;
  }

  /** Stores what was sent, with what is the server's own as it was. Returns its text, or undefined where nothing changes. */
  #store(target: Target, sent: Job, live: Job, dryRun: boolean): string | undefined {
    const next: Job = { ...sent, metadata: { ...pick(sent.metadata, false), ...pick(live.metadata, true) } };
    // An API server reads metadata into a struct that has no empty maps (apiextensions' SetObjectMeta).
    for (const map of ['labels', 'annotations']) if (isEmpty(next.metadata[map])) delete next.metadata[map];
    if (live.status === undefined) delete next.status;
    else next.status = live.status;
    if (isDeepStrictEqual(next, live)) return undefined;
    if (!isDeepStrictEqual(next.spec, live.spec)) next.metadata.generation = Number(live.metadata.generation ?? 0) + 1;
    if (!dryRun) next.metadata.resourceVersion = String(++this.#revision);
    const text = JSON.stringify(next);
    if (!dryRun) this.#keep(target, text, this.revision);
    return text;
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    const dropped = this.#changes.length > mostChanges ? this.#changes.shift() : undefined;
    if (dropped) this.#compacted = BigInt(dropped.resourceVersion);
    for (const watcher of this.#watchers) watcher(change);
  }

  #keep(target: Target, text: string, resourceVersion: string): void {
    const key = keyOf(target);
    const before = this.#texts.get(key);
    this.#texts.set(key, text);
    const versions = this.#versions.get(key) ?? [];
    versions.push(text);
    if (versions.length > this.#mostVersions) versions.shift();
    this.#versions.set(key, versions);
    this.#tell({ before, after: text, resourceVersion });
  }
}

function isEmpty(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function kindOf({ plural }: Target): JobKind {
  const kind = jobKind('cci', plural);
  if (!kind) throw new Error(`${plural} are not served`);
  return kind;
}

function pick(metadata: JsonObject, owned: boolean): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => serverOwned.has(field) === owned));
}

function keyOf({ plural, namespace, name }: Target): string {
  return `${plural}/${namespace}/${name}`;
}
