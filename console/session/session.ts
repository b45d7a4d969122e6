/** Who the page speaks for. Tokens are in this module's memory alone. */
import { signal } from '@preact/signals';
import { settings } from './settings.ts';

/** What an issuer has given. Times are milliseconds. */
export interface Tokens {
  idToken: string;
  refreshToken: string | undefined;
  expiresAt: number;
}
/** Gets new tokens for a refresh token; undefined where there are none. */
export type Refresh = (refreshToken: string) => Promise<Tokens | undefined>;
/** `in`: requests may go. `out`: somebody must log in (again), for the reason that is told. */
export type Access = { state: 'in' } | { state: 'out'; why: string };

export const access = signal<Access>({ state: 'in' });
/** Counts the logins, for what is to be read again after one. */
export const logins = signal(0);
/** Whether the page speaks for somebody who brought a token. */
export const hasToken = signal(settings.issuer !== undefined);

const early = 30_000;
let tokens: Tokens | undefined;
/** How tokens are renewed, where they come from an issuer. */
let refresh: Refresh | undefined;
let renewing: Promise<boolean> | undefined;

/** Takes what a login brought. */
export function enter(fresh: Tokens): void {
  tokens = fresh;
  hasToken.value = true;
  access.value = { state: 'in' };
  logins.value += 1;
}

/** Says how tokens are renewed. */
export function refreshBy(how: Refresh): void {
  refresh = how;
}

/** Takes a token that somebody typed in. */
export function enterToken(idToken: string): void {
  enter({ idToken, refreshToken: undefined, expiresAt: Number.POSITIVE_INFINITY });
}

/** Nobody is logged in any more. What was typed stays. */
export function leave(why: string): void {
  tokens = undefined;
  access.value = { state: 'out', why };
}

/** The Authorization header of the next request; renews the token where it is about to expire. */
export async function authorization(): Promise<Record<string, string>> {
  if (tokens && tokens.expiresAt - early < Date.now()) await renew();
  return tokens ? { authorization: `Bearer ${tokens.idToken}` } : {};
}

/** Renews the token, once at a time. False where that cannot be: then somebody must log in. */
export function renew(): Promise<boolean> {
  renewing ??= renewOnce().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renewOnce(): Promise<boolean> {
  const { refreshToken } = tokens ?? {};
  const fresh = refreshToken === undefined ? undefined : await refresh?.(refreshToken);
  if (fresh) tokens = fresh;
  return fresh !== undefined;
}
