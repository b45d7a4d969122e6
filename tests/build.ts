import { buildHandlers } from '../scripts/build.ts';
import { buildTemplates } from './policies.ts';

/** Integration tests run the bundles that are deployed, so they are built first. */
export default async (): Promise<void> => {
  await buildHandlers('dist', 'policies', 'dist-maps');
  await buildTemplates();
};
