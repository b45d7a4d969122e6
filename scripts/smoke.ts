/**
 * `npm run smoke -- --url https://…/prod`: whether what answers there is what was built here, and does what it should: it says its version,
 * reads a job, makes a dry run of a change, and refuses one of what nobody may change. Nothing is written. Where AWS signatures are asked for
 * it signs with the AWS credentials at hand; a bearer token is read from the file that `--token-file` names.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { endpointMistake } from '../lib/runtime/config.ts';
import { fail } from '../local/process.ts';
import { connect, type Gateway } from './smoke/connect.ts';

const usage = 'usage: npm run smoke -- --url https://HOST/STAGE [--job tfjobs/NAMESPACE/NAME] [--token-file FILE] [--region REGION]';

const { url, job, tokenFile, region } = readArguments();
const token = tokenFile && (await readFile(tokenFile, 'utf8').catch(() => fail([`${tokenFile} cannot be read`]))).trim();
if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) fail([`${tokenFile} has no token, or more than one line`]);
const built = await versionBuilt().catch((error: Error) => fail([`nothing is built: run npm run build (${error.message})`]));
let failed = false;

try {
  const gateway = await connect({ url, token, region });
  say('how callers are known', gateway.about);
  await checkCallers(gateway, '/version');
  await checkVersion(gateway);
  const path = await jobPath(gateway);
  if (path) await checkCallers(gateway, path);
  if (path) await checkJob(gateway, path);
} catch (error) {
  wrong((error as Error).message);
}
if (failed) process.exitCode = 1;
else console.log('All is well.');

/** Only a gateway on this machine, for which nobody has given a token, may be open. */
async function checkCallers(gateway: Gateway, path: string): Promise<void> {
  const isLocal = url.startsWith('http:') && token === undefined;
  if (!isLocal && (await gateway.isOpen(path))) wrong(`${path} is answered to whoever asks, without a token or a signature`);
}

async function checkVersion(gateway: Gateway): Promise<void> {
  const { status, body } = await gateway.send('GET', '/version');
  if (status !== 200) return wrong(`/version is answered with ${status} ${body.message ?? ''}`);
  for (const what of ['build', 'policies'] as const) {
    const [there, here] = [body[what] ?? 'none', built[what] ?? 'none'];
    if (there === here) say(what, there);
    else wrong(`${what}: ${there} answers, but ${here} was built`);
  }
}

/** The path of the job that was named, or of any. */
async function jobPath(gateway: Gateway): Promise<string | undefined> {
  if (job) {
    const [plural, namespace, name] = job.split('/');
    return `/apis/kubeflow.org/v1/namespaces/${namespace}/${plural}/${name}`;
  }
  const { status, body } = await gateway.send('GET', '/apis/kubeflow.org/v1/tfjobs?limit=1');
  if (status !== 200) return void wrong(`tfjobs cannot be listed: ${status} ${body.message ?? ''}; name one with --job`);
  const metadata = body.items?.[0]?.metadata;
  if (!metadata) return void wrong('there is no tfjob to try it on: name another kind with --job');
  return `/apis/kubeflow.org/v1/namespaces/${metadata.namespace}/tfjobs/${metadata.name}`;
}

async function checkJob(gateway: Gateway, path: string): Promise<void> {
  const before = await gateway.send('GET', path);
  if (before.status !== 200) return wrong(`${path} is answered with ${before.status} ${before.body.message ?? ''}`);
  say('a job is read', path);
  const mark = `smoke-${Date.now()}`;
  const dry = await gateway.send('PATCH', `${path}?dryRun=All`, { metadata: { annotations: { 'example.com/smoke': mark } } });
  const isDone = dry.status === 200 && dry.body.metadata?.annotations?.['example.com/smoke'] === mark;
  if (isDone) say('a dry run of a change', 'is answered with the job as it would be');
  else wrong(`a dry run is answered with ${dry.status} ${dry.body.message ?? ''}`);
  const forbidden = await gateway.send('PATCH', `${path}?dryRun=All`, { spec: { backoffLimit: 987_654 } });
  if (forbidden.status === 403) say('a change of what nobody may change', 'is refused, on a dry run');
  else wrong(`a change of spec.backoffLimit is answered with ${forbidden.status}, not 403, on a dry run`);
  const after = await gateway.send('GET', path);
  if (after.body.metadata?.annotations?.['example.com/smoke'] === mark) wrong('the dry run was written');
}

function say(what: string, found: string): void {
  console.log(`ok     ${what}: ${shown(found)}`);
}
function wrong(sentence: string): void {
  failed = true;
  console.log(`WRONG  ${shown(sentence)}`);
}
/** What answers may be anything, which writes nothing into this terminal but one line. */
function shown(text: string): string {
  return text.replaceAll(/\p{C}/gu, ' ').slice(0, 1000);
}

/** What the function in dist/ says of itself. */
async function versionBuilt(): Promise<Record<string, string>> {
  Object.assign(process.env, { LAYOUT: '', SSO_USERNAME: '', POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' });
  const { handler } = await import(new URL('../dist/discovery/index.mjs', import.meta.url).href);
  const requestContext = { httpMethod: 'GET', identity: { userArn: 'arn:aws:iam::000000000000:user/smoke' } };
  const { body } = await handler({ resource: '/version', path: '/version', httpMethod: 'GET', headers: {}, requestContext }, {});
  return JSON.parse(body);
}

function readArguments() {
  const options = {
    url: { type: 'string' },
    job: { type: 'string' },
    'token-file': { type: 'string' },
    region: { type: 'string' },
  } as const;
  try {
    const { url, job, region, 'token-file': tokenFile } = parseArgs({ options }).values;
    const parsed = URL.parse(url ?? '');
    const mistake = url && endpointMistake(url);
    if (mistake) fail([`--url ${mistake}`, usage]);
    if (!parsed || (job !== undefined && !/^[a-z]+\/[^/]+\/[^/]+$/.test(job))) fail([usage]);
    return { url: parsed.href.replace(/\/$/, ''), job, region, tokenFile };
  } catch (error) {
    return fail([(error as Error).message.split('. ')[0] ?? '', usage]);
  }
}
