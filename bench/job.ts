import { readFileSync } from 'node:fs';
import type { Json, JsonObject } from '../lib/json/json.ts';

const text = readFileSync(new URL('../events/replace-tfjob.json', import.meta.url), 'utf8');

/** The documented job (2 KB) under a name; `ttl` replaces its TTL, and undefined removes it. */
export function documentedJob({ ttl, name = 'tfjob-test' }: { ttl: number | undefined; name?: string }): JsonObject {
  const job = JSON.parse(text) as JsonObject & { spec: JsonObject; metadata: JsonObject };
  delete job.spec.ttlSecondsAfterFinished;
  if (ttl !== undefined) job.spec.ttlSecondsAfterFinished = ttl;
  job.metadata.name = name;
  return job;
}

/** The documented job with as many copies of its worker replicas as make about `bytes` of JSON. */
export function largeJob(bytes: number, ttl: number | undefined, name = 'tfjob-test'): JsonObject {
  const job = documentedJob({ ttl, name });
  const replicas = (job.spec as JsonObject).tfReplicaSpecs as JsonObject;
  const worker = JSON.stringify(replicas.Worker);
  const own = JSON.stringify(job).length;
  for (let i = 0; own + i * (worker.length + 15) < bytes; i++) replicas[`worker-${i}`] = JSON.parse(worker);
  return job;
}

/** The documented job with so many labels and as many annotations. */
export function labelledJob(count: number, ttl: number | undefined, name: string): JsonObject {
  const job = documentedJob({ ttl, name }) as JsonObject & { metadata: JsonObject };
  const entries = Array.from({ length: count }, (_, i) => [`example.com/key-${i}`, `value-${i}`]);
  job.metadata.labels = Object.fromEntries(entries);
  job.metadata.annotations = Object.fromEntries(entries);
  return job;
}

/** Bodies that ask for a job with one TTL and with another in turn, in base64 as API Gateway sends them; no resourceVersion. */
export function bodiesOf(make: (ttl: number) => JsonObject): string[] {
  return [1000, 1001].map((ttl) => bodyOf(make(ttl)));
}

/** A request's body in base64; a job goes without its resourceVersion, which means whatever the version. */
export function bodyOf(body: JsonObject | Json[]): string {
  const { metadata } = body as { metadata?: JsonObject };
  const sent = metadata ? { ...body, metadata: { ...metadata, resourceVersion: undefined } } : body;
  return Buffer.from(JSON.stringify(sent)).toString('base64');
}
