import { createServer, request as httpRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { close, listen } from '../../local/http.ts';

/** A request as it arrived at the upstream, to the byte. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What stands where CCI stands: it notes every request, and hands it on unless a test answers in CCI's place. */
export interface Upstream {
  readonly url: string;
  /** Every request in the order in which it arrived. */
  readonly received: Received[];
  /** Set by a test: answers instead of the target, unless it returns 'hand on'. */
  answer: ((request: Received, response: ServerResponse) => unknown) | undefined;
  close(): Promise<void>;
}

/** Starts an upstream in front of `target`. Headers go through as they are, so that a signature stays what it was. */
export async function startUpstream(target: string): Promise<Upstream> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const noted = { method, url, headers, body: Buffer.concat(chunks) };
      received.push(noted);
      if (upstream.answer && upstream.answer(noted, response) !== 'hand on') return;
      const onward = httpRequest(new URL(url, target), { method, headers, agent: false }, (answered) => {
        // A watch of which nothing comes has begun all the same.
        response.writeHead(answered.statusCode ?? 500, answered.headers).flushHeaders();
        answered.pipe(response);
      });
      onward.on('error', () => response.destroy());
      onward.end(noted.body);
    });
  });
  const upstream: Upstream = {
    url: await listen(server, 0),
    received,
    answer: undefined,
    close: () => close(server),
  };
  return upstream;
}
