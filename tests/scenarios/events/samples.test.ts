import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Door, deliver, liveJob, messageOf, now, results, stored, useEvents } from './harness.ts';

const folder = new URL('../../../events/', import.meta.url);

/** The second table of events/README.md. */
const samples = [...readFileSync(new URL('README.md', folder), 'utf8').matchAll(/^\| `(.+?)` \| .+? \| ([A-Z]\w+) \| (\d*) ?\|$/gm)].map(
  ([, file = '', outcome = '', code = '']) => ({ file, outcome, code }),
);
const doors: Door[] = ['bus', 'fifo'];

useEvents({ shared: true });

describe('the sample events', () => {
  it('are all in the table of their README, and each row has its file', () => {
    const files = readdirSync(folder).filter((file) => file.startsWith('job-update'));
    expect(samples.map(({ file }) => file).sort()).toEqual(files.sort());
  });

  it.each(samples.flatMap((sample) => doors.map((door) => ({ ...sample, door }))))(
    '$file by $door ends as $outcome $code',
    async ({ file, outcome, code, door }) => {
      const before = now.simulator.text(...stored);
      const body = readFileSync(new URL(file, folder), 'utf8');
      expect(await deliver([messageOf(door, body, { group: door === 'fifo' ? 'TFJob/kube-test/tfjob-test' : undefined })])).toEqual([]);
      expect(results()).toMatchObject([{ outcome, id: JSON.parse(body).detail.id }]);
      const [{ status, changed } = {} as never] = results();
      expect([status?.code ?? '', changed?.length ?? 0]).toEqual([
        code === '' ? '' : Number(code),
        file === 'job-update.json' ? 2 : outcome === 'Succeeded' ? 1 : 0,
      ]);
      if (outcome === 'Succeeded') expect(liveJob().spec.ttlSecondsAfterFinished).toBe(1000);
      else expect(now.simulator.text(...stored)).toBe(before);
    },
  );
});
