import { takeAuditEvents } from '../../audit-lines.ts';
import type { Loose } from '../gateway.ts';

/** The stages that were told of one request, each as level and stage, and its last event with the annotations read. */
export function told(): { stages: string[]; last: Loose; notes: Loose } {
  const events = takeAuditEvents();
  const last = events.at(-1);
  return { stages: events.map(({ level, stage }) => `${level} ${stage}`), last, notes: last && notesOf(last) };
}

const ours = 'tfjob-gateway/';

/** The annotations that are the gateway's own, by their names, those that hold JSON as such; without the build and the unique id. */
export function notesOf({ annotations }: Loose): Loose {
  const ofEvery = [`${ours}build`, `${ours}unique-id`];
  const own = Object.entries(annotations as Record<string, string>).filter(([key]) => key.startsWith(ours) && !ofEvery.includes(key));
  return Object.fromEntries(own.map(([key, text]) => [key.slice(ours.length), /^[[{]/.test(text) ? JSON.parse(text) : text]));
}
