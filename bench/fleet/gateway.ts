/**
 * The gateway under simulation: the handlers of a checkout as they are, each process with its own module state, and everything of lib
 * but two ends. Its connections (lib/cci/transport.ts) and the AWS clients are those of the simulation. Of another checkout nothing needs to
 * be known but where these ends are, so that versions can be set side by side.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { transform } from 'esbuild';
import type { Transport } from '../../lib/cci/transport.ts';

/** What a process calls. */
export interface Surroundings {
  transport: Transport;
  /** What the client of each AWS service does with a command. */
  secretsManager: Send;
  eventBridge?: Send;
  sqs?: Send;
  liveCache?: 'on' | 'off';
}
export type Send = (command: { input: never }) => Promise<object>;
/** The functions of the deployment that are simulated. */
export type FunctionName = 'replace-job' | 'patch-job' | 'read-jobs' | 'job-event';
// biome-ignore lint/suspicious/noExplicitAny: events and results of Lambda, one shape per source
export type Handler = (event: object, context: object) => Promise<any>;
/** A checkout whose handlers can be started, as often as there are processes. */
export interface Gateway {
  root: string;
  start(name: FunctionName, surroundings: Surroundings): Handler;
  /** A module of lib. */
  load<T>(path: string): Promise<T>;
}
type Modules = (specifier: string) => unknown;
type Evaluate = (modules: Modules, env: Record<string, string>) => Record<string, unknown>;

const names: FunctionName[] = ['replace-job', 'patch-job', 'read-jobs', 'job-event'];
/** Evaluated for each process: they hold what it is connected to. All else of lib is the same for all. */
const perProcess = [
  'lib/cci/connect.ts',
  'lib/events/publish.ts',
  // Its name in the checkout that `before` is measured of.
  'lib/events/send.ts',
  ...names.map((name) => `handlers/${name}.ts`),
];
const environment = {
  CCI_ENDPOINT: 'https://cci.example',
  CCI_SECRET_ID: 'secret',
  EVENT_BUS_NAME: 'bus',
  JOB_EVENT_ROLE_ID: 'AROAFUNCTION',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead',
  DEAD_LETTER_FIFO_QUEUE_URL: 'https://sqs.example/dead.fifo',
};
/** What lib's loggers and metrics see when they are made. */
const quiet = { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' };

/** Loads a checkout (a folder with node_modules). Nothing of it runs before a process is started. */
export async function loadGateway(root: string): Promise<Gateway> {
  const kept = { ...process.env };
  Object.assign(process.env, quiet);
  const shared = new Map<string, object>();
  const evaluates = new Map<string, Evaluate>();
  for (const path of perProcess.filter((file) => existsSync(join(root, file)))) {
    // Nothing is awaited here while a process starts, and none of these has policies; what the audit trail would tell nobody reads.
    const source = (await readFile(join(root, path), 'utf8'))
      .replace(/await loadPolicies\(\w*\)/, 'undefined')
      .replace(
        /await openAudit\([^)]*\)/,
        '{ begin: () => ({ received: undefined, end: async () => undefined }), ofSecret: () => () => undefined }',
      );
    const { code } = await transform(source, { loader: 'ts', format: 'cjs', target: 'node24' });
    for (const [, specifier = ''] of code.matchAll(/require\("([^"]+)"\)/g)) {
      const address = resolve(root, path, specifier);
      // An ES module's default export would be hidden otherwise.
      if (!isPerProcess(root, address)) shared.set(address, { __esModule: true, ...(await import(address)) });
    }
    const compiled = compileFunction(code, ['require', 'module', 'process'], { filename: join(root, path) });
    evaluates.set(pathToFileURL(join(root, path)).href, (modules, env) => {
      const module = { exports: {} };
      compiled(modules, module, { env });
      return module.exports;
    });
  }
  for (const name of Object.keys(quiet)) delete process.env[name];
  Object.assign(process.env, kept);
  return {
    root,
    load: <T>(path: string) => import(pathToFileURL(join(root, path)).href) as Promise<T>,
    start(name, surroundings) {
      const env = { ...environment, LIVE_CACHE: surroundings.liveCache ?? 'on' };
      const evaluated = new Map<string, unknown>();
      const modulesOf =
        (from: string): Modules =>
        (specifier) => {
          const address = resolve(root, from, specifier);
          const evaluate = evaluates.get(address);
          const known = evaluated.get(address) ?? withEnds(specifier, evaluate ? undefined : shared.get(address), surroundings);
          const module = known ?? evaluate?.(modulesOf(perProcess.find((path) => address.endsWith(`/${path}`)) as string), env);
          evaluated.set(address, module);
          return module;
        };
      return (modulesOf('package.json')(`./handlers/${name}.ts`) as { handler: Handler }).handler;
    },
  };
}

/** A module with the simulation's end in it, where it is one of those; otherwise as it is. */
function withEnds(specifier: string, module: object | undefined, { transport, secretsManager, eventBridge, sqs }: Surroundings): unknown {
  const client = (send: Send | undefined) =>
    class {
      send = send;
      middlewareStack = { add: () => undefined };
    };
  if (specifier.endsWith('/transport.ts'))
    return { ...module, createTransport: () => Object.assign(transport.bind(undefined), { open: () => undefined }) };
  if (specifier === '@aws-sdk/client-secrets-manager') return { ...module, SecretsManagerClient: client(secretsManager) };
  if (specifier === '@aws-sdk/client-eventbridge') return { ...module, EventBridgeClient: client(eventBridge) };
  if (specifier === '@aws-sdk/client-sqs') return { ...module, SQSClient: client(sqs) };
  return module;
}

/** A module's address; packages are those of this checkout. */
function resolve(root: string, from: string, specifier: string): string {
  return specifier.startsWith('.') ? new URL(specifier, pathToFileURL(join(root, from))).href : specifier;
}

function isPerProcess(root: string, address: string): boolean {
  return perProcess.some((path) => address === pathToFileURL(join(root, path)).href);
}
