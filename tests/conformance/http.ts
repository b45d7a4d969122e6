import { type IncomingHttpHeaders, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';

// biome-ignore lint/suspicious/noExplicitAny: answers hold whatever JSON can hold.
export type Loose = any;

/** Where requests go: an origin, and what it takes to be let in. */
export interface Endpoint {
  url: string;
  token?: string;
  ca?: string;
}
/** A request, without the origin. An object as body goes as JSON. */
export interface Sending {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer | object;
}
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The text as JSON, or undefined where it is none. */
  body: Loose;
}

const agents = { http: new PlainAgent({ keepAlive: true }), https: new Agent({ keepAlive: true }) };

/** Sends one request as it is: no redirects, no retries, no content type of its own but JSON for an object. */
export function send(endpoint: Endpoint, { method = 'GET', path, headers = {}, body }: Sending): Promise<Answer> {
  const bytes = typeof body === 'object' && !Buffer.isBuffer(body) ? JSON.stringify(body) : body;
  const all = {
    ...(typeof body === 'object' && !Buffer.isBuffer(body) && { 'content-type': 'application/json' }),
    ...(endpoint.token && { authorization: `Bearer ${endpoint.token}` }),
    ...(bytes !== undefined && { 'content-length': String(Buffer.byteLength(bytes)) }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    // The path goes out as it is written; a URL object would tidy it.
    const { protocol, hostname, port } = new URL(endpoint.url);
    const target = { hostname, port, path, method, headers: all, timeout: 30_000 };
    const sent =
      protocol === 'https:'
        ? request({ ...target, agent: agents.https, ca: endpoint.ca })
        : plainRequest({ ...target, agent: agents.http });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path.slice(0, 200)}: no answer in 30 s`)));
    sent.on('error', reject);
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
      });
    });
    sent.end(bytes);
  });
}

/** Sends a request that must succeed and returns the answer's JSON. */
export async function sendOk(endpoint: Endpoint, sending: Sending): Promise<Loose> {
  const { status, text, body } = await send(endpoint, sending);
  if (status >= 300) throw new Error(`${sending.method ?? 'GET'} ${sending.path}: ${status} ${text.slice(0, 1000)}`);
  return body;
}

function parse(text: string): Loose {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Lets go of all idle connections, so that the process can end. */
export function closeConnections(): void {
  agents.http.destroy();
  agents.https.destroy();
}
