import { KeysError } from './errors.ts';

// The largest sets in use are some tens of kilobytes.
const limit = 1024 * 1024;

/**
 * Reads a JSON document; `what` names it in the log. Redirects are not followed. Throws KeysError for whatever is no 200 with JSON
 * of at most 1 MiB.
 */
export async function fetchJson(what: string, address: string, signal: AbortSignal): Promise<unknown> {
  let text: string;
  try {
    // A connection kept alive would be dead when a frozen Lambda wakes up.
    const headers = { accept: 'application/json, application/jwk-set+json', connection: 'close' };
    const response = await fetch(address, { redirect: 'manual', headers, signal });
    text = await textOf(what, response);
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError(`${what} could not be read`, codeOf(error));
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new KeysError(`${what} is not JSON`);
  }
}

async function textOf(what: string, response: Response): Promise<string> {
  const { status, body } = response;
  if (status !== 200) {
    await body?.cancel();
    throw new KeysError(`${what} answered ${status}`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > limit) throw new KeysError(`${what} is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says only that it failed; the reason is its cause. */
function codeOf(error: unknown): string | undefined {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : name;
}
