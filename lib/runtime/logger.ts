import { Logger } from '@aws-lambda-powertools/logger';
import { build } from './build.ts';

/** The log of a function, each line of which names the build. */
export function createLogger(): Logger {
  return new Logger({ serviceName: 'tfjob-gateway', persistentKeys: { build } });
}
