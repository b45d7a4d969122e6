import { connectCci } from '../lib/cci/connect.ts';
import { decodeBody, jobTypes } from '../lib/http/body.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { traceAndLog } from '../lib/http/log.ts';
import { readOptions, rulesOf } from '../lib/http/options.ts';
import { parseJob } from '../lib/http/parse.ts';
import { negotiate, respond } from '../lib/http/respond.ts';
import { routeToJob } from '../lib/http/route.ts';
import { requestedVersion } from '../lib/job/rules/resource-version.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';
import { createLiveCache } from '../lib/update/live-cache.ts';
import { update } from '../lib/update/update-job.ts';

const { layout, protectedKeys, liveCache, ...upstream } = parseConfig(process.env);
const cci = connectCci(upstream);
const cache = createLiveCache(liveCache);

export const handler = chain(normalizeEvent)
  .use(traceAndLog())
  .use(respond())
  .use(requireCaller())
  .use(routeToJob(layout, ['PUT']))
  .use(negotiate())
  .use(readOptions('UpdateOptions'))
  .use(decodeBody(jobTypes))
  .use(parseJob())
  .handler((request) =>
    update(
      cci,
      {
        kind: request.kind,
        ref: request.ref,
        requested: () => request.requested,
        fenced: requestedVersion(request.requested) !== undefined,
        rules: rulesOf(request, protectedKeys),
        dryRun: request.options.dryRun,
      },
      request.trace,
      cache,
    ),
  );
