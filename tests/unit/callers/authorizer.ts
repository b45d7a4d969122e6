import type { APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import { type Authorized, authorizer } from '../../../lib/callers/authorize.ts';
import { parseAuthorizerConfig } from '../../../lib/callers/config.ts';
import { logVerdict } from '../../../lib/callers/log.ts';
import { chain } from '../../../lib/runtime/chain.ts';
import { isAuditLine } from '../../audit-lines.ts';
import { alsoSearched } from '../../credentials.ts';
import { lambdaContext } from '../../fakes/context.ts';
import { audience } from './issuer.ts';

/** The ARN of a request, as API Gateway gives it to an authorizer. */
export const methodArn = 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/PUT/apis/kubeflow.org/v1/namespaces/n/tfjobs/*';

/** Asks about one token. */
export type Ask = (token: string) => Promise<Authorized>;

/** The event of one request. */
export function eventOf(authorizationToken: unknown): APIGatewayTokenAuthorizerEvent {
  return { type: 'TOKEN', methodArn, authorizationToken } as APIGatewayTokenAuthorizerEvent;
}

/** A fresh authorizer, as the handler builds it, that has read no keys yet. */
export function newAuthorizer(issuer: string, env: Record<string, string> = {}): Ask {
  const config = parseAuthorizerConfig({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, ...env });
  const handler = chain((event: APIGatewayTokenAuthorizerEvent) => ({ asked: event }))
    .use(logVerdict())
    .handler(authorizer(config));
  return (token) => handler(eventOf(`Bearer ${token}`), lambdaContext()) as Promise<Authorized>;
}

/** How asking ended: what was allowed, or the message of the error. */
export async function outcome(answer: Promise<Authorized>): Promise<string> {
  return answer.then(
    ({ principalId }) => `Allowed ${principalId}`,
    (error: Error) => error.message,
  );
}

/** Keeps what is printed, for the tests of a file; `lines` are those of the log and of metrics, without audit events. */
export function capturePrinted(): { text: string; lines(): Record<string, unknown>[] } {
  const printed = {
    text: '',
    lines: () =>
      printed.text
        .split('\n')
        .filter((line) => line !== '' && !isAuditLine(line))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
  beforeAll(() => {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((chunk) => {
        printed.text += String(chunk);
        alsoSearched(String(chunk));
        return true;
      });
    }
  });
  beforeEach(() => {
    printed.text = '';
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });
  return printed;
}
