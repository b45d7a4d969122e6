import { httpOddities, unusableAnswers } from './answers.ts';
import { connections, time } from './connections.ts';
import { credentials, errorAnswers, waitingAndOutages } from './errors.ts';
import type { Fault } from './fault.ts';

/** Every fault, by what fails. */
export const faults: Record<string, Fault[]> = {
  'CCI answers with an error': errorAnswers,
  'CCI asks to wait, or stays away': waitingAndOutages,
  'CCI says that it is done, and does not say it well': unusableAnswers,
  'The HTTP is odd': httpOddities,
  'The connection fails': connections,
  'Time runs out': time,
  'The credentials are not good': credentials,
};
