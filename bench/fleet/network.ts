import type { Exchange, Transport } from '../../lib/cci/transport.ts';
import type { Cci } from './cci.ts';
import type { Simulation } from './simulation.ts';

/** CCI and what is in between close a connection that nobody uses (lib/cci/transport.ts drops it by then). */
const keptAlive = 4000;
const never = Number.NEGATIVE_INFINITY;

/** The way from one process to CCI: a connection that has to stand first, and a time after which nobody waits any more. */
export function connectTo(cci: Cci, { clock }: Simulation): Transport {
  let usedAt = never;
  const send: Transport = async (outgoing) => {
    const isNew = clock.now - usedAt > keptAlive;
    if (isNew) cci.counts.connections += 1;
    if (isNew) await clock.wait(cci.options.connect);
    const answered = await cci.serve(outgoing);
    // Whatever has no answer has none before its time is over.
    return answered ?? new Promise<never>(() => undefined);
  };
  return (outgoing) => {
    const { promise, resolve } = Promise.withResolvers<Exchange>();
    const timer = clock.after(outgoing.timeout, () => {
      usedAt = never;
      resolve({ answered: false, sent: true, code: 'ETIMEDOUT', staleSocket: false });
    });
    void send(outgoing).then((answered) => {
      if (!timer.act) return;
      timer.act = undefined;
      usedAt = clock.now;
      resolve(answered);
    });
    return promise;
  };
}
