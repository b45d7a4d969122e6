import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

/** One HTTP request to the upstream. `timeout` in milliseconds, for the whole exchange; `limit` in bytes, for the answer. */
export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: string;
  timeout: number;
  limit: number;
}

/** An answer, or why there is none: `sent` says whether the upstream may have got the request. Nothing is thrown. */
export type Exchange =
  | { answered: true; status: number; headers: http.IncomingHttpHeaders; body: Buffer }
  | { answered: false; sent: boolean; code: string; staleSocket: boolean };

export type Transport = (outgoing: Outgoing) => Promise<Exchange>;

const connectTimeout = 3000;
// A frozen Lambda wakes with sockets that died meanwhile; by the wall clock, since timers stand still in between.
const idleLimit = 4000;

/**
 * One keep-alive connection pool to an upstream. node:https and not undici or fetch: the AWS client loads it anyway, so it adds
 * nothing to a cold start. Redirects are not followed; an answer above the limit is cut off with the code EMSGSIZE.
 */
export function createTransport(protocol: string): Transport {
  const module = protocol === 'http:' ? http : https;
  const agent = new module.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });
  const idleSince = new WeakMap<object, number>();
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, Date.now());
    return keepSocketAlive(socket);
  };
  const dropIdle = (longerThan: number): void => {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets ?? []) if (Math.abs(Date.now() - (idleSince.get(socket) ?? 0)) > longerThan) socket.destroy();
    }
  };

  return (outgoing) => {
    dropIdle(idleLimit);
    return new Promise((resolve) => {
      let connected = false;
      let answering = false;
      const request = module.request(outgoing.url, { method: outgoing.method, headers: outgoing.headers, agent });
      let connectTimer: NodeJS.Timeout | undefined;
      const timer = setTimeout(() => request.destroy(codedError('ETIMEDOUT')), outgoing.timeout);
      const settle = (exchange: Exchange): void => {
        clearTimeout(timer);
        clearTimeout(connectTimer);
        resolve(exchange);
      };
      const fail = (error: NodeJS.ErrnoException): void => {
        const code = error.code ?? error.name;
        const staleSocket = request.reusedSocket && !answering && (code === 'ECONNRESET' || code === 'EPIPE');
        // Where one kept-alive socket has died the others have too, so that a repetition gets a fresh one.
        if (staleSocket) dropIdle(-1);
        settle({ answered: false, sent: connected || request.reusedSocket, code, staleSocket });
      };
      request.on('socket', (socket: Socket) => {
        if (!socket.connecting) return;
        connectTimer = setTimeout(() => request.destroy(codedError('ECONNTIMEOUT')), connectTimeout);
        socket.once(protocol === 'http:' ? 'connect' : 'secureConnect', () => {
          connected = true;
          clearTimeout(connectTimer);
        });
      });
      request.on('error', fail);
      request.on('response', (response) => {
        answering = true;
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > outgoing.limit) request.destroy(codedError('EMSGSIZE'));
          else chunks.push(chunk);
        });
        response.on('end', () => {
          if (!response.complete) return;
          settle({ answered: true, status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        });
        response.on('error', fail);
        // A cut-off answer ends in `aborted` or `close` without `end`; settling twice is harmless.
        response.on('close', () => fail(codedError(size > outgoing.limit ? 'EMSGSIZE' : 'ECONNRESET')));
      });
      request.end(outgoing.body);
    });
  };
}

function codedError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
