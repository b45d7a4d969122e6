/**
 * What `npm run gateway` runs after the build: the local gateway alone, against whatever the environment names (a real CCI, or
 * any Kubernetes API server). WATCH=off: jobs cannot be watched.
 */

import { connectSecretsManager } from '../lib/cci/connect.ts';
import { awsErrorNote } from '../lib/runtime/aws-error.ts';
import { parseConfig, parseWatch } from '../lib/runtime/config.ts';
import { startApiGateway } from './api-gateway/api-gateway.ts';
import { startForCallers } from './api-gateway/for-callers.ts';
import { readCallers } from './callers.ts';
import { endOnSignals, fail, readPort } from './process.ts';

const nobody =
  'AUTH is not set: there is nobody here to authenticate callers, so every request is answered 401. AUTH=none lets everybody in, AUTH_TOKENS=FILE callers with tokens.';

try {
  const mistakes: string[] = [];
  const { AUTH: auth, AUTH_TOKENS: tokens } = process.env;
  const port = readPort(process.env, mistakes);
  if (auth && auth !== 'none') mistakes.push(`AUTH must be none or not set, not ${JSON.stringify(auth)}`);
  if (auth && tokens) mistakes.push('AUTH=none lets everybody in, AUTH_TOKENS only callers with a token: set one of them');
  const callers = tokens ? await readCallers(tokens).catch((error: Error) => void mistakes.push(error.message)) : undefined;
  mistakes.push(...configMistakes(), ...(await regionMistakes()));
  if (mistakes.length > 0) fail(mistakes);

  process.env.WATCH ||= 'on';
  const gateway = callers
    ? await startForCallers({ port, console: true }, callers)
    : await startApiGateway({ port, console: true, auth: auth === 'none' ? 'none' : undefined });
  endOnSignals(() => gateway.close());
  console.log(`tfjob-gateway is at ${gateway.url}, in front of ${process.env.CCI_ENDPOINT}; in a browser ${gateway.url}/console/`);
  if ('about' in gateway)
    console.log(`Who brings a token of ${tokens} is its caller. It listens on 127.0.0.1, so only this machine can.\n${gateway.about}`);
  else if (auth === 'none') console.log('AUTH=none: whoever reaches it may use it. It listens on 127.0.0.1, so only this machine can.');
  else console.log(nobody);
} catch (error) {
  fail([(error as Error).message]);
}

/** What no region, or none that can be, would be answered at the first request. The AWS client looks for it in its files as well. */
async function regionMistakes(): Promise<string[]> {
  try {
    await connectSecretsManager().config.region();
    return [];
  } catch (error) {
    return [awsErrorNote(error).why ?? `AWS_REGION cannot be found: ${awsErrorNote(error).error}`];
  }
}

function configMistakes(): string[] {
  try {
    parseConfig(process.env);
    parseWatch(process.env);
    return [];
  } catch (error) {
    if (error instanceof Error && 'mistakes' in error) return error.mistakes as string[];
    throw error;
  }
}
