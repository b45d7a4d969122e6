import middy from '@middy/core';
import { authorizer } from '../lib/auth/authorize.ts';
import { parseAuthorizerConfig } from '../lib/auth/config.ts';
import { logVerdict } from '../lib/auth/log.ts';

/** Lets in whoever brings a token of the configured issuer; deployed where the parameter auth is jwt. */
export const handler = middy({ timeoutEarlyInMillis: 0 })
  .use(logVerdict())
  .handler(authorizer(parseAuthorizerConfig(process.env)));
