import { openAudit } from '../lib/audit/open.ts';
import { parseCallerNames } from '../lib/callers/config-names.ts';
import { connectCci } from '../lib/cci/connect.ts';
import { auditRequest } from '../lib/http/audit.ts';
import { authorize } from '../lib/http/authorize.ts';
import { decodeBody, jobTypes } from '../lib/http/body.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { updateOfPut } from '../lib/http/job-update.ts';
import { logRequest } from '../lib/http/log.ts';
import { readOptions } from '../lib/http/options.ts';
import { parseJob, parseObject } from '../lib/http/parse.ts';
import { negotiate, representWritten, writtenForms } from '../lib/http/represent.ts';
import { respond } from '../lib/http/respond.ts';
import { routeToJob } from '../lib/http/route.ts';
import { loadPolicies } from '../lib/policy/load.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';
import { createLiveCache } from '../lib/update/live-cache.ts';
import { updateJob } from '../lib/update/update-job.ts';

const { layout, protectedKeys, liveCache, policyMaxCost, ...config } = parseConfig(process.env);
const policies = await loadPolicies(policyMaxCost);
const audit = await openAudit(process.env, layout, policies);
const upstream = { cci: connectCci(config, audit.ofSecret(config.secretId)), cache: createLiveCache(liveCache), policies };

export const handler = chain(normalizeEvent(parseCallerNames(process.env)))
  .use(logRequest())
  .use(auditRequest(audit))
  .use(respond())
  .use(requireCaller())
  .use(routeToJob(layout, ['PUT']))
  .use(authorize(policies))
  .use(negotiate(writtenForms))
  .use(readOptions('UpdateOptions'))
  .use(decodeBody(jobTypes))
  .use(parseObject())
  .use(parseJob())
  .use(representWritten())
  .handler((request) => updateJob(upstream, updateOfPut(request, protectedKeys), request.context));
