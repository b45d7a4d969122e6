import { type Answer, now, put, type Sending } from '../gateway.ts';

export const mergePatch = 'application/merge-patch+json';
export const jsonPatch = 'application/json-patch+json';

/** Sends a PATCH of this type to the local API Gateway; `none` sends no content type. */
export function patch(
  body: object | string | Buffer,
  { type = mergePatch, headers, ...sending }: Sending & { type?: string } = {},
): Promise<Answer> {
  return put(body, { method: 'PATCH', headers: { ...(type !== 'none' && { 'content-type': type }), ...headers }, ...sending });
}

/** The verbs of the requests that reached the upstream, in order. */
export const trips = (): string => now.upstream.received.map(({ method }) => method).join(' ');

/** What was sent upstream with the last write, letter for letter. */
export const sent = (): string | undefined => now.upstream.received.findLast(({ method }) => method !== 'GET')?.body.toString();
