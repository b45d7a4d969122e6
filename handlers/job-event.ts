import { openAudit } from '../lib/audit/open.ts';
import { connectCci } from '../lib/cci/connect.ts';
import { acknowledgeEvent, readEvent } from '../lib/events/acknowledge.ts';
import { auditEvent } from '../lib/events/audit.ts';
import { authorizeEvent, identifySender } from '../lib/events/authorize.ts';
import { handleBatch } from '../lib/events/batch.ts';
import { parseEventConfig } from '../lib/events/config.ts';
import { eventUpdate } from '../lib/events/job-update.ts';
import { logEvent, requireTimeLeft } from '../lib/events/log.ts';
import { createEventPublisher } from '../lib/events/publish.ts';
import type { EventRecord } from '../lib/events/request.ts';
import { loadPolicies } from '../lib/policy/load.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';
import { updateJob } from '../lib/update/update-job.ts';

const { layout, protectedKeys, policyMaxCost, ...upstream } = parseConfig(process.env);
const { roleId, ...ways } = parseEventConfig(process.env);
const publisher = createEventPublisher(ways);
const policies = await loadPolicies(policyMaxCost);
const audit = await openAudit(process.env, layout, policies);
const cci = connectCci(upstream, audit.ofSecret(upstream.secretId));

export const handler = handleBatch(
  chain((record: EventRecord) => record)
    .use(logEvent())
    .use(auditEvent(audit, layout, roleId))
    .use(acknowledgeEvent(publisher, roleId))
    .use(requireTimeLeft())
    .use(readEvent(layout))
    .use(identifySender(roleId))
    .use(authorizeEvent(policies))
    .handler((event) => updateJob({ cci, policies }, eventUpdate(event, protectedKeys), event.context)),
);
