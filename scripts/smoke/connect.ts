/** Speaks to a gateway as its callers do: with a bearer token, with AWS signatures, or as anybody. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { connectSecretsManager } from '../../lib/cci/connect.ts';

/** An answer; whatever JSON it has. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever answers
  body: any;
}
export interface Gateway {
  /** In words, how callers are known. */
  about: string;
  /** Sends a request; an object goes as a merge patch. Throws where nothing answers in 30 seconds. */
  send(method: string, path: string, patch?: object): Promise<Answer>;
}
interface Where {
  url: string;
  token: string | undefined;
  region: string | undefined;
}
type Headers = Record<string, string>;
type Sign = (method: string, url: URL, headers: Headers, body: string) => Promise<Headers>;

/** Finds out how callers are known there: by what is at hand, and by what a request without it is answered. Throws where nothing answers. */
export async function connect({ url, token, region }: Where): Promise<Gateway> {
  if (token)
    return { about: 'by a bearer token', send: sender(url, async (_, __, headers) => ({ ...headers, authorization: `Bearer ${token}` })) };
  const asAnybody = sender(url, async (_, __, headers) => headers);
  const { status, challenge } = await asAnybody('GET', '/version');
  if (status !== 401 && status !== 403) return { about: 'not at all: whoever reaches it may use it', send: asAnybody };
  if (challenge.startsWith('Bearer')) throw new Error('it asks for a bearer token: give one by --token-file');
  return { about: 'by AWS signatures', send: sender(url, signed(region ?? regionOf(url))) };
}

function sender(base: string, sign: Sign) {
  return async (method: string, path: string, patch?: object): Promise<Answer & { challenge: string }> => {
    const url = new URL(`${base}${path}`);
    const body = patch ? JSON.stringify(patch) : '';
    const headers = await sign(
      method,
      url,
      { accept: 'application/json', ...(patch && { 'content-type': 'application/merge-patch+json' }) },
      body,
    );
    const response = await fetch(url, { method, headers, ...(patch && { body }), signal: AbortSignal.timeout(30_000) }).catch(
      (error: Error) => {
        throw new Error(`nothing answers at ${url.origin}: ${(error.cause as NodeJS.ErrnoException)?.code ?? error.message}`);
      },
    );
    const text = await response.text();
    const challenge = response.headers.get('www-authenticate') ?? '';
    return { status: response.status, body: readJson(text), challenge };
  };
}

/** Signs for API Gateway with the AWS credentials at hand, found as any AWS client finds them. */
function signed(region: string): Sign {
  const { credentials } = connectSecretsManager().config;
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return async (method, { protocol, hostname, host, pathname, searchParams }, headers, body) => {
    const request = {
      method,
      protocol,
      hostname,
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...headers, host },
      body,
    };
    const { headers: all } = await signer.sign(request);
    // fetch names the host itself.
    const { host: _, ...own } = all;
    return own;
  };
}

/** The hash that the signer wants, by Node's own. */
class Sha256 {
  private readonly hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', typeof secret === 'string' ? secret : bytesOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === 'string' ? data : bytesOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
  reset(): void {
    throw new Error('a hash is used once');
  }
}

const bytesOf = (data: ArrayBuffer | ArrayBufferView): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

function regionOf(url: string): string {
  const region = /\.execute-api\.([a-z0-9-]+)\./.exec(url)?.[1] ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region) throw new Error('it asks for AWS signatures: name the region by --region');
  return region;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return { message: 'the answer is not JSON' };
  }
}
