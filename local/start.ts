/**
 * What `npm start` runs after the build: the whole product on this machine, with a simulated CCI and Secrets Manager. It needs
 * no account. Of the environment it takes PORT, PROTECTED_KEYS and what the logger reads; `--chaos` makes the simulated CCI fail at
 * random.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startApiGateway } from './api-gateway/api-gateway.ts';
import { dist, loadHandler } from './api-gateway/bundle.ts';
import { type Aws, startAws } from './aws/aws.ts';
import { awsEnvironment } from './aws/aws-environment.ts';
import { deliverEvent, type EventHandler, eventEnvironment, eventsPath } from './aws/events.ts';
import { startSecretsManager } from './aws/secrets-manager.ts';
import { adminPath } from './cci/admin.ts';
import { startSimulator } from './cci/simulator.ts';
import { endOnSignals, fail, readPort } from './process.ts';

const secretName = 'tfjob-gateway/local';
const jobPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const chaos = { dropBefore: 0.05, dropAfter: 0.05, unavailable: 0.05, throttled: 0.05, delay: 200 };

try {
  const mistakes: string[] = [];
  const chaotic = readArguments(mistakes);
  const port = readPort(process.env, mistakes);
  if (mistakes.length > 0) fail(mistakes);

  const key = { accessKey: 'LOCALACCESSKEY', secretKey: randomUUID() };
  const simulator = await startSimulator({ ...key, mostVersions: 0 });
  const secret = { versionId: randomUUID(), value: JSON.stringify(key) };
  const secretsManager = await startSecretsManager({ secrets: { [secretName]: secret } });
  const aws = await startAws({ keep: 1000 });
  useLocalEnvironment(simulator.url, secretsManager.url, eventEnvironment(aws));
  const gateway = await startApiGateway({ port, auth: 'none', beside: await eventDoors(aws) });
  endOnSignals(() => Promise.all([gateway.close(), simulator.close(), secretsManager.close(), aws.close()]));

  // The gateway itself refuses a path that cannot be decoded: no handler is called, and no log line appears.
  await Promise.all([simulator.url, secretsManager.url, `${gateway.url}/%`].map(untilItAnswers));
  if (chaotic) simulator.chaos(chaos);
  console.log(`tfjob-gateway is at ${gateway.url}
AUTH=none: whoever reaches it may use it. It listens on 127.0.0.1, so only this machine can.
Behind it are a simulated CCI (${simulator.url}) with the job kube-test/tfjob-test, and a simulated Secrets Manager (${secretsManager.url}).

Try these from another shell, in this folder, as often as you like and in any order:

curl -sS -X PUT ${gateway.url}${jobPath} -H 'content-type: application/json' --data-binary @events/without-resource-version.json

Expect 200 and the job with "ttlSecondsAfterFinished":1000. kubectl works unchanged:

kubectl --server ${gateway.url} get tfjobs -n kube-test

Events change jobs too. This gives one to the event function, as a queue would, and prints the result event:

${process.env.PORT ? `PORT=${port} ` : ''}npm run event -- events/job-update.json

${aboutFaults(`${simulator.url}${adminPath}`, gateway.url, chaotic)}

Ctrl-C ends everything.`);
} catch (error) {
  fail([(error as Error).message]);
}

/** Whether `--chaos` is given; adds to the mistakes what else is given. */
function readArguments(mistakes: string[]): boolean {
  try {
    return parseArgs({ options: { chaos: { type: 'boolean' } } }).values.chaos === true;
  } catch (error) {
    // The first sentence names the argument; what follows is advice about other programs.
    mistakes.push(`${(error as Error).message.split('. ')[0]}`, 'usage: npm start [-- --chaos]');
    return false;
  }
}

function aboutFaults(admin: string, gateway: string, chaotic: boolean): string {
  // A merge patch of the five fields always reaches CCI, whether or not it changes anything.
  const example = `curl -sS ${admin}faults -d '{"method":"PATCH","act":"drop","when":"after"}'
curl -sS -X PATCH ${gateway}${jobPath} -H 'content-type: application/merge-patch+json' -d '{"spec":{"ttlSecondsAfterFinished":600}}'`;
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

/** The event function behind the path that scripts/event.ts sends to. */
async function eventDoors(aws: Aws) {
  const handler = await loadHandler<EventHandler>(dist, 'job-event');
  return {
    path: eventsPath,
    answer: (body: string, query: URLSearchParams) => deliverEvent(handler, aws, body, query.get('door') === 'fifo'),
  };
}

/** Before any handler is loaded: none of the caller's own AWS or CCI settings may reach it, or it would call the real ones. */
function useLocalEnvironment(cci: string, secretsManager: string, more: Record<string, string>): void {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|CCI)_|^(AUTH|LAYOUT)$/.test(name)) delete process.env[name];
  }
  Object.assign(process.env, more, {
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
