import type { APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { authorizer } from '../lib/callers/authorize.ts';
import { parseAuthorizerConfig } from '../lib/callers/config.ts';
import { logVerdict } from '../lib/callers/log.ts';
import { chain } from '../lib/runtime/chain.ts';

/** Lets in whoever brings a token of the configured issuer; deployed where the parameter auth is jwt. */
export const handler = chain((event: APIGatewayTokenAuthorizerEvent) => ({ asked: event }))
  .use(logVerdict())
  .handler(authorizer(parseAuthorizerConfig(process.env)));
