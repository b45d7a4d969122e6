/**
 * What `npm start` runs after the build: the whole product on this machine, with a simulated CCI and Secrets Manager. It needs
 * no account. Of the environment it takes PORT, PROTECTED_KEYS and what the logger reads.
 */
import { randomUUID } from 'node:crypto';
import { devNull } from 'node:os';
import { startApiGateway } from './api-gateway.ts';
import { endOnSignals, fail, readPort } from './process.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { startSimulator } from './simulator.ts';

const secretName = 'tfjob-gateway/local';

try {
  const mistakes: string[] = [];
  const port = readPort(process.env, mistakes);
  if (mistakes.length > 0) fail(mistakes);

  const key = { accessKey: 'LOCALACCESSKEY', secretKey: randomUUID() };
  const simulator = await startSimulator(key);
  const secret = { versionId: randomUUID(), value: JSON.stringify(key) };
  const secretsManager = await startSecretsManager({ secrets: { [secretName]: secret } });
  useLocalEnvironment(simulator.url, secretsManager.url);
  const gateway = await startApiGateway({ port, auth: 'none' });
  endOnSignals(() => Promise.all([gateway.close(), simulator.close(), secretsManager.close()]));

  // The gateway itself refuses a path that cannot be decoded: no handler is called, and no log line appears.
  await Promise.all([simulator.url, secretsManager.url, `${gateway.url}/%`].map(untilItAnswers));
  console.log(`tfjob-gateway is at ${gateway.url}
AUTH=none: whoever reaches it may use it. It listens on 127.0.0.1, so only this machine can.
Behind it are a simulated CCI (${simulator.url}) with the job kube-test/tfjob-test, and a simulated Secrets Manager (${secretsManager.url}).

Try this from another shell, in this folder:

curl -sS -X PUT ${gateway.url}/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test -H 'content-type: application/json' --data-binary @events/replace-tfjob.json

Expect 200 and the job with "ttlSecondsAfterFinished":1000. The same again: 409, as the resourceVersion in the file is stale by then. kubectl works too:

kubectl --server ${gateway.url} get tfjobs -n kube-test

Ctrl-C ends everything.`);
} catch (error) {
  fail([(error as Error).message]);
}

/** Before any handler is loaded: none of the caller's own AWS or CCI settings may reach it, or it would call the real ones. */
function useLocalEnvironment(cci: string, secretsManager: string): void {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|CCI)_|^(AUTH|LAYOUT)$/.test(name)) delete process.env[name];
  }
  Object.assign(process.env, {
    CCI_ENDPOINT: cci,
    CCI_SECRET_ID: secretName,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The files in the home directory may name other endpoints too.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  });
}

/** Any answer counts, a refusal too. */
async function untilItAnswers(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  await response.arrayBuffer();
}
