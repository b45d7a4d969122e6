/** The event function in a process of its own, which a test can kill at any moment. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import type { EventHandler } from './harness.ts';

/** A process that handles events until it is killed. */
export interface EventProcess {
  /** Rejects where the process is killed before it has answered. */
  handler: EventHandler;
  kill(): Promise<void>;
}

/** Starts a process with the environment as it is now; it ends with the test. */
export function startEventProcess(): EventProcess {
  const child = fork(new URL('./process-child.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  return { handler: (event, context) => ask(child, event, context), kill };
}

function ask(child: ChildProcess, event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error('the process was killed'));
    child.once('exit', died);
    child.once('message', (answer) => {
      child.off('exit', died);
      resolve(answer as SQSBatchResponse);
    });
    child.send({ event, left: context.getRemainingTimeInMillis() });
  });
}
