import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, parseExact } from './exact-json.ts';
import { badRequest, StatusError } from './status.ts';

const group = 'kubeflow.org';
const apiVersion = `${group}/v1`;
/** The kinds that are served, by plural. Another kind is another row. */
const kinds: Record<string, string> = { tfjobs: 'TFJob' };
// What a PUT cannot set: the live value stays.
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

/** A stored job: a JSON object that has metadata. */
export interface Job extends JsonObject {
  metadata: JsonObject;
}

/** Which job a request is about. */
export interface Target {
  plural: string;
  namespace: string;
  name: string;
}

/** The jobs, kept as text so that no number is rounded, with Kubernetes' rules for replacing one. */
export class Storage {
  readonly #texts = new Map<string, string>();
  #revision = 0n;

  /** Whether jobs of this plural are served at all. */
  static serves(plural: string): boolean {
    return Object.hasOwn(kinds, plural);
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

  /**
   * Puts a job into the storage as if it had been created, over whatever was there; what the server would have set and the
   * job does not have is made up. Throws an Error for a kind that is not served or a job without a name.
   */
  seed(job: string | JsonObject): void {
    const given = (typeof job === 'string' ? parseExact(job) : job) as Job;
    const { metadata } = given;
    const plural = Object.keys(kinds).find((key) => kinds[key] === given.kind);
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
    this.#texts.set(keyOf({ plural, namespace, name }), JSON.stringify({ apiVersion, ...given, metadata: complete }));
  }

  /**
   * Replaces a job as a Kubernetes API server does on PUT, with its order of checks (apiserver's update handler, then its
   * generic registry store). Returns the text that is stored now, or would be with `dryRun`. Throws a Status.
   */
  replace(target: Target, body: string, dryRun: boolean): string {
    const sent = decode(target, body);
    const liveText = this.read(target);
    const live = parseExact(liveText) as Job;
    checkPreconditions(target, sent, live);

    const next: Job = { ...sent, metadata: { ...pick(sent.metadata, false), ...pick(live.metadata, true) } };
    if (live.status === undefined) delete next.status;
    else next.status = live.status;
    if (isDeepStrictEqual(next, live)) return liveText;
    if (!isDeepStrictEqual(next.spec, live.spec)) next.metadata.generation = Number(live.metadata.generation ?? 0) + 1;
    if (!dryRun) next.metadata.resourceVersion = String(++this.#revision);
    const text = JSON.stringify(next);
    if (!dryRun) this.#texts.set(keyOf(target), text);
    return text;
  }
}

function decode({ plural, namespace, name }: Target, body: string): Job {
  const unrecognized = (why: string) => badRequest(`the object provided is unrecognized (must be of type ${kinds[plural]}): ${why}`);
  let sent: unknown;
  try {
    sent = body === '' ? {} : parseExact(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  if (!isObject(sent)) throw unrecognized("couldn't get version/kind; json parse error: cannot unmarshal into an object");
  const start = body.length > 30 ? `${body.slice(0, 30)} ...` : body;
  if (!sent.kind) throw unrecognized(`Object 'Kind' is missing in '${start}'`);
  if (!sent.apiVersion) throw unrecognized(`Object 'apiVersion' is missing in '${start}'`);
  if (sent.apiVersion !== apiVersion) {
    throw badRequest(`the API version in the data (${sent.apiVersion}) does not match the expected API version (${apiVersion})`);
  }
  const metadata = sent.metadata ?? {};
  if (!isObject(metadata)) throw badRequest('json: cannot unmarshal metadata into Go value of type v1.ObjectMeta');
  for (const field of ['name', 'namespace', 'uid', 'resourceVersion']) {
    if (typeof (metadata[field] ?? '') !== 'string')
      throw badRequest(`json: cannot unmarshal metadata.${field} into Go value of type string`);
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  return { ...sent, metadata };
}

function checkPreconditions(target: Target, sent: Job, live: Job): void {
  const { plural, name } = target;
  const conflict = (why: string) =>
    new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${plural}.${group} "${name}": ${why}`, detailsOf(target));
  const invalid = (kind: string, field: string, message: string) =>
    new StatusError(422, 'Invalid', `${kind}.${group} "${name}" is invalid: ${field}: ${message}`, {
      ...detailsOf(target),
      kind,
      causes: [{ reason: 'FieldValueInvalid', message, field }],
    });
  const { uid, resourceVersion } = sent.metadata;
  if (uid && uid !== live.metadata.uid) {
    throw conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`);
  }
  // The store names the plural here where every other Invalid names the kind.
  if (!resourceVersion || resourceVersion === '0') {
    throw invalid(plural, 'metadata.resourceVersion', 'Invalid value: 0: must be specified for an update');
  }
  if (resourceVersion !== live.metadata.resourceVersion) {
    throw conflict('the object has been modified; please apply your changes to the latest version and try again');
  }
  if (sent.kind !== kinds[plural]) {
    throw invalid(kinds[plural] ?? plural, 'kind', `Invalid value: ${JSON.stringify(sent.kind)}: must be ${kinds[plural]}`);
  }
}

function pick(metadata: JsonObject, owned: boolean): JsonObject {
  return Object.fromEntries(Object.entries(metadata).filter(([field]) => serverOwned.has(field) === owned));
}

function detailsOf({ plural, name }: Target): { name: string; group: string; kind: string } {
  return { name, group, kind: plural };
}

function keyOf({ plural, namespace, name }: Target): string {
  return `${plural}/${namespace}/${name}`;
}
