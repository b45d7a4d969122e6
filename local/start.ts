/**
 * What `npm start` runs after the build: the whole product on this machine, with a simulated CCI and Secrets Manager. It needs
 * no account. Of the environment it takes PORT, PROTECTED_KEYS, WATCH (off: jobs cannot be watched) and what the logger reads; `--chaos` makes the simulated CCI fail at
 * random; `--policies FOLDER` builds the functions with these policies, for three callers with tokens.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildHandlers } from '../scripts/build.ts';
import { type ApiGateway, startApiGateway } from './api-gateway/api-gateway.ts';
import { dist, loadHandler } from './api-gateway/bundle.ts';
import { startForCallers } from './api-gateway/for-callers.ts';
import { type Aws, startAws } from './aws/aws.ts';
import { awsEnvironment } from './aws/aws-environment.ts';
import { deliverEvent, type EventHandler, eventEnvironment, eventsPath } from './aws/events.ts';
import { startSecretsManager } from './aws/secrets-manager.ts';
import { readCallers } from './callers.ts';
import { adminPath } from './cci/admin.ts';
import { startSimulator } from './cci/simulator.ts';
import { endOnSignals, fail, readPort } from './process.ts';

const secretName = 'tfjob-gateway/local';
const jobPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const callersFile = 'local/callers.csv';
const chaos = { dropBefore: 0.05, dropAfter: 0.05, unavailable: 0.05, throttled: 0.05, delay: 200 };

try {
  const mistakes: string[] = [];
  const { chaotic, policies } = readArguments(mistakes);
  const port = readPort(process.env, mistakes);
  if (mistakes.length > 0) fail(mistakes);

  const key = { accessKey: 'LOCALACCESSKEY', secretKey: randomUUID() };
  // Later than those of every start before: who watches across a restart lists again, and does not wait for what has happened.
  const simulator = await startSimulator({ ...key, mostVersions: 0, revision: BigInt(Date.now()) });
  const secret = { versionId: randomUUID(), value: JSON.stringify(key) };
  const secretsManager = await startSecretsManager({ secrets: { [secretName]: secret } });
  const aws = await startAws({ keep: 1000 });
  useLocalEnvironment(simulator.url, secretsManager.url, eventEnvironment(aws));
  const gateway = await startGateway(port, aws, policies);
  endOnSignals(() => Promise.all([gateway.close(), simulator.close(), secretsManager.close(), aws.close()]));

  // The gateway itself refuses a path that cannot be decoded: no handler is called, and no log line appears.
  await Promise.all([simulator.url, secretsManager.url, `${gateway.url}/%`].map(untilItAnswers));
  if (chaotic) simulator.chaos(chaos);
  console.log(`tfjob-gateway is at ${gateway.url}
${gateway.about}
Behind it are a simulated CCI (${simulator.url}) with the job kube-test/tfjob-test, and a simulated Secrets Manager (${secretsManager.url}).

Look at the jobs and change them in a browser: ${gateway.url}/console/

Try these from another shell, in this folder, as often as you like and in any order:

curl -sS -X PUT ${gateway.url}${jobPath}${gateway.header} -H 'content-type: application/json' --data-binary @events/without-resource-version.json

Expect 200 and the job with "ttlSecondsAfterFinished":1000${policies ? ', or what the policies say' : ''}. kubectl works unchanged:

${gateway.kubectl}

Events change jobs too. This gives one to the event function, as a queue would, and prints the result event:

${process.env.PORT ? `PORT=${port} ` : ''}npm run event -- events/job-update.json

${aboutFaults(`${simulator.url}${adminPath}`, gateway, chaotic)}

Ctrl-C ends everything.`);
} catch (error) {
  fail([(error as Error).message]);
}

/** What is given; adds to the mistakes what else is. */
function readArguments(mistakes: string[]): { chaotic: boolean; policies: string | undefined } {
  try {
    const { chaos, policies } = parseArgs({ options: { chaos: { type: 'boolean' }, policies: { type: 'string' } } }).values;
    return { chaotic: chaos === true, policies };
  } catch (error) {
    // The first sentence names the argument; what follows is advice about other programs.
    mistakes.push(`${(error as Error).message.split('. ')[0]}`, 'usage: npm start [-- --chaos] [--policies FOLDER]');
    return { chaotic: false, policies: undefined };
  }
}

