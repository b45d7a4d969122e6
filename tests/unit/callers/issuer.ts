import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { credential } from '../../credentials.ts';

/** A key pair, with the public half as the issuer publishes it. */
export interface Signer {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  jwk: JWK;
}

/** Makes a key pair for one algorithm. */
export async function makeSigner(alg: string, kid = `key-${alg}`): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An OpenID Connect issuer on 127.0.0.1: its discovery document and its keys, and what was asked of it. */
export interface Issuer {
  readonly url: string;
  /** The paths that were requested, in order. */
  readonly requested: string[];
  readonly headers: IncomingHttpHeaders[];
  /** What is published. */
  keys: JWK[];
  /** Answers a request in the issuer's place; returns false for one that it leaves alone. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Ends it; nothing listens there afterwards. */
  close(): Promise<void>;
}

export const discoveryPath = '/.well-known/openid-configuration';
export const keysPath = '/keys';

/** Starts an issuer that publishes these keys; a port may be given to start where another one was. */
export async function startIssuer(signers: Signer[], port = 0): Promise<Issuer> {
  const server = createServer((request, response) => {
    issuer.requested.push(request.url ?? '');
    issuer.headers.push(request.headers);
    if (issuer.instead?.(request, response)) return;
    if (request.url === discoveryPath) sendJson(response, { issuer: issuer.url, jwks_uri: `${issuer.url}${keysPath}?all` });
    else if (request.url?.startsWith(keysPath)) sendJson(response, { keys: issuer.keys });
    else response.writeHead(404).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested: [],
    headers: [],
    keys: signers.map(({ jwk }) => jwk),
    instead: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return issuer;
}

/** Sends a document with code 200. */
export function sendJson(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
}

export const audience = 'kubernetes';

/** The claims of a good token, some replaced; undefined removes one. */
export function claimsOf(issuer: string, changes: Record<string, unknown> = {}): JWTPayload {
  const seconds = Math.floor(Date.now() / 1000);
  // The id marks the token for the search of what is printed.
  const jti = credential('caller');
  return { iss: issuer, aud: audience, sub: 'alice', groups: ['ml', 'ops'], iat: seconds, exp: seconds + 300, jti, ...changes };
}

/** A token, signed; its header may be changed as well. */
export function sign({ alg, kid, privateKey }: Signer, claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
}

/** What a part of a token looks like before it is signed. */
export const encode = (part: unknown): string => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
