import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Layout } from '../../../lib/job/fields.ts';
import { loadHandler } from '../../../local/api-gateway/bundle.ts';
import { startAws } from '../../../local/aws/aws.ts';
import { awsEnvironment } from '../../../local/aws/aws-environment.ts';
import { startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { credential, logging } from '../../credentials.ts';
import { buildWith } from '../../policies.ts';
import { Random } from '../differential/random.ts';
import type { Functions, Handler } from './doors.ts';
import { type DrawnPolicy, drawPolicies, fixedManifests } from './manifests.ts';
import { startUpstream, type Upstream } from './upstream.ts';

/** The built functions with drawn policies, before an upstream that keeps what they write. */
export interface World {
  title: string;
  seed: number;
  layout: Layout;
  policies: DrawnPolicy[];
  functions: Functions;
  upstream: Upstream;
  close(): Promise<void>;
}

const secretName = 'tests/cci-credentials';
const key = { accessKey: credential('ak'), secretKey: credential('sk') };

/** Starts the world of a seed: seeds that follow each other have both layouts, with and without a cache of live jobs. */
export async function startWorld(seed: number): Promise<World> {
  const layout = seed % 2 === 0 ? 'cci' : 'kubeflow';
  const liveCache = seed % 4 < 2 ? 'off' : 'on';
  const policies = drawPolicies(new Random(seed), layout);
  const manifests = policies.flatMap(({ manifest, bindings }) => [manifest, ...bindings.map((binding) => binding.manifest)]);
  const folder = await buildWith([...fixedManifests, ...manifests], ['replace-job', 'patch-job', 'job-event']);
  const [upstream, aws] = await Promise.all([startUpstream(), startAws()]);
  const secrets = await startSecretsManager({ secrets: { [secretName]: { versionId: 'v1', value: JSON.stringify(key) } } });
  // What a bundle reads while it is loaded, and nothing of the machine's own AWS settings.
  Object.assign(process.env, {
    CCI_ENDPOINT: upstream.url,
    CCI_SECRET_ID: secretName,
    LAYOUT: layout,
    LIVE_CACHE: liveCache,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: aws.url,
    AWS_ENDPOINT_URL_SQS: aws.url,
    EVENT_BUS_NAME: 'tfjob-gateway',
    JOB_EVENT_ROLE_ID: 'AROAFUNCTION',
    DEAD_LETTER_QUEUE_URL: `${aws.url}/111122223333/dead`,
    DEAD_LETTER_FIFO_QUEUE_URL: `${aws.url}/111122223333/dead.fifo`,
    ...awsEnvironment(credential('aws-ak'), credential('aws-sk')),
    ...logging,
  });
  const load = (name: string) => loadHandler<Handler>(folder, name);
  const functions = { put: await load('replace-job'), patch: await load('patch-job'), event: await load('job-event'), aws };
  return {
    title: `seed ${seed} (${layout}, live cache ${liveCache}, ${policies.length} policies)`,
    seed,
    layout,
    policies,
    functions,
    upstream,
    async close() {
      await Promise.all([upstream.close(), aws.close(), secrets.close(), rm(folder, { recursive: true })]);
    },
  };
}

/** A folder for the oracle's questions. */
export const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), 'tfjob-gateway-policies-'));
