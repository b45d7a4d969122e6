/**
 * CCI in one process: an API gateway that checks the signature of every request, and behind it the storage of a Kubernetes API
 * server. Not CCI: it serves GET and PUT of one job.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { type JsonObject, parseExact } from './exact-json.ts';
import { close, createAsyncServer, listen, readBody } from './http.ts';
import { type SigningKey, signatureMistake } from './signature.ts';
import { StatusError } from './status.ts';
import { type Job, Storage } from './storage.ts';

/** The key that the simulator accepts, the jobs it starts with (default: the documented one) and its port (default: a free one). */
export interface SimulatorOptions extends SigningKey {
  port?: number;
  jobs?: readonly (string | JsonObject)[];
}

/** A request as the simulator saw it and answered it. */
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
  /** The stored job, or undefined; a number that a double cannot hold is a JSON.rawJSON object. */
  get(plural: string, namespace: string, name: string): Job | undefined;
  /** The stored job letter for letter, or undefined. */
  text(plural: string, namespace: string, name: string): string | undefined;
  /** Stores a job as if it had been created, over whatever was there; gives it the next resourceVersion unless it has one. */
  put(job: string | JsonObject): void;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: string;
}

const jobPath = /^\/apis\/kubeflow\.org\/v1\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/;
const maxBody = 3 * 1024 * 1024;
// A signed body may have 12 MB: what is longer does not even reach the signature check.
const maxSignedBody = 12 * 1024 * 1024;

/** The job of the documentation as it is before the documented request: everything but ttlSecondsAfterFinished. */
export async function documentedJob(): Promise<Job> {
  const job = parseExact(await readFile(new URL('../events/replace-tfjob.json', import.meta.url), 'utf8')) as Job & { spec: JsonObject };
  delete job.spec.ttlSecondsAfterFinished;
  return job;
}

/** Starts a CCI simulator on 127.0.0.1. Rejects where the port is taken or a job cannot be stored. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const storage = new Storage();
  for (const job of options.jobs ?? [await documentedJob()]) storage.seed(job);
  const requests: RequestRecord[] = [];

  const server = createAsyncServer(async (request, response) => {
    const requestId = randomBytes(16).toString('hex');
    const { status, body } = answer(request, await readBody(request, maxSignedBody), requestId, storage, options);
    requests.push({ method: request.method ?? '', path: request.url ?? '', status });
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json').setHeader('X-Request-Id', requestId).end(body);
  });

  return {
    url: await listen(server, options.port ?? 0),
    requests,
    get(plural, namespace, name) {
      const text = storage.find({ plural, namespace, name });
      return text === undefined ? undefined : (parseExact(text) as Job);
    },
    text: (plural, namespace, name) => storage.find({ plural, namespace, name }),
    put: (job) => storage.seed(job),
    close: () => close(server),
  };
}

function answer(request: IncomingMessage, body: Buffer | undefined, requestId: string, storage: Storage, key: SigningKey): Answer {
  try {
    if (!body) throw tooLarge();
    const mistake = signatureMistake(request, body, key);
    if (mistake) {
      return { status: 401, body: JSON.stringify({ error_msg: mistake, error_code: 'APIG.0301', request_id: requestId }) };
    }
    return { status: 200, body: serve(request, body, storage) };
  } catch (error) {
    const status = error instanceof StatusError ? error : new StatusError(500, 'InternalError', `Internal error occurred: ${error}`);
    return { status: status.code, body: JSON.stringify(status) };
  }
}

function serve(request: IncomingMessage, body: Buffer, storage: Storage): string {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, namespace = '', plural = '', name = ''] = jobPath.exec(path) ?? [];
  if (!Storage.serves(plural)) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  const target = { plural, namespace, name };
  if (request.method === 'GET') return storage.read(target);
  if (request.method !== 'PUT') {
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
  const mediaType = (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    const message = 'the body of the request was in an unknown format - accepted media types include: application/json';
    throw new StatusError(415, 'UnsupportedMediaType', message);
  }
  if (body.length > maxBody) throw tooLarge();
  return storage.replace(target, body.toString(), isDryRun(new URLSearchParams(query)));
}

function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun');
  if (values.every((value) => value === 'All')) return values.length > 0;
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  throw new StatusError(422, 'Invalid', `UpdateOptions.meta.k8s.io "" is invalid: dryRun: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'UpdateOptions',
    causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }],
  });
}

function tooLarge(): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBody}`);
}
