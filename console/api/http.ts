/** Requests to the gateway, and what its answers mean. */
import type { Status } from '../../lib/status.ts';
import { authorization, leave, renew } from '../session/session.ts';
import { root } from '../session/settings.ts';

/** What a request brought. */
export interface Answer {
  text: string;
  warnings: string[];
}

/** A refusal or a failure. Code 0: no answer came at all, so that nobody knows what became of a write. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: number;
  readonly status: Partial<Status>;
  readonly warnings: string[];
  readonly requestId: string | undefined;
  /** The gateway's rule that refused. */
  readonly rule: string | undefined;

  constructor(code: number, status: Partial<Status>, headers = new Headers()) {
    super(status.message ?? `The gateway answered ${code}.`);
    this.code = code;
    this.status = status;
    this.warnings = warningsIn(headers);
    this.requestId = headers.get('x-request-id') ?? undefined;
    this.rule = headers.get('x-refused-by') ?? undefined;
  }

  /** Whether a write may have been carried out all the same. The gateway's own 503 says that it was not; that of what stands before it does not. */
  get isOpen(): boolean {
    return this.code === 0 || (this.code >= 500 && !(this.code === 503 && this.status.kind === 'Status'));
  }
}

/** A request as fetch takes it, without what every one has. */
export type Ask = Pick<RequestInit, 'method' | 'body' | 'signal'> & { headers?: Record<string, string> };

/** Sends a request to a path of the API. Rejects with Refused, or with the AbortError of its signal. Who is out is asked to log in. */
export async function call(path: string, ask: Ask = {}): Promise<Answer> {
  const first = await send(path, ask);
  const { response, text } = first.response.status === 401 && (await renew()) ? await send(path, ask) : first;
  if (response.ok) return { text, warnings: warningsIn(response.headers) };
  if (response.status === 401) leave('The gateway does not know you, or not any more.');
  throw new Refused(response.status, statusOf(text, response.status), response.headers);
}

/** An answer counts once all of it is there: of a write whose answer breaks off, nobody knows what became. */
async function send(path: string, ask: Ask): Promise<{ response: Response; text: string }> {
  const headers = { ...ask.headers, ...(await authorization()) };
  try {
    const response = await fetch(root + path, { ...ask, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
    return { response, text: await response.text() };
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Refused(0, { message: 'The gateway cannot be reached.' });
  }
}

function statusOf(text: string, code: number): Partial<Status> {
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return status;
  } catch {
    // What stands between may answer with a page of its own.
  }
  return { message: `HTTP ${code}, and what came with it is no Status.` };
}

/** The texts of Warning headers: a code, an agent, and a quoted text. */
function warningsIn(headers: Headers): string[] {
  const values = (headers.get('warning') ?? '').matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...values].map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
