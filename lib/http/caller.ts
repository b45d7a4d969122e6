import { unauthorized } from '../job/status.ts';
import type { Step } from './request.ts';

/** Lets nobody pass without an authenticated principal: 401 (design 4). There is no setting that turns it off. */
export function requireCaller(): Step {
  return {
    before: ({ event }) => {
      if (event.caller === undefined) throw unauthorized();
    },
  };
}
