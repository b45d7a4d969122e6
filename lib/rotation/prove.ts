import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createCci } from '../cci/client.ts';
import { createCredentials } from '../cci/credentials/credentials.ts';
import type { Transport } from '../cci/transport.ts';
import { type JobKind, jobKind } from '../job/kinds.ts';
import type { Config } from '../runtime/config.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { type LogNote, StatusError } from '../status.ts';
import { pending } from './secret.ts';
import { stepFailed } from './step.ts';

/** What a proof came to. One that failed for good cannot succeed later with the same version. */
export type Verdict = { proven: true } | { proven: false; forGood: boolean; error: StatusError };

/** Proves a version of the secret by one signed read: the list of one TFJob, in a namespace or over all. */
export async function prove(
  version: string,
  { endpoint, projectId, secretId, rotationNamespace: namespace }: Config,
  client: SecretsManagerClient,
  transport: Transport,
  context: RequestContext,
): Promise<Verdict> {
  const credentials = createCredentials({ SecretId: secretId, VersionId: version, VersionStage: pending }, client);
  const cci = createCci({ endpoint, projectId, credentials, transport });
  const collection = { kind: jobKind('cci', 'tfjobs') as JobKind, namespace };
  try {
    // Whatever answers 200 under this address but no list of jobs has proven nothing: it is thrown.
    await cci.fetch(collection, { limit: '1' }, 'application/json', context);
    return { proven: true };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const [forGood, message] = explain(error, context.counts.refusedVersions > 0, namespace);
    return { proven: false, forGood, error: stepFailed(message, error.note) };
  }
}

/** Whether a failure is for good, and what the operator is told of it. */
function explain({ status, note }: StatusError, refused: boolean, namespace: string | undefined): [boolean, string] {
  if (note.mistakes) return [true, malformed(note)];
  if (refused) {
    const locked = note.locked ? '; it failed too often and stays locked for five minutes' : '';
    return [true, `the pending version was refused (${note.reason})${locked}`];
  }
  if (status.code === 403) {
    const where = namespace === undefined ? 'all namespaces' : 'the namespace that ROTATION_NAMESPACE names';
    return [
      false,
      `CCI knows the pending version, but it may not list tfjobs in ${where}: permit that, or set ROTATION_NAMESPACE to one where it may`,
    ];
  }
  const why = [note.reason ?? `CCI answered ${status.code}`, note.code, note.error, note.why].filter((part) => part !== undefined);
  return [false, unknown(why.join(', '))];
}

/** What the operator is told of a secret that is in none of its forms: the wrong keys, no value. */
export function malformed({ mistakes }: LogNote): string {
  return `the new secret is malformed: ${(mistakes as string[]).join('; ')}`;
}

function unknown(why: string): string {
  return `the pending version could not be proven: ${why}. It keeps its stage, and Secrets Manager repeats the rotation`;
}
