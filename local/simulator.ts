/**
 * CCI in one process: an API gateway that checks the signature of every request, and behind it the storage of a Kubernetes API
 * server. Not CCI: of the API it serves GET, PUT and merge PATCH of one job, and lists.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type JsonObject, parseExactJson } from '../lib/job/json.ts';
import { acceptsGzip } from './accept.ts';
import { maxBody, serve } from './api-server.ts';
import { close, createAsyncServer, listen, readBody } from './http.ts';
import { otherKinds } from './samples.ts';
import { type SigningKey, signatureMistake } from './signature.ts';
import { StatusError, tooLarge } from './status.ts';
import { type Job, Storage } from './storage.ts';

/** The key that the simulator accepts, and more. */
export interface SimulatorOptions extends SigningKey {
  /** Default: a free one. */
  port?: number;
  /** What it starts with; default: the documented job and one of each other kind. */
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

// A signed body may have 12 MB: what is longer does not even reach the signature check.
const maxSignedBody = 12 * 1024 * 1024;
// A Kubernetes API server compresses from 128 KiB; here a single job is enough, so that whoever asks for gzip meets it.
const gzipAbove = 1400;

/** The job of the documentation as it is before the documented request: everything but ttlSecondsAfterFinished. */
export async function documentedJob(): Promise<Job> {
  const job = parseExactJson(await readFile(new URL('../events/replace-tfjob.json', import.meta.url), 'utf8')) as Job & {
    spec: JsonObject;
  };
  delete job.spec.ttlSecondsAfterFinished;
  return job;
}

/** Starts a CCI simulator on 127.0.0.1. Rejects where the port is taken or a job cannot be stored. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const storage = new Storage();
  for (const job of options.jobs ?? [await documentedJob(), ...otherKinds]) storage.seed(job);
  const requests: RequestRecord[] = [];

  const server = createAsyncServer(async (request, response) => {
    const requestId = randomBytes(16).toString('hex');
    const { status, body } = answer(request, await readBody(request, maxSignedBody), requestId, storage, options);
    requests.push({ method: request.method ?? '', path: request.url ?? '', status });
    response.statusCode = status;
    response.setHeader('Content-Type', 'application/json').setHeader('X-Request-Id', requestId);
    const compressed = body.length > gzipAbove && acceptsGzip(request.headers['accept-encoding']);
    if (compressed) response.setHeader('Content-Encoding', 'gzip').setHeader('Vary', 'Accept-Encoding');
    response.end(compressed ? gzipSync(body, { level: 1 }) : body);
  });

  return {
    url: await listen(server, options.port ?? 0),
    requests,
    get(plural, namespace, name) {
      const text = storage.find({ plural, namespace, name });
      return text === undefined ? undefined : (parseExactJson(text) as Job);
    },
    text: (plural, namespace, name) => storage.find({ plural, namespace, name }),
    put: (job) => storage.seed(job),
    close: () => close(server),
  };
}

function answer(request: IncomingMessage, body: Buffer | undefined, requestId: string, storage: Storage, key: SigningKey): Answer {
  try {
    if (!body) throw tooLarge(maxBody);
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
