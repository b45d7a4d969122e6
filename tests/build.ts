import { buildHandlers } from '../scripts/build.ts';

/** Integration tests run the bundles that are deployed, so they are built first. */
export default () => buildHandlers();
