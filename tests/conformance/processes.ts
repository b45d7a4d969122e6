import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a command said. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  /** Milliseconds after which it is stopped; its code is 124 then, as with timeout(1). */
  timeout?: number;
}

const running = new Set<ChildProcess>();

/** Runs a command to its end, whatever its exit code. */
export function run(command: string, args: readonly string[], { cwd, env, input, timeout = 60_000 }: RunOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: env ?? process.env, timeout, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      running.delete(child);
      if (error && typeof error.code === 'string') return reject(new Error(`${command}: ${error.code}`));
      resolve({ code: error?.killed ? 124 : ((error?.code as number | undefined) ?? (error ? 1 : 0)), stdout, stderr });
    });
    running.add(child);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** Runs a command that must succeed; throws an Error with the end of what it said otherwise. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} ${args.join(' ').slice(0, 200)} ended with ${code}: ${`${stdout}${stderr}`.slice(-4000)}`);
  return stdout;
}

/** A server that was started, with a file that holds what it says. */
export interface Server {
  readonly log: string;
  readonly pid: number | undefined;
  /** Waits until `ready` answers true; throws with the end of the log where the server ends first, or after a minute. */
  until(ready: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server whose output goes to the file `log`. */
export function start(command: string, args: readonly string[], log: string, env: NodeJS.ProcessEnv = process.env): Server {
  const out = openSync(log, 'a');
  const child = spawn(command, args, { env, stdio: ['ignore', out, out] });
  closeSync(out);
  running.add(child);
  let failure: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      failure = error;
      resolve();
    });
    child.on('exit', () => {
      running.delete(child);
      resolve();
    });
  });
  const isOver = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    log,
    pid: child.pid,
    async until(ready) {
      for (const deadline = Date.now() + 60_000; Date.now() < deadline && !isOver(); await sleep(100)) {
        if (await ready().catch(() => false)) return;
      }
      throw new Error(`${command} did not start: ${failure?.message ?? (await readFile(log, 'utf8')).slice(-3000)}`);
    },
    async stop() {
      if (!isOver()) child.kill('SIGTERM');
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(patience);
    },
  };
}

/** Ends everything that still runs, at once. Programs of ours end what they started themselves, so they are asked and not killed. */
export function killAll(): void {
  for (const child of running) child.kill(child.spawnfile === process.execPath ? 'SIGTERM' : 'SIGKILL');
}

let cleanUp: () => Promise<unknown> = async () => undefined;
/** What is to be done when this process is told to end, after everything that it started was ended. */
export function whenStopped(work: () => Promise<unknown>): void {
  cleanUp = work;
}
for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => {
    killAll();
    cleanUp().finally(() => process.exit(code));
  });
}
