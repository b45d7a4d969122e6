import { describe, expect, it } from 'vitest';
import { reset, useGateway } from '../gateway.ts';
import { patch, trips } from './request.ts';

useGateway({ auth: 'none', env: { LIVE_CACHE: 'on' } });

const annotate = (length: number) => patch({ metadata: { annotations: { a: 'x'.repeat(length - 1) } } });
const label = (value: string) => patch({ metadata: { labels: { free: value } } });

// What is decided needs no read here: the process knows the job by its last write.
describe('a one-trip patch', () => {
  it('brings no more annotations than a person types', async () => {
    expect([await annotate(1024), await annotate(1025)].map(({ status }) => status)).toEqual([200, 200]);
    expect(trips()).toBe('PATCH PUT');
  });

  it('is decided once the job is known to have used half of its room, so that small ones do not add up', async () => {
    const labels = Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`k${n}`, '']));
    await reset(({ metadata }) => Object.assign(metadata, { labels }));
    expect([await label('1'), await label('2')].map(({ status }) => status)).toEqual([200, 200]);
    expect(trips()).toBe('PATCH PUT');
  });
});
