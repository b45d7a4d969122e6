/**
 * CCI in one process: an API gateway that checks the signature of every request, and behind it the storage of a Kubernetes API
 * server. Not CCI: of the API it serves GET, PUT and merge PATCH of one job, lists and watches.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { close, createAsyncServer, listen, readBody } from '../http.ts';
import { acceptsGzip } from './accept.ts';
import { administer, adminPath } from './admin.ts';
import { maxBody, serve } from './api-server.ts';
import { type Chaos, type Fault, Faults } from './faults.ts';
import { Keys } from './keys.ts';
import { type Answer, respond } from './respond.ts';
import { otherKinds } from './samples.ts';
import type { SigningKey } from './signature.ts';
import { StatusError, tooLarge } from './status.ts';
import { type Job, Storage } from './storage.ts';

/** The key that the simulator accepts, and more. */
export interface SimulatorOptions extends SigningKey {
  /** Default: a free one. */
  port?: number;
  /** What it starts with; default: the documented job and one of each other kind. */
  jobs?: readonly (string | JsonObject)[];
  /** How many versions of each job its history keeps; default 20,000. */
  mostVersions?: number;
  /** The version from which its changes go on: whoever watched an earlier simulator is told 410, and lists again. Default: that of its jobs. */
  revision?: bigint;
}

/** A request as the simulator saw it and answered it; status 0 where it gave no answer. */
export interface RequestRecord {
  method: string;
  path: string;
  status: number;
}

/** A running simulator. */
export interface Simulator {
  readonly url: string;
  /** Every request in the order of the answers; a test may empty it. */
  readonly requests: RequestRecord[];
  /** How many requests failed to authenticate, per access key that they named. */
  readonly failedAuthentications: Record<string, number>;
  /** How often it misbehaved, by what it did: `drop before`, `503 before`, `delay` … */
  readonly misbehaved: Record<string, number>;
  /** The stored job, or undefined; a number that a double cannot hold is a JSON.rawJSON object. */
  get(plural: string, namespace: string, name: string): Job | undefined;
  /** The stored job letter for letter, or undefined. */
  text(plural: string, namespace: string, name: string): string | undefined;
  /** Every version of the job that was stored, letter for letter, oldest first. */
  history(plural: string, namespace: string, name: string): string[];
  /** Stores a job as if it had been created, over whatever was there; gives it the next resourceVersion unless it has one. */
  put(job: string | JsonObject): void;
  /** Takes a job away, as if it had been deleted; false where there is none. */
  delete(plural: string, namespace: string, name: string): boolean;
  /** Forgets what has changed so far: whoever begins to watch at an earlier resourceVersion is told 410. */
  compact(): void;
  /** Lets a fault wait for the next requests that it fits. Throws a TypeError that names what is wrong with it. */
  inject(fault: Fault): void;
  /** Forgets the faults that still wait; chaos goes on. */
  clearFaults(): void;
  /** What may befall every request that no fault waits for; undefined ends it. Throws as inject does. */
  chaos(chaos: Chaos | undefined): void;
  /** Accepts this key from now on, unlocked. */
  addKey(key: SigningKey): void;
  /** Knows this key no longer: 401. */
  removeKey(accessKey: string): void;
  close(): Promise<void>;
}

// A signed body may have 12 MB: what is longer does not even reach the signature check.
const maxSignedBody = 12 * 1024 * 1024;
// A Kubernetes API server compresses from 128 KiB; here a single job is enough, so that whoever asks for gzip meets it.
const gzipAbove = 1400;

/** The job of the documentation as it is before the documented request: everything but ttlSecondsAfterFinished. */
export async function documentedJob(): Promise<Job> {
  const job = parseExactJson(await readFile(new URL('../../events/replace-tfjob.json', import.meta.url), 'utf8')) as Job & {
    spec: JsonObject;
  };
  delete job.spec.ttlSecondsAfterFinished;
  return job;
}

/** Starts a CCI simulator on 127.0.0.1. Rejects where the port is taken or a job cannot be stored. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const storage = new Storage(options.mostVersions);
  for (const job of options.jobs ?? [await documentedJob(), ...otherKinds]) storage.seed(job);
  if (options.revision !== undefined) storage.beginAt(options.revision);
  const keys = new Keys();
  keys.add(options);
  const faults = new Faults();
  const requests: RequestRecord[] = [];

  const server = createAsyncServer(async (request, response) => {
    const body = await readBody(request, maxSignedBody);
    const { method = '', url = '' } = request;
    const [path = ''] = url.split('?');
    if (path.startsWith(adminPath)) return administer(request, response, body, { faults, keys });
    const fault = faults.take(method, path);
    // A request that waits does not keep a process alive which has ended everything else.
    if (fault?.delay) await sleep(fault.delay, undefined, { ref: false });
    const requestId = randomBytes(16).toString('hex');
    const carryOut = (dryRun: boolean) => answerTo(request, body, requestId, dryRun, storage, keys);
    const status = respond(fault, request, response, requestId, carryOut);
    requests.push({ method, path: url, status });
  });

  return {
    url: await listen(server, options.port ?? 0),
    requests,
    failedAuthentications: keys.failed,
    misbehaved: faults.done,
    get(plural, namespace, name) {
      const text = storage.find({ plural, namespace, name });
      return text === undefined ? undefined : (parseExactJson(text) as Job);
    },
    text: (plural, namespace, name) => storage.find({ plural, namespace, name }),
    history: (plural, namespace, name) => storage.history({ plural, namespace, name }),
    put: (job) => storage.seed(job),
    delete: (plural, namespace, name) => storage.delete({ plural, namespace, name }),
    compact: () => storage.compact(),
    inject: (fault) => faults.inject(fault),
    clearFaults: () => faults.clear(),
    chaos: (chaos) => faults.chaos(chaos),
    addKey: (key) => keys.add(key),
    removeKey: (accessKey) => void keys.remove(accessKey),
    close: () => close(server),
  };
}

/** What a request is answered where nothing goes wrong; with `dryRun` it is carried out in appearance only. */
function answerTo(
  request: IncomingMessage,
  body: Buffer | undefined,
  requestId: string,
  dryRun: boolean,
  storage: Storage,
  keys: Keys,
): Answer {
  const headers = { 'Content-Type': 'application/json', 'X-Request-Id': requestId };
  const answer = (status: number, text: string): Answer => {
    const compressed = text.length > gzipAbove && acceptsGzip(request.headers['accept-encoding']);
    if (!compressed) return { status, headers, body: Buffer.from(text) };
    return { status, headers: { ...headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' }, body: gzipSync(text, { level: 1 }) };
  };
  try {
    if (!body) throw tooLarge(maxBody);
    const mistake = keys.refusal(request, body);
    if (mistake) return answer(401, JSON.stringify({ error_msg: mistake, error_code: 'APIG.0301', request_id: requestId }));
    const served = serve(request, body, storage, dryRun);
    if (typeof served === 'string') return answer(200, served);
    return { status: 200, headers, body: Buffer.from(served.lines.join('')), watch: served };
  } catch (error) {
    const status = error instanceof StatusError ? error : new StatusError(500, 'InternalError', `Internal error occurred: ${error}`);
    return answer(status.code, JSON.stringify(status));
  }
}
