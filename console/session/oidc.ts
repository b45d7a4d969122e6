/** Login by OpenID Connect: authorization code with PKCE, and refresh tokens that rotate. Loaded only where there is an issuer. */
import * as oauth from 'oauth4webapi';
import { enter, leave, refreshBy, type Tokens } from './session.ts';
import { pageAddress, settings } from './settings.ts';

/** What is kept while the browser is at the issuer: none of it is of use to who has not the answer as well. */
interface Kept {
  verifier: string;
  state: string;
  nonce: string;
  hash: string;
}

const key = 'tfjob-gateway login';
const client: oauth.Client = { client_id: settings.clientId ?? '' };
const issuer = new URL(settings.issuer ?? 'https://issuer.invalid');
// An issuer on this machine may speak plain http, as the gateway's own configuration has it.
const options = { [oauth.allowInsecureRequests]: ['127.0.0.1', 'localhost'].includes(issuer.hostname) };
let found: Promise<oauth.AuthorizationServer> | undefined;

function server(): Promise<oauth.AuthorizationServer> {
  found ??= oauth.discoveryRequest(issuer, options).then((response) => oauth.processDiscoveryResponse(issuer, response));
  found.catch(() => {
    found = undefined;
  });
  return found;
}

/** Sends the browser to the issuer. False where the issuer does not answer: then the session is ended with the reason. */
export async function beginLogin(): Promise<boolean> {
  try {
    const { authorization_endpoint: endpoint } = await server();
    if (!endpoint) throw new Error('it has no authorization endpoint');
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const kept: Kept = { verifier, state, nonce, hash: location.hash };
    sessionStorage.setItem(key, JSON.stringify(kept));
    const address = new URL(endpoint);
    const query = {
      client_id: client.client_id,
      redirect_uri: pageAddress,
      response_type: 'code',
      scope: settings.scope ?? 'openid',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    };
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    if (query.scope.split(' ').includes('offline_access')) address.searchParams.set('prompt', 'consent');
    location.assign(address);
    return true;
  } catch (error) {
    leave(`The login at ${issuer.host} could not begin: ${reasonOf(error)}.`);
    return false;
  }
}

/** Whether the browser comes back from the issuer. */
export function isReturn(): boolean {
  const { searchParams } = new URL(location.href);
  return searchParams.has('state') && (searchParams.has('code') || searchParams.has('error'));
}

/** Ends a login: the address is cleaned first, so that no code stays in it, whatever comes of it. */
export async function endLogin(): Promise<void> {
  const answer = new URL(location.href);
  const text = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  const kept = text === null ? undefined : (JSON.parse(text) as Kept);
  history.replaceState(null, '', `${pageAddress}${kept?.hash ?? ''}`);
  if (!kept) return leave('The login was begun in another window, or long ago.');
  try {
    const as = await server();
    const parameters = oauth.validateAuthResponse(as, client, answer, kept.state);
    const response = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, pageAddress, kept.verifier, options);
    const checks = { expectedNonce: kept.nonce, requireIdToken: true };
    enter(tokensOf(await oauth.processAuthorizationCodeResponse(as, client, response, checks)));
  } catch (error) {
    leave(`The login at ${issuer.host} failed: ${reasonOf(error)}.`);
  }
}

/** New tokens for a refresh token; undefined where the issuer gives none, or no token of who is logged in. */
async function refreshTokens(refreshToken: string): Promise<Tokens | undefined> {
  try {
    const as = await server();
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, options);
    const answer = await oauth.processRefreshTokenResponse(as, client, response);
    return answer.id_token === undefined ? undefined : tokensOf(answer, refreshToken);
  } catch {
    // Why does not matter: the way on is to log in again, which says what is wrong.
    return undefined;
  }
}

/** Where the issuer gives no new refresh token, the one before is good once more. */
function tokensOf(answer: oauth.TokenEndpointResponse, before?: string): Tokens {
  const expiry = oauth.getValidatedIdTokenClaims(answer)?.exp ?? 0;
  return { idToken: answer.id_token as string, refreshToken: answer.refresh_token ?? before, expiresAt: expiry * 1000 };
}

/** Never what the issuer or a token said, but its code. */
function reasonOf(error: unknown): string {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) return error.error;
  if (error instanceof oauth.OperationProcessingError) return error.message;
  return 'it gave no answer that can be used';
}

refreshBy(refreshTokens);
