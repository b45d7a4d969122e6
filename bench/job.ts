import { readFileSync } from 'node:fs';
import type { JsonObject } from '../lib/job/json.ts';

const text = readFileSync(new URL('../events/replace-tfjob.json', import.meta.url), 'utf8');

/** The documented job; `ttl` replaces its TTL, and undefined removes it. */
export function documentedJob({ ttl }: { ttl: number | undefined }): JsonObject {
  const job = JSON.parse(text) as JsonObject & { spec: JsonObject };
  delete job.spec.ttlSecondsAfterFinished;
  if (ttl !== undefined) job.spec.ttlSecondsAfterFinished = ttl;
  return job;
}

/** The documented job with as many copies of its worker replicas as make about `bytes` of JSON. */
export function largeJob(bytes: number, ttl: number | undefined): JsonObject {
  const job = documentedJob({ ttl });
  const replicas = (job.spec as JsonObject).tfReplicaSpecs as JsonObject;
  const worker = JSON.stringify(replicas.Worker);
  for (let i = 0; i * worker.length < bytes; i++) replicas[`worker-${i}`] = JSON.parse(worker);
  return job;
}
