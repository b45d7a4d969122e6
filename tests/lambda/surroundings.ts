import { randomUUID } from 'node:crypto';
import { type Aws, startAws } from '../../local/aws/aws.ts';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import { type SecretsManager, startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import { credential } from '../credentials.ts';
import { type Issuer, keysPath, makeSigner, type Signer, startIssuer } from '../unit/callers/issuer.ts';

const key = { accessKey: credential('ak'), secretKey: credential('sk') };
const next = { accessKey: credential('next-ak'), secretKey: credential('next-sk') };
const pendingVersion = randomUUID();

/** What deployed functions call, on this machine. */
export interface Surroundings {
  simulator: Simulator;
  secrets: SecretsManager;
  aws: Aws;
  issuer: Issuer;
  signer: Signer;
  /** The version of the secret that a rotation is to prove. */
  pendingVersion: string;
  close(): Promise<void>;
}

/** Starts a simulated CCI that knows two keys, Secrets Manager with both, what events and audit events are sent to, and an issuer. */
export async function startSurroundings(): Promise<Surroundings> {
  const signer = await makeSigner('RS256');
  const [simulator, secrets, aws, issuer] = await Promise.all([
    startSimulator(key),
    startSecretsManager({ secrets: {} }),
    startAws(),
    startIssuer([signer]),
  ]);
  simulator.addKey(next);
  const close = async () => void (await Promise.all([simulator, secrets, aws, issuer].map((server) => server.close())));
  return { simulator, secrets, aws, issuer, signer, pendingVersion, close };
}

/**
 * The environment that a template gives to a function: what is only known when it is deployed (Ref and the like) is some text, and whatever
 * would lead away from this machine leads to what stands for it here.
 */
export function environmentFor(
  variables: Record<string, unknown>,
  { simulator, secrets, aws, issuer }: Surroundings,
): Record<string, string> {
  const queue = (ending: string): string => `${aws.url}/123456789012/dead${ending}`;
  const here: Record<string, (given: string) => string> = {
    CCI_ENDPOINT: () => simulator.url,
    CCI_SECRET_ID: (given) => {
      if (known.has(given)) return given;
      known.add(given);
      secrets.set(given, JSON.stringify(key));
      secrets.stage(given, JSON.stringify(next), 'AWSPENDING', pendingVersion);
      return given;
    },
    OIDC_ISSUER: () => issuer.url,
    OIDC_JWKS_URI: (given) => given && `${issuer.url}${keysPath}`,
    JOB_EVENT_ROLE_ID: () => 'AROAFUNCTION',
    DEAD_LETTER_QUEUE_URL: () => queue(''),
    DEAD_LETTER_FIFO_QUEUE_URL: () => queue('.fifo'),
  };
  const given = Object.entries(variables).map(([name, value]): [string, string] => {
    const text = typeof value === 'string' ? value : 'known-when-deployed';
    return [name, here[name]?.(text) ?? text];
  });
  return {
    ...Object.fromEntries(given),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: aws.url,
    AWS_ENDPOINT_URL_SQS: aws.url,
    AWS_ENDPOINT_URL_FIREHOSE: aws.url,
    ...awsEnvironment(credential('aws-ak'), credential('aws-sk')),
  };
}
/** The secrets that there are by now. */
const known = new Set<string>();

/** Whether a text has one of CCI's keys in it. */
export const holdsKey = (text: string): boolean => [key, next].flatMap(Object.values).some((value) => text.includes(value as string));
