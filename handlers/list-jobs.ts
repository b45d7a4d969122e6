import { openAudit } from '../lib/audit/open.ts';
import { parseCallerNames } from '../lib/callers/config-names.ts';
import { connectCci } from '../lib/cci/connect.ts';
import { auditRequest } from '../lib/http/audit.ts';
import { authorizeRead } from '../lib/http/authorize.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { readListOptions } from '../lib/http/list-options.ts';
import { logRequest } from '../lib/http/log.ts';
import { negotiateRead, represent } from '../lib/http/represent.ts';
import { respond } from '../lib/http/respond.ts';
import { routeToJobs } from '../lib/http/route.ts';
import { listOrWatch, readWatch } from '../lib/http/watch.ts';
import { loadPolicies } from '../lib/policy/load.ts';
import { parseConfig } from '../lib/runtime/config.ts';
import { streamingChain } from '../lib/runtime/streaming-chain.ts';

const { layout, ...upstream } = parseConfig(process.env);
const policies = await loadPolicies();
const audit = await openAudit(process.env, layout, policies);
const cci = connectCci(upstream, audit.ofSecret(upstream.secretId));

/** Lists jobs and watches them; deployed where the parameter watch is on, else lists are read-jobs'. */
export const handler = streamingChain(normalizeEvent(parseCallerNames(process.env)))
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond('streamed'))
  .use(requireCaller())
  .use(routeToJobs(layout, ['GET']))
  .use(authorizeRead(policies))
  .use(readWatch())
  .use(negotiateRead())
  .use(readListOptions())
  .use(represent())
  .handler((request) => listOrWatch(cci, request));
