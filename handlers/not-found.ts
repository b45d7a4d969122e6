import { openAudit } from '../lib/audit/open.ts';
import { parseCallerNames } from '../lib/callers/config-names.ts';
import { auditRequest } from '../lib/http/audit.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { logRequest } from '../lib/http/log.ts';
import { respond } from '../lib/http/respond.ts';
import { routeToJobs } from '../lib/http/route.ts';
import { loadAuditPolicy } from '../lib/policy/load.ts';
import { chain } from '../lib/runtime/chain.ts';
import { pathNotFound } from '../lib/status.ts';

const audit = await openAudit(process.env, 'kubeflow', await loadAuditPolicy());

/** What no other route takes: 405 for a job's path, whichever names its layout allows, and 404 for all else. */
export const handler = chain(normalizeEvent(parseCallerNames(process.env)))
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond())
  .use(requireCaller())
  .use(routeToJobs('kubeflow', []))
  .handler(() => {
    throw pathNotFound();
  });
