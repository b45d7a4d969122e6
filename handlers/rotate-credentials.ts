import { openAudit } from '../lib/audit/open.ts';
import { loadAuditPolicy } from '../lib/policy/load.ts';
import { logStep } from '../lib/rotation/log.ts';
import { rotate } from '../lib/rotation/rotate.ts';
import { readStep } from '../lib/rotation/step.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';

const config = parseConfig(process.env);
const audit = await openAudit(process.env, config.layout, await loadAuditPolicy());

/** Proves a new version of the secret before it becomes current; Secrets Manager calls it where the parameter rotation is on. */
export const handler = chain((given: unknown) => ({ given }))
  .use(logStep(audit.ofSecret(config.secretId)))
  .use(readStep())
  .handler(rotate(config));
