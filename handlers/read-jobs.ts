import { openAudit } from '../lib/audit/open.ts';
import { parseCallerNames } from '../lib/callers/config-names.ts';
import { connectCci } from '../lib/cci/connect.ts';
import { auditRequest } from '../lib/http/audit.ts';
import { authorizeRead } from '../lib/http/authorize.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { readListOptions } from '../lib/http/list-options.ts';
import { logRequest } from '../lib/http/log.ts';
import { negotiateRead, represent, upstreamAccept } from '../lib/http/represent.ts';
import { respond } from '../lib/http/respond.ts';
import { routeToJobs } from '../lib/http/route.ts';
import { loadPolicies } from '../lib/policy/load.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';

const { layout, ...upstream } = parseConfig(process.env);
const policies = await loadPolicies();
const audit = await openAudit(process.env, layout, policies);
const cci = connectCci(upstream, audit.ofSecret(upstream.secretId));

export const handler = chain(normalizeEvent(parseCallerNames(process.env)))
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond())
  .use(requireCaller())
  .use(routeToJobs(layout, ['GET']))
  .use(authorizeRead(policies))
  .use(negotiateRead())
  .use(readListOptions())
  .use(represent())
  .handler((request) => cci.fetch(request.target, request.upstreamQuery, upstreamAccept(request), request.context));