function aboutFaults(admin: string, { url, header }: Started, chaotic: boolean): string {
  // A merge patch of the five fields always reaches CCI, whether or not it changes anything.
  const example = `curl -sS ${admin}faults -d '{"method":"PATCH","act":"drop","when":"after"}'
curl -sS -X PATCH ${url}${jobPath}${header} -H 'content-type: application/merge-patch+json' -d '{"spec":{"ttlSecondsAfterFinished":600}}'`;
  const choice = 'a patch that CCI carries out and never answers. The gateway then reads the job, so expect 200:';
  if (!chaotic)
    return `npm start -- --chaos makes the simulated CCI fail at random.
Or choose what fails, such as ${choice}\n\n${example}`;
  const [before, after, unavailable, throttled] = [chaos.dropBefore, chaos.dropAfter, chaos.unavailable, chaos.throttled].map(
    (share) => `${share * 100} %`,
  );
  return `Chaos: of the requests that the simulated CCI gets, it drops ${before} before and ${after} after it has carried them out, answers ${unavailable} with
503 and ${throttled} with 429 (Retry-After: 1), and lets each one wait up to ${chaos.delay} ms; what the gateway cannot make good is answered 503 or 504.
GET ${admin}state counts what it did; PUT ${admin}chaos changes it. A fault of your choice, here
${choice}

${example}`;
}

/** A gateway that runs, and what of it is told: who may call, what curl adds, how kubectl is called. */
interface Started extends ApiGateway {
  about: string;
  header: string;
  kubectl: string;
}

/** The gateway for everybody; or with policies, of which a build of its own is made, for callers with tokens. */
async function startGateway(port: number, aws: Aws, policies: string | undefined): Promise<Started> {
  if (policies === undefined) {
    const gateway = await startApiGateway({ port, auth: 'none', console: true, beside: await eventDoors(aws, dist) });
    const about = 'AUTH=none: whoever reaches it may use it. It listens on 127.0.0.1, so only this machine can.';
    return { ...gateway, about, header: '', kubectl: `kubectl --server ${gateway.url} get tfjobs -n kube-test` };
  }
  const callers = await readCallers(callersFile);
  const distDir = await mkdtemp('dist-policies-');
  const tidy = () => rm(distDir, { recursive: true });
  try {
    await buildHandlers(distDir, policies);
    const gateway = await startForCallers({ port, distDir, console: true, beside: await eventDoors(aws, distDir) }, callers);
    const about = `It has the policies of ${policies}, and lets in who brings a token of ${callersFile}. It listens on 127.0.0.1, so only this machine can.`;
    const header = ` -H 'authorization: Bearer ${[...callers.keys()][0]}'`;
    return { ...gateway, close: async () => void (await Promise.all([gateway.close(), tidy()])), about, header, kubectl: gateway.about };
  } catch (error) {
    await tidy();
    throw error;
  }
}

/** The event function behind the path that scripts/event.ts sends to. */
async function eventDoors(aws: Aws, distDir: string) {
  const handler = await loadHandler<EventHandler>(distDir, 'job-event');
  return {
    path: eventsPath,
    answer: (body: string, query: URLSearchParams) => deliverEvent(handler, aws, body, query.get('door') === 'fifo'),
  };
}

/** Before any handler is loaded: none of the caller's own AWS or CCI settings may reach it, or it would call the real ones. */
function useLocalEnvironment(cci: string, secretsManager: string, more: Record<string, string>): void {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|CCI|OIDC|CONSOLE)_|^(AUTH|LAYOUT)$/.test(name)) delete process.env[name];
  }
  Object.assign(process.env, more, {
    WATCH: process.env.WATCH || 'on',
    CCI_ENDPOINT: cci,
    CCI_SECRET_ID: secretName,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    ...awsEnvironment('local', 'local'),
  });
}

/** Any answer counts, a refusal too. */
async function untilItAnswers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  await response.arrayBuffer();
}
