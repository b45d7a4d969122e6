import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import type { ICredential } from '@huaweicloud/huaweicloud-sdk-core/auth/ICredential.js';
import type { IHttpRequest } from '@huaweicloud/huaweicloud-sdk-core/http/IHttpRequest.js';

/** A key whose signatures count; a security token makes it a temporary key. */
export interface SigningKey {
  accessKey: string;
  secretKey: string;
  securityToken?: string | undefined;
  projectId?: string | undefined;
}

/** The official signer over the bytes that arrived: it hashes JSON.stringify(data), which need not be what was sent. */
class ReceivedBytesSigner extends AKSKSigner {
  protected static override buildPayloadHash(request: IHttpRequest): string {
    // Whatever X-Sdk-Content-Sha256 claims; a body that was tampered with must not pass.
    return ReceivedBytesSigner.Hex(request.data);
  }
}

const authorizationForm = /^SDK-HMAC-SHA256 Access=([^\s,]+), SignedHeaders=([^\s,]+), Signature=([0-9a-f]{64})$/;
const dateForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const clockSkewMs = 15 * 60_000;

/** The access key that a request says it is signed with, or undefined. */
export function accessKeyOf({ headers }: IncomingMessage): string | undefined {
  return authorizationForm.exec(headers.authorization ?? '')?.[1];
}

/**
 * Why the API gateway in front of CCI would turn a request away (the `error_msg` of its 401), or undefined where the signature is
 * good. `key` is the one that the request names, if it exists. Signs the request again with exactly the headers it names, by the
 * official SDK's own code.
 */
export function signatureMistake(request: IncomingMessage, body: Buffer, key: SigningKey | undefined, now: number): string | undefined {
  const reason = mistake(request, body, key, now);
  return reason && `Incorrect IAM authentication information: ${reason}`;
}

function mistake(
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
  key: SigningKey | undefined,
  now: number,
): string | undefined {
  const authorization = headers.authorization;
  if (authorization === undefined) return 'x-auth-token not found';
  const [, access = '', signedHeaders = '', signature = ''] = authorizationForm.exec(authorization) ?? [];
  if (!signature) return 'verify aksk signature fail, the Authorization header is malformed';
  if (!key) return `Get secretKey failed,ak:${access},err:ak not exist`;

  const names = signedHeaders.split(';');
  for (const needed of ['host', 'x-sdk-date', ...(key.securityToken ? ['x-security-token'] : [])]) {
    if (!names.includes(needed)) return `verify aksk signature fail, ${needed} is not signed`;
  }
  const date = text(headers['x-sdk-date']);
  const time = Date.parse(date.replace(dateForm, '$1-$2-$3T$4:$5:$6Z'));
  if (!dateForm.test(date) || !(Math.abs(now - time) <= clockSkewMs)) {
    return 'verify aksk signature fail, x-sdk-date is not within 15 minutes of the server time';
  }
  if (key.securityToken && !same(text(headers['x-security-token']), key.securityToken)) return 'verify security token fail';
  const project = headers['x-project-id'];
  if (key.projectId && project !== undefined && project !== key.projectId) return 'x-project-id is not a project of this account';

  return same(signatureOf(method, url, headers, names, body, key), signature) ? undefined : 'verify aksk signature fail';
}

function signatureOf(
  method: string,
  url: string,
  headers: IncomingMessage['headers'],
  names: string[],
  body: Buffer,
  key: SigningKey,
): string {
  // The signer finds the date only under this spelling.
  const signed = Object.fromEntries(names.map((name) => [name === 'x-sdk-date' ? 'X-Sdk-Date' : name, text(headers[name])]));
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  // The path as it is on the wire. Names of jobs and namespaces hold nothing that needs escaping.
  const request: IHttpRequest = {
    method,
    endpoint: `http://${headers.host}${path}`,
    queryParams: queryOf(query),
    headers: signed,
    data: body,
  };
  const credential = { getAk: () => key.accessKey, getSk: () => key.secretKey } as ICredential;
  const { Authorization } = ReceivedBytesSigner.sign(request, credential) as { Authorization: string };
  return Authorization.slice(-64);
}

function queryOf(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query)) {
    values[name] ??= [];
    values[name].push(value);
  }
  return values;
}

function text(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
