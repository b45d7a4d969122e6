import { describe, expect, it } from 'vitest';
import { parseEventConfig } from '../../../lib/events/config.ts';

describe('the configuration of the event function', () => {
  const env = {
    EVENT_BUS_NAME: 'bus',
    DEAD_LETTER_QUEUE_URL: 'https://q',
    DEAD_LETTER_FIFO_QUEUE_URL: 'https://q.fifo',
    JOB_EVENT_ROLE_ID: 'AROAX',
  };

  it('says where results and dead letters go', () => {
    expect(parseEventConfig(env)).toEqual({
      busName: 'bus',
      deadLetterUrl: 'https://q',
      deadLetterFifoUrl: 'https://q.fifo',
      roleId: 'AROAX',
    });
  });

  it('is refused with every mistake named', () => {
    expect(() => parseEventConfig({ EVENT_BUS_NAME: '' })).toThrow(
      'the configuration has mistakes: EVENT_BUS_NAME is missing; DEAD_LETTER_QUEUE_URL is missing; DEAD_LETTER_FIFO_QUEUE_URL is missing; JOB_EVENT_ROLE_ID is missing',
    );
  });
});
