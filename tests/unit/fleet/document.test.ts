import { expect, it } from 'vitest';
import { readDeployment } from '../../../bench/fleet/deployment.ts';
import { document, tables } from '../../../bench/fleet/document.ts';
import { parts } from '../../../bench/fleet/parts/index.ts';
import type { Part } from '../../../bench/fleet/parts/part.ts';
import { config, events, resources } from '../deploy/deployment.ts';

const run = async () => ({});
const part: Part = {
  title: 'A question',
  method: 'How.',
  notes: ['why'],
  tables: [
    { columns: [{ key: 'failed', title: 'failed', unit: '%' }] },
    { title: 'Money', columns: [{ key: 'cost', title: 'cost', unit: '$' }] },
  ],
  cases: [
    { title: 'one', notes: ['so'], run },
    { title: 'other', notes: ['or so'], run },
  ],
};
const cells = (text: string) => text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));

it('tables show what was before what is, once where that is the same, and no row without a figure', () => {
  const now = { one: { failed: 0, cost: 1.5 }, other: { failed: 0.125, cost: null } };
  const before = { one: { failed: 0.66, cost: 1.5 }, other: { failed: 0.125, cost: null } };
  const rows = cells(tables(part, now, before));
  expect(rows).toContainEqual(['', 'one', '66 % → 0 %', 'so', '']);
  expect(rows).toContainEqual(['', 'other', '13 %', 'or so', '']);
  expect(rows.filter(([, title]) => title === 'one')).toContainEqual(['', 'one', '$1.50', '']);
  expect(rows.filter(([, title]) => title === 'other')).toHaveLength(1);
});

it('the document has a section of every part and says of what commit and seeds the earlier figures are', () => {
  const text = document({ commit: 'b2', seeds: [1, 2], parts: {} }, { commit: 'a1', seeds: [1, 2, 3], parts: {} });
  for (const { title } of Object.values(parts)) expect(text).toContain(`\n## ${title}\n`);
  expect(text).toContain('the first is that of a1, simulated in the same way (seeds 1, 2, 3)');
});

it('the deployment is read as it is written', () => {
  const { throttleRate: rate, throttleBurst: burst, memorySize, eventConcurrency } = config.params.default;
  const { VisibilityTimeout, RedrivePolicy } = resources.JobEventQueue?.Properties ?? {};
  expect(readDeployment(process.cwd())).toMatchObject({
    throttle: { rate, burst },
    memory: memorySize,
    timeout: config.provider.timeout * 1000,
    events: {
      concurrency: eventConcurrency,
      batchSize: 10,
      fifoBatchSize: 1,
      timeout: events.function.timeout * 1000,
      visibility: VisibilityTimeout * 1000,
      maxReceives: RedrivePolicy.maxReceiveCount,
    },
  });
});
