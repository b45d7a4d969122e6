import { logStep } from '../lib/rotation/log.ts';
import { rotate } from '../lib/rotation/rotate.ts';
import { readStep } from '../lib/rotation/step.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';

/** Proves a new version of the secret before it becomes current; Secrets Manager calls it where the parameter rotation is on. */
export const handler = chain((given: unknown) => ({ given }))
  .use(logStep())
  .use(readStep())
  .handler(rotate(parseConfig(process.env)));
