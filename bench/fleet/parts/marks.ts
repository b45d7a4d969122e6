/** Item 7: how many events a job remembers, beside how many come before one of them comes again. */
import { createEventFleet, eventFor } from '../event-fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { type Case, type Figures, type Part, share } from './part.ts';

const minutes = 40;
/** Of the events come again, since their acknowledgement was lost. */
const repeated = 0.1;

/** Events of one job, so many a second, some of which are delivered again when their visibility timeout is over. */
export function marks(seed: number, gateway: Gateway, { perSecond, delay }: { perSecond: number; delay: number }): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const fleet = createEventFleet(simulation, gateway, { isFifo: false });
    const handle = fleet.start();
    const again: boolean[] = [];
    const later: Promise<void>[] = [];
    // One process, one after another: what it writes it writes for this event.
    let last: Promise<unknown> = Promise.resolve();
    const deliver = (body: string, id: string): Promise<boolean> => {
      const delivered = last.then(async () => {
        const writes = fleet.cci.counts.writes;
        await handle({ Records: [recordOf(body, id)] }, { getRemainingTimeInMillis: () => 30_000 });
        return fleet.cci.counts.writes > writes;
      });
      last = delivered;
      return delivered;
    };
    const repeat = async (body: string, id: string) => {
      await clock.wait(delay);
      again.push(await deliver(body, id));
    };
    for (let i = 0; clock.elapsed < minutes * 60_000; i++) {
      await clock.wait(random.exponential(1000 / perSecond));
      const [body] = eventFor('hot', `event-${i}`, i);
      await deliver(body, `message-${i}`);
      if (random.next() < repeated && clock.elapsed + delay < minutes * 60_000) later.push(repeat(body, `message-${i}`));
    }
    await Promise.all(later);
    const { 'tfjob-gateway/applied-events': annotation } = JSON.parse(fleet.cci.text('hot')).metadata.annotations;
    return {
      forgotten: share(again, (isWritten) => isWritten),
      remembered: JSON.parse(annotation).ids?.length ?? Number.NaN,
      bytes: annotation.length,
    };
  });
}

function recordOf(body: string, messageId: string): object {
  const attributes = { ApproximateReceiveCount: '1', SenderId: 'pipeline', SentTimestamp: '0', ApproximateFirstReceiveTimestamp: '0' };
  return { messageId, body, attributes, eventSource: 'aws:sqs', eventSourceARN: 'arn:aws:sqs:us-east-1:111122223333:events' };
}

const once = [0.05, 0.1, 0.2, 0.25, 0.5, 1].map((perSecond): Case => {
  const run: Case['run'] = (seed, gateway) => marks(seed, gateway, { perSecond, delay: 180_000 });
  return { title: `${perSecond} events/s a job, again after 3 min`, run };
});
export const part: Part = {
  title: 'Events that come again',
  method: `One job's events for ${minutes} minutes; every tenth is delivered once more after its visibility timeout (its acknowledgement was lost). One whose mark the job has lost by then is applied twice.`,
  meaning:
    'A job remembers the events that were applied to it in an annotation. An event with a sequence number is never applied twice, whatever is forgotten; the figures are of those without.',
  tables: [
    {
      columns: [
        { key: 'forgotten', title: 'of these applied twice', unit: '%' },
        { key: 'remembered', title: 'ids on the job' },
        { key: 'bytes', title: "the annotation's bytes" },
      ],
    },
  ],
  cases: [
    ...once,
    { title: '0.1 events/s a job, again after 12 min', run: (seed, gateway) => marks(seed, gateway, { perSecond: 0.1, delay: 720_000 }) },
  ],
};
