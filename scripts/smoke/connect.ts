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
  /** Sends a request; an object goes as a merge patch. Throws where no answer comes in 30 seconds, and where it is a redirect. */
  send(method: string, path: string, patch?: object): Promise<Answer>;
  /** Whether it answers a read to whoever does not say who he is. Throws as `send` does. */
  isOpen(path: string): Promise<boolean>;
}
interface Where {
  url: string;
  token: string | undefined;
  region: string | undefined;
}
/** Characters of an answer: more than the largest list that the gateway answers. */
const longest = 32 * 1024 * 1024;

type Headers = Record<string, string>;
type Sign = (method: string, url: URL, headers: Headers, body: string) => Promise<Headers>;

/** Finds out how callers are known there: by what is at hand, and by what a request without it is answered. Throws where nothing answers. */
export async function connect({ url, token, region }: Where): Promise<Gateway> {
  const asAnybody = sender(url, async (_, __, headers) => headers);
  const isOpen = async (path: string): Promise<boolean> => !isRefusal(await asAnybody('GET', path));
  if (token) {
    const send = sender(url, async (_, __, headers) => ({ ...headers, authorization: `Bearer ${token}` }));
    return { about: 'by a bearer token', send, isOpen };
  }
  const answer = await asAnybody('GET', '/version');
  const { challenge } = answer;
  if (!isRefusal(answer)) return { about: 'not at all: whoever reaches it may use it', send: asAnybody, isOpen };
  if (challenge.startsWith('Bearer')) throw new Error('it asks for a bearer token: give one by --token-file');
  return { about: 'by AWS signatures', send: sender(url, signed(region ?? regionOf(url))), isOpen };
}

const isRefusal = ({ status }: Answer): boolean => status === 401 || status === 403;

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
    // No redirect is followed: what is signed would go to whom it names, a session token too.
    const request = { method, headers, ...(patch && { body }), redirect: 'manual', signal: AbortSignal.timeout(30_000) } as const;
    const { status, challenge, text } = await answerTo(url, request).catch((error: Error) => {
      throw new Error(`nothing answers at ${url.origin}: ${(error.cause as NodeJS.ErrnoException)?.code ?? error.message}`);
    });
    if (status >= 300 && status < 400) throw new Error(`${path} is answered with ${status}, a redirect, which is not followed`);
    return { status, body: readJson(without(text, headers)), challenge };
  };
}

async function answerTo(url: URL, request: RequestInit): Promise<{ status: number; challenge: string; text: string }> {
  const { status, headers, body } = await fetch(url, request);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > longest) throw new Error('the answer has no end');
  }
  return { status, challenge: headers.get('www-authenticate') ?? '', text };
}

/** What an answer says, without what the request showed of who sends it. */
function without(text: string, { authorization = '', 'x-amz-security-token': session = '' }: Headers): string {
  const shown = [authorization.replace(/^Bearer /, ''), session].filter((secret) => secret !== '');
  return shown.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
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
