import * as v from 'valibot';
import { parseEnvironment } from '../runtime/config.ts';

const Environment = v.looseObject({
  EVENT_BUS_NAME: v.string('is missing'),
  DEAD_LETTER_QUEUE_URL: v.string('is missing'),
  DEAD_LETTER_FIFO_QUEUE_URL: v.string('is missing'),
  JOB_EVENT_ROLE_ID: v.pipe(v.string('is missing'), v.regex(/^AROA[0-9A-Z]+$/, 'must be the unique id of a role')),
});

/** Where results and dead letters go. */
export interface EventConfig {
  busName: string;
  deadLetterUrl: string;
  deadLetterFifoUrl: string;
  /** The unique id of the role that the function has, and so of who sends its dead letters. */
  roleId: string;
}

/** The configuration of what the event function adds to parseConfig. Throws as parseEnvironment does. */
export function parseEventConfig(env: Record<string, string | undefined>): EventConfig {
  const output = parseEnvironment(Environment, env);
  return {
    busName: output.EVENT_BUS_NAME,
    deadLetterUrl: output.DEAD_LETTER_QUEUE_URL,
    deadLetterFifoUrl: output.DEAD_LETTER_FIFO_QUEUE_URL,
    roleId: output.JOB_EVENT_ROLE_ID,
  };
}
