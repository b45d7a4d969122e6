import { connectCci } from '../lib/cci/connect.ts';
import { decodeBody, jobTypes } from '../lib/http/body.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { updateOfPut } from '../lib/http/job-update.ts';
import { logRequest } from '../lib/http/log.ts';
import { readOptions } from '../lib/http/options.ts';
import { parseJob } from '../lib/http/parse.ts';
import { negotiate, respond } from '../lib/http/respond.ts';
import { routeToJob } from '../lib/http/route.ts';
import { chain } from '../lib/runtime/chain.ts';
import { parseConfig } from '../lib/runtime/config.ts';
import { createLiveCache } from '../lib/update/live-cache.ts';
import { updateJob } from '../lib/update/update-job.ts';

const { layout, protectedKeys, liveCache, ...config } = parseConfig(process.env);
const upstream = { cci: connectCci(config), cache: createLiveCache(liveCache) };

export const handler = chain(normalizeEvent)
  .use(logRequest())
  .use(respond())
  .use(requireCaller())
  .use(routeToJob(layout, ['PUT']))
  .use(negotiate())
  .use(readOptions('UpdateOptions'))
  .use(decodeBody(jobTypes))
  .use(parseJob())
  .handler((request) => updateJob(upstream, updateOfPut(request, protectedKeys), request.context));
