import { isObject, own } from '../../json/json.ts';
import { type RequestContext, timeLeft, warnThatKept, within } from '../../runtime/request-context.ts';
import { internalError, serviceUnavailable } from '../../status.ts';
import { type Breaker, createBreaker } from '../breaker.ts';
import { type Outcome, refusal } from '../classify-response.ts';
import { readUpstreamError } from '../errors.ts';
import { createTransport } from '../transport.ts';
import type { Password } from './secret.ts';

/** A token of IAM; times in milliseconds of this machine's wall clock. */
interface IamToken {
  value: string;
  issuedAt: number;
  lifetime: number;
}

/** The tokens of one user, one exchange at a time. */
export interface Tokens {
  /** The token to use now, or IAM's refusal. Where there is neither it throws: 503 if IAM cannot be reached, 500 if it makes no sense. */
  current(context: RequestContext): Promise<string | Outcome>;
  /** Forgets a token that CCI refused, and returns its age in milliseconds; undefined where it was no longer the current one. */
  drop(token: string): number | undefined;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const answerLimit = 1024 * 1024;
const exchangeTimeout = 5000;
/** An exchange that failed or was refused is not repeated for so long while a token lives. */
const pauseFailed = minute / 2;
const pauseRefused = 5 * minute;

/**
 * Tokens for an IAM user, who is known by a password. In the last eighth of its life a token is renewed beside the request, in the last
 * hundredth before it; while IAM fails the old one serves to its end.
 */
export function createTokens(login: Password): Tokens {
  let token: IamToken | undefined;
  let renewing: Promise<IamToken | Outcome> | undefined;
  let renewAfter = 0;
  const breaker = createBreaker();

  const renew = async (context: RequestContext): Promise<IamToken | Outcome> => {
    if (renewing) return within(context, renewing);
    if (breaker.refuses()) {
      throw serviceUnavailable({ reason: 'credentials: IAM gave no answer a moment ago; not asked again for now', notTaken: true });
    }
    context.counts.credentialRefreshes += 1;
    renewAfter = Date.now() + pauseFailed;
    renewing = exchange(login, timeLeft(context), breaker)
      .then((result) => {
        if ('value' in result) token = result;
        else renewAfter = Date.now() + pauseRefused;
        return result;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  /** A renewal whose failure is told in the log alone. */
  const tryToRenew = async (context: RequestContext): Promise<void> => {
    const failure = await renew(context).then(
      (result) => ('verdict' in result ? result.verdict : undefined),
      (error: unknown) => error,
    );
    if (failure) warnThatKept(context, 'the token could not be renewed', failure);
  };

  return {
    async current(context) {
      const left = token ? lifeLeft(token) : 0;
      if (!token || left <= 0) {
        const result = await renew(context);
        return 'value' in result ? result.value : result;
      }
      if (left < token.lifetime / 8 && Date.now() >= renewAfter) {
        const renewed = tryToRenew(context);
        if (left < token.lifetime / 100) await renewed;
        else context.pending.push(renewed);
      }
      return token.value;
    },
    drop(refused) {
      if (token?.value !== refused) return undefined;
      const age = Date.now() - token.issuedAt;
      token = undefined;
      return age;
    },
  };
}

/** Milliseconds that a token still lives; none where the clock was set back, since its age is not known then. */
function lifeLeft({ issuedAt, lifetime }: IamToken): number {
  const age = Date.now() - issuedAt;
  return age < 0 ? 0 : lifetime - age;
}

/**
 * Exchanges a user's password for a token of one project (POST /v3/auth/tokens, X-Subject-Token). Resolves to the token, or to a
 * refusal; throws 503 where IAM gives no answer that says either (no Retry-After: whoever follows it logs in again and again).
 */
async function exchange(login: Password, mostTime: number, breaker: Breaker): Promise<IamToken | Outcome> {
  const url = new URL(login.iamEndpoint);
  const path = `${url.pathname.replace(/\/$/, '')}/v3/auth/tokens`;
  const headers = {
    host: url.host,
    'content-type': 'application/json;charset=utf8',
    accept: 'application/json',
    'user-agent': 'tfjob-gateway',
  };
  const user = { name: login.user, password: login.password, domain: { name: login.domain } };
  const body = JSON.stringify({
    auth: { identity: { methods: ['password'], password: { user } }, scope: { project: { name: login.project } } },
  });
  const timeout = Math.max(1, Math.min(exchangeTimeout, mostTime));
  const issuedAt = Date.now();
  // One exchange a day: a connection of its own, which is not kept.
  const started = performance.now();
  const answer = await createTransport(url, false)({ method: 'POST', path, headers, body, timeout, limit: answerLimit });
  const ms = performance.now() - started;
  if (answer.answered && answer.status < 500) breaker.answered(ms);
  else breaker.failed(ms, !answer.answered && answer.code === 'ETIMEDOUT');
  if (!answer.answered) throw serviceUnavailable({ reason: 'credentials: no answer from IAM', code: answer.code });
  const { status } = answer;
  if (status === 200 || status === 201) {
    const token = answer.headers['x-subject-token'];
    if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return { value: token, issuedAt, lifetime: lifetimeOf(answer.body) };
    throw internalError({ reason: 'credentials: IAM gave no token' });
  }
  const error = readUpstreamError(answer.body, [login.password]);
  // An error may echo the request, so nothing is kept of it but a code that looks like one.
  const errorCode = /^[A-Z]{1,8}\.\d{1,8}$/.test(error.errorCode ?? '') ? error.errorCode : undefined;
  if (status >= 500 || status === 408 || status === 429) {
    throw serviceUnavailable({ reason: `credentials: IAM answered ${status}`, errorCode });
  }
  if (status < 400) throw internalError({ reason: `credentials: IAM answered ${status}` });
  const locked = /locked|reach the limit/i.test(error.message ?? '');
  // IAM locks a user after five wrong passwords in 15 minutes, so that one that it refuses is left alone for as long as a locked key.
  return refusal({ reason: 'credentials: IAM refused them', errorCode, answer: status, locked }, { locked: true, wrong: !locked });
}

/** How long a token lives by IAM's own clock, which may differ from ours; a day, as documented, where it does not say. */
function lifetimeOf(body: Buffer): number {
  try {
    const token = own(JSON.parse(body.toString('utf8')), 'token');
    const lifetime = isObject(token) ? Date.parse(String(token.expires_at)) - Date.parse(String(token.issued_at)) : Number.NaN;
    return lifetime > 0 ? Math.min(lifetime, day) : day;
  } catch {
    return day;
  }
}
