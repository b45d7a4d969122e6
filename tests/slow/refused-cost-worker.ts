/** Judges one hostile request of about 3 MiB, in a heap of its own size, and tells what it was answered. */
import { parentPort, workerData } from 'node:worker_threads';
import { decide } from '../../lib/job/decide.ts';
import { parseRequested } from '../../lib/job/rules/shape.ts';
import { type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { passThroughPatch } from '../../lib/update/pass-through.ts';
import { cci, job, ref } from '../unit/job/jobs.ts';

const numbered = (count: number, member: (n: number) => string) => Array.from({ length: count }, (_, n) => member(n)).join(',');
/** The documented job with members put in at a place. */
const withIn = (path: string, members: string) => JSON.stringify(job({ [`${path}.placeholder`]: 0 })).replace('"placeholder":0', members);
const bad = numbered(200_000, (n) => `"/a!${n}":""`);
const fields = numbered(250_000, (n) => `"a${n}":1`);

const requests: Record<string, { text: () => string; strict?: boolean; protectedKeys?: string[] }> = {
  'labels with bad names': { text: () => withIn('metadata.labels', bad) },
  'annotations with bad names': { text: () => withIn('metadata.annotations', bad) },
  'protected labels': {
    text: () =>
      withIn(
        'metadata.labels',
        numbered(200_000, (n) => `"p/${n}":""`),
      ),
    protectedKeys: ['p/*'],
  },
  'unknown fields': { text: () => withIn('spec', fields) },
  'unknown fields under Strict': { text: () => withIn('spec', fields), strict: true },
};

const { title } = workerData as { title: string };
const { text, strict, protectedKeys = [] } = requests[title] as (typeof requests)[string];
const body = parseExactJson(text()) as JsonObject;
const live = job();
const { labels = null, annotations = null } = body.metadata as JsonObject;
const oneTrip = passThroughPatch(cci, ref, { metadata: { labels, annotations } }, protectedKeys);
const decision = decide(cci, ref, live, parseRequested(cci, ref, body), {
  protectedKeys,
  ...(strict && { validation: { mode: 'Strict' as const, duplicates: [] } }),
});
if (decision.outcome !== 'refused') throw new Error(`not refused but ${decision.outcome}`);
const { code, details } = decision.error.status;
parentPort?.postMessage({ code, oneTrip, listed: details?.causes?.length, last: details?.causes?.at(-1)?.message });
