import middy from '@middy/core';
import { connectCci } from '../lib/cci/connect.ts';
import { parseConfig } from '../lib/config.ts';
import { decodeBody, parseJob } from '../lib/http/body.ts';
import { requireCaller } from '../lib/http/caller.ts';
import { normalizeEvent } from '../lib/http/event.ts';
import { traceAndLog } from '../lib/http/log.ts';
import { readOptions } from '../lib/http/options.ts';
import type { JobRequest } from '../lib/http/request.ts';
import { negotiate, respond } from '../lib/http/respond.ts';
import { routeToJob } from '../lib/http/route.ts';
import { update } from '../lib/update/update.ts';

const { layout, protectedKeys, ...upstream } = parseConfig(process.env);
const cci = connectCci(upstream);

export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(normalizeEvent())
  .use(traceAndLog())
  .use(respond())
  .use(requireCaller())
  .use(routeToJob(layout, ['PUT']))
  .use(negotiate())
  .use(readOptions())
  .use(decodeBody())
  .use(parseJob())
  .handler(({ kind, ref, requested, options, duplicates, trace }: JobRequest) =>
    update(
      cci,
      {
        kind,
        ref,
        requested,
        rules: { protectedKeys, ...(options.strict && { strict: { duplicates } }) },
        dryRun: options.dryRun,
        query: options.fieldManager === undefined ? {} : { fieldManager: options.fieldManager },
      },
      trace,
    ),
  );
