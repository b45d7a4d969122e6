import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { calls, deliver, detailOf, liveJob, messageOf, now, results, useEvents } from '../scenarios/events/harness.ts';

useEvents();

it('while CCI hangs one event of a batch fails, and the others wait as often as it takes, which is no failure of theirs', async () => {
  const messages = Array.from({ length: 10 }, (_, number) =>
    messageOf('bus', detailOf({ patch: { metadata: { annotations: { [`example.com/${number}`]: 'x' } } } })),
  );
  const all = messages.map((_, index) => index);
  now.simulator.inject({ method: 'GET', act: 'hang', times: 1000 });
  expect(await deliver(messages)).toEqual(all);
  const asked = calls().length;
  for (let times = 0; times < 20; times++) expect(await deliver(messages)).toEqual(all);
  // The first was asked about twice; then CCI was not asked at all.
  expect([asked, calls().length]).toEqual([2, 2]);
  expect([now.aws.messages, results()]).toEqual([[], []]);

  now.simulator.clearFaults();
  await sleep(2100);
  expect(await deliver(messages)).toEqual([]);
  expect(results().map(({ outcome }) => outcome)).toEqual(all.map(() => 'Succeeded'));
  expect(Object.keys(liveJob().metadata.annotations).filter((name) => name.startsWith('example.com/'))).toHaveLength(10);
  expect(now.aws.messages).toEqual([]);
});
