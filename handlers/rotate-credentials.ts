import middy from '@middy/core';
import { parseConfig } from '../lib/config.ts';
import { logStep } from '../lib/rotation/log.ts';
import { rotate } from '../lib/rotation/rotate.ts';
import { readStep } from '../lib/rotation/step.ts';

/** Proves a new version of the secret before it becomes current; Secrets Manager calls it where the parameter rotation is on. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(logStep())
  .use(readStep())
  .handler(rotate(parseConfig(process.env)));
