import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import { close, listen } from '../../../local/http.ts';
import type { Endpoint } from '../http.ts';

/** What stands between the gateway and the API server, and does to watches what befalls them. */
export interface Between {
  readonly url: string;
  /** How many watches go through it now, and how many have begun. */
  readonly watches: { now: number; begun: number };
  /** Ends every watch that goes through it: cleanly, by a reset, or within a line. */
  end(how: 'cleanly' | 'reset' | 'within a line'): void;
  /** Sends bytes into every watch of a namespace, as if the API server had. Returns how many there were. */
  inject(namespace: string, bytes: string | Buffer): number;
  /** Ends every watch of a namespace, and for so many milliseconds tells whoever goes on that his version is too old. */
  expire(namespace: string, milliseconds: number): void;
  close(): Promise<void>;
}

const expired = {
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version',
    reason: 'Expired',
    code: 410,
  },
};

/** Starts it in front of an API server; what it gets it hands on as it came. */
export async function startBetween({ url, ca }: Required<Endpoint>): Promise<Between> {
  const open = new Map<ServerResponse, string>();
  const watches = { now: 0, begun: 0 };
  const expiring = new Map<string, number>();
  const hand = (from: IncomingMessage, to: ServerResponse): void => {
    const { hostname, port } = new URL(url);
    const headers = { ...from.headers, host: `${hostname}:${port}` };
    const onward = request({ hostname, port, ca, path: from.url, method: from.method, headers, agent: false }, (answered) => {
      to.writeHead(answered.statusCode ?? 500, answered.headers).flushHeaders();
      answered.on('error', () => to.destroy()).pipe(to);
    });
    onward.on('error', () => to.destroy());
    to.on('error', () => undefined).on('close', () => onward.destroy());
    from.pipe(onward);
  };
  const server = createServer((from, to) => {
    const { url: path = '' } = from;
    if (!path.includes('watch=true')) return hand(from, to);
    const [, namespace = ''] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
    // Only a watch that goes on from a version can be too late.
    if (Date.now() < (expiring.get(namespace) ?? 0) && /[?&]resourceVersion=[1-9]/.test(path)) {
      to.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(expired)}\n`);
      return undefined;
    }
    watches.now += 1;
    watches.begun += 1;
    open.set(to, namespace);
    to.on('close', () => {
      watches.now -= 1;
      open.delete(to);
    });
    return hand(from, to);
  });
  const begun = () => [...open].filter(([response]) => response.headersSent);
  return {
    url: await listen(server, 0),
    watches,
    end(how) {
      for (const response of begun().map(([one]) => one)) {
        if (how === 'cleanly') response.end();
        else if (how === 'reset') response.socket?.resetAndDestroy();
        else response.write('{"type":"MODIFIED","object":{"kind":"TF', () => response.destroy());
      }
    },
    inject(namespace, bytes) {
      const theirs = begun().filter(([, one]) => one === namespace);
      for (const [response] of theirs) response.write(bytes);
      return theirs.length;
    },
    expire(namespace, milliseconds) {
      expiring.set(namespace, Date.now() + milliseconds);
      for (const [response, one] of begun()) if (one === namespace) response.end();
    },
    close: () => close(server),
  };
}
