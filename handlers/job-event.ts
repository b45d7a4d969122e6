import { connectCci } from '../lib/cci/connect.ts';
import { parseConfig } from '../lib/config.ts';
import { handleBatch } from '../lib/events/batch.ts';
import { parseEventConfig } from '../lib/events/config.ts';
import { requireTimeLeft, traceAndLogEvent } from '../lib/events/log.ts';
import type { EventRecord } from '../lib/events/request.ts';
import { eventUpdate } from '../lib/events/requested.ts';
import { createOutbox } from '../lib/events/send.ts';
import { readEvent, settleEvent } from '../lib/events/settle.ts';
import { chain } from '../lib/runtime/chain.ts';
import { update } from '../lib/update/update.ts';

const { layout, protectedKeys, ...upstream } = parseConfig(process.env);
const cci = connectCci(upstream);
const outbox = createOutbox(parseEventConfig(process.env));

export const handler = handleBatch(
  chain((record: EventRecord) => record)
    .use(traceAndLogEvent())
    .use(settleEvent(outbox))
    .use(requireTimeLeft())
    .use(readEvent(layout))
    .handler((event) => update(cci, eventUpdate(event.update, protectedKeys), event.trace)),
);
