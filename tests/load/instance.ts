import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import type { HttpCall, Invocation, Order, Result } from './invoke.ts';

/** A process that holds the built handlers, as one instance of each Lambda would. */
export interface Instance {
  /** The file with what it logs. */
  readonly log: string;
  /** Invokes handlers, at most `inFlight` at once (default 1). Rejects where the process ends before. */
  invoke(invocations: readonly Invocation[], inFlight?: number): Promise<Result[]>;
  /** One request of a caller. */
  send(call: HttpCall): Promise<Result>;
  /** Puts its wall clock forward; nothing of it may be under way. */
  putForward(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Where the handlers find what they call. */
export interface Surroundings {
  cci: string;
  secretId: string;
  secretsManager: string;
  /** The AWS key that they sign with; default: one that nobody checks. */
  accessKeyId?: string;
  secretAccessKey?: string;
}

/** The environment of handlers; nothing of the machine's own AWS settings reaches them. */
export function environmentOf(surroundings: Surroundings): Record<string, string> {
  const { cci, secretId, secretsManager, accessKeyId = 'local', secretAccessKey = 'local' } = surroundings;
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(AWS|CCI|POWERTOOLS|NODE)_|^(LAYOUT|PROTECTED_KEYS|LIVE_CACHE|ROTATION_NAMESPACE|AUTH)$/.test(name),
  );
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    CCI_ENDPOINT: cci,
    CCI_SECRET_ID: secretId,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager,
    ...awsEnvironment(accessKeyId, secretAccessKey),
  };
}

/** Starts an instance, whose output goes to the file `log`, and whose wall clock is so far ahead. It ends with its parent. */
export function startInstance(surroundings: Surroundings, log: string, ahead = 0): Instance {
  const out = openSync(log, 'a');
  const child = fork(new URL('./instance-process.ts', import.meta.url), {
    env: environmentOf(surroundings),
    execArgv: [],
    stdio: ['ignore', out, out, 'ipc'],
  });
  closeSync(out);
  const waiting = new Map<number, PromiseWithResolvers<Result[]>>();
  const ended = new Promise<void>((resolve) => {
    child.on('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`the instance ended with ${code}: see ${log}`));
      resolve();
    });
  });
  child.on('message', ({ id, results }: { id: number; results: Result[] | string }) => {
    const order = waiting.get(id);
    waiting.delete(id);
    if (typeof results === 'string') order?.reject(new Error(results));
    else order?.resolve(results);
  });

  let orders = 0;
  const ask = (order: Omit<Order, 'id'>): Promise<Result[]> => {
    const id = ++orders;
    const answered = Promise.withResolvers<Result[]>();
    waiting.set(id, answered);
    child.send({ id, ...order }, (error) => {
      if (error) answered.reject(error);
    });
    return answered.promise;
  };
  if (ahead > 0) ask({ forward: ahead }).catch(() => undefined);
  return {
    log,
    invoke: (invocations, inFlight = 1) => ask({ invocations: [...invocations], inFlight }),
    send: async (call) => (await ask({ invocations: [call] }))[0] as Result,
    async putForward(milliseconds) {
      await ask({ forward: milliseconds });
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
