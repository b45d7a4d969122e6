/** The handler as it is, but its configuration is read once before, and timed: everything that is imported for that comes first. */
import './cold-configuration.ts';

export { handler } from '../handlers/replace-job.ts';
