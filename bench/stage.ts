import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { JsonObject } from '../lib/json/json.ts';
import { awsEnvironment } from '../local/aws/aws-environment.ts';
import { startSecretsManager } from '../local/aws/secrets-manager.ts';
import { bundle } from '../scripts/build.ts';
import { sendOk } from '../tests/conformance/http.ts';
import { next } from './alternate.ts';
import { pathOf } from './event.ts';

/** What every section gets: a folder of its own run, what is built into it, and servers that end with the run. */
export interface Stage {
  folder: string;
  /** Builds an entry as the handlers are built, once, into the folder. */
  build(entry: string): Promise<{ file: string; folder: string; metafile: Metafile }>;
  /** The environment of a handler before an upstream; `secret` is the CCI secret's content. */
  environment(upstream: string, options?: { secret?: object; ca?: string; env?: Record<string, string> }): NodeJS.ProcessEnv;
  startUpstream(env?: Record<string, string>): Promise<Upstream>;
  /** Fewer rounds where a run is only to show that it works (BENCH_QUICK=1). */
  rounds(count: number): number;
  /** What ends with the run, the last one first. */
  stops: (() => Promise<void> | void)[];
}
/** The bare upstream, in a process of its own. */
export interface Upstream {
  url: string;
  /** Stores a job, or a text as it is, under a name (or as the answer to a LIST). */
  store(name: string | undefined, job: JsonObject): Promise<void>;
  /** Changes a job's TTL, as somebody else would. */
  touch(name: string, ttl: number): Promise<void>;
  /** The methods that it was asked with since the last time. */
  calls(): Promise<string[]>;
  stop(): void;
}

/** Where the cache of live objects is switched off. */
export const uncached = { LIVE_CACHE: 'off' };

/** Sets the stage in an empty folder. */
export async function createStage(folder: string): Promise<Stage> {
  const built = new Map<string, ReturnType<Stage['build']>>();
  const secretsManager = await startSecretsManager({ secrets: {} });
  const stops: Stage['stops'] = [() => secretsManager.close()];
  return {
    folder,
    stops,
    rounds: (count) => (process.env.BENCH_QUICK ? Math.max(2, Math.ceil(count / 6)) : count),
    build(entry) {
      const build = async () => {
        const outdir = join(folder, entry.replace(/\W/g, '-'));
        const metafile = await bundle({ entryPoints: [{ in: entry, out: 'index' }] }, outdir);
        return { file: join(outdir, 'index.mjs'), folder: outdir, metafile };
      };
      const found = built.get(entry) ?? build();
      built.set(entry, found);
      return found;
    },
    environment(upstream, { secret = { accessKey: 'BENCH', secretKey: randomUUID() }, ca, env } = {}) {
      const name = randomUUID();
      secretsManager.set(name, JSON.stringify(secret));
      return {
        CCI_ENDPOINT: upstream,
        CCI_SECRET_ID: name,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
        ...awsEnvironment('bench', 'bench'),
        // It logs and counts as it does when it is deployed.
        POWERTOOLS_SERVICE_NAME: 'tfjob-gateway-bench',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        POWERTOOLS_METRICS_DISABLED: 'false',
        ...(ca && { NODE_EXTRA_CA_CERTS: ca }),
        ...env,
      };
    },
    async startUpstream(env = {}) {
      const child = fork(new URL('upstream.ts', import.meta.url), { env: { PATH: process.env.PATH, ...env } });
      stops.push(() => void (child.connected && child.disconnect()));
      const { url } = await next<{ url: string }>(child);
      const endpoint = { url, ...(env.BENCH_CERT && { ca: env.BENCH_CERT }) };
      return {
        url,
        async store(name, job) {
          await sendOk(endpoint, { method: 'POST', path: pathOf(name), body: job });
        },
        async touch(name, ttl) {
          await sendOk(endpoint, { method: 'PATCH', path: pathOf(name), body: { spec: { ttlSecondsAfterFinished: ttl } } });
        },
        async calls() {
          child.send({});
          return (await next<{ calls: string[] }>(child)).calls;
        },
        stop: () => void (child.connected && child.disconnect()),
      };
    },
  };
}
