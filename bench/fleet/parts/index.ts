import { part as events } from './events.ts';
import { part as key } from './key.ts';
import { part as limits } from './limits.ts';
import { part as cache } from './live-cache.ts';
import { part as marks } from './marks.ts';
import { part as noisy } from './noisy.ts';
import { part as request } from './one-request.ts';
import { part as outage } from './outage.ts';
import type { Part } from './part.ts';
import { part as poison } from './poison.ts';
import { part as secret } from './refreshes.ts';
import { part as slow } from './slow.ts';

/** All parts, in the order in which they are told. */
export const parts: Record<string, Part> = { limits, outage, request, slow, events, poison, marks, key, secret, cache, noisy };
