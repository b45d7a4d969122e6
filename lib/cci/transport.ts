import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';

/** One HTTP request to the upstream. `timeout` in milliseconds, for the whole exchange; `limit` in bytes, for the answer. */
export interface Outgoing {
  method: string;
  /** Path and query, percent-encoded. */
  path: string;
  /** All of them, `host` included; `content-length` is added here. */
  headers: Record<string, string>;
  body?: string;
  timeout: number;
  limit: number;
  /** A 200 is handed over as its body comes, on a connection of its own; `timeout` is then for its head. */
  stream?: boolean | undefined;
}

/** An answer, or why there is none: `sent` says whether the upstream may have got the request. Nothing is thrown. */
export type Exchange =
  | { answered: true; status: number; headers: http.IncomingHttpHeaders; body: Buffer; stream?: http.IncomingMessage }
  | { answered: false; sent: boolean; code: string; staleSocket: boolean };

export type Transport = (outgoing: Outgoing) => Promise<Exchange>;
/** A transport that can connect before there is anything to send; the next request takes that connection if it is young enough. */
export type EarlyTransport = Transport & { open(): void };

const connectTimeout = 3000;
/** Bytes of an answer's headers: a token of IAM comes in one, and has up to 32 KB. */
const maxHeaderSize = 64 * 1024;
const gzipName = /^(x-)?gzip$/i;
// A frozen Lambda wakes with sockets that died meanwhile; by the wall clock, since timers stand still in between.
const idleLimit = 4000;

/**
 * A keep-alive connection pool to one upstream. node:https and not undici or fetch: the AWS client loads it anyway, so it adds
 * nothing to a cold start. Redirects are not followed; an answer above the limit is cut off with the code EMSGSIZE;
 * one that the upstream cuts off has the code ECUTOFF.
 */
export function createTransport(
  { protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>,
  keepAlive = true,
): EarlyTransport {
  const module = protocol === 'http:' ? http : https;
  const target = { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || (protocol === 'http:' ? 80 : 443) };
  const connectEvent = protocol === 'http:' ? 'connect' : 'secureConnect';
  const pooled = createAgent(module, connectEvent, { keepAlive, maxSockets: 64 });
  // What stays open takes no place of what does not.
  const single = createAgent(module, connectEvent, { keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const { dropIdle, open } = pooled;

  const send = (outgoing: Outgoing): Promise<Exchange> => {
    dropIdle(idleLimit);
    return new Promise((resolve) => {
      const { method, path, headers, body, timeout, limit, stream = false } = outgoing;
      const { agent, isConnected } = stream ? single : pooled;
      let request: http.ClientRequest;
      try {
        request = module.request({ ...target, method, path, headers: flat(headers, body), agent, maxHeaderSize });
      } catch (error) {
        const { code, name } = error as NodeJS.ErrnoException;
        return resolve({ answered: false, sent: false, code: code ?? name, staleSocket: false });
      }
      let response: http.IncomingMessage | undefined;
      let settled = false;
      const settle = (exchange: Exchange): void => {
        settled = true;
        clearTimeout(timer);
        resolve(exchange);
      };
      const fail = (reason: string): void => {
        if (settled) return;
        const code = reason === 'ECONNRESET' && response ? 'ECUTOFF' : reason;
        const staleSocket = request.reusedSocket && !response && (code === 'ECONNRESET' || code === 'EPIPE');
        // Where one kept-alive socket has died the others have too, so that a repetition gets a fresh one.
        if (staleSocket) dropIdle(-1);
        settle({ answered: false, sent: isConnected(request.socket), code, staleSocket });
        request.destroy();
      };
      const timer = setTimeout(fail, timeout, 'ETIMEDOUT');
      request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name));
      // A change of protocol (101) is an answer, and one that nobody asked for.
      request.on('upgrade', (incoming, socket) => {
        socket.destroy();
        if (!settled) settle({ answered: true, status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.alloc(0) });
      });
      request.on('response', (incoming) => {
        response = incoming;
        if (stream && incoming.statusCode === 200) return handOver(incoming, settle);
        collect(incoming, limit, fail, (answered) => {
          if (settled) return;
          settle({ answered: true, status: incoming.statusCode ?? 0, headers: incoming.headers, body: answered });
          // Whoever answers before the request was read may never read it: the connection would stay for ever.
          if (!request.writableFinished) request.destroy();
        });
      });
      request.end(body);
    });
  };
  return Object.assign(send, {
    open: () => open({ ...target, host: target.hostname, servername: isIP(target.hostname) ? '' : target.hostname }),
  });
}

/** Settles an exchange with an answer that goes on. */
function handOver(incoming: http.IncomingMessage, settle: (exchange: Exchange) => void): void {
  // Whoever reads it is told of its loss by reading; until then nobody listens.
  incoming.on('error', () => undefined);
  settle({ answered: true, status: 200, headers: incoming.headers, body: Buffer.alloc(0), stream: incoming });
}

/** Collects an answer's body, unpacked, up to a limit; `fail` gets a code where there is none. */
function collect(incoming: http.IncomingMessage, limit: number, fail: (code: string) => void, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) fail('EMSGSIZE');
    else chunks.push(chunk);
  });
  incoming.on('end', () => {
    if (!incoming.complete) return;
    const [first] = chunks;
    const whole = chunks.length === 1 && first ? first : Buffer.concat(chunks);
    const body = gzipName.test(incoming.headers['content-encoding'] ?? '') ? gunzip(whole, limit) : whole;
    if (typeof body === 'string') fail(body);
    else done(body);
  });
  incoming.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.name));
  // A cut-off answer closes without an end.
  incoming.on('close', () => fail('ECONNRESET'));
}

/** The bytes behind gzip, or the code of why there are none. */
function gunzip(bytes: Buffer, limit: number): Buffer | string {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'EMSGSIZE' : 'ECUTOFF';
  }
}

/** Headers as a flat list, which Node writes as they are: a third of a request's own cost less than an object. */
function flat(headers: Record<string, string>, body: string | undefined): string[] {
  const list: string[] = [];
  for (const name in headers) list.push(name, headers[name] ?? '');
  if (body !== undefined) list.push('content-length', String(Buffer.byteLength(body)));
  return list;
}

/** An agent that knows which of its sockets were ever connected, gives up connecting in time, and can drop those that idle. */
function createAgent(module: typeof http | typeof https, connectEvent: 'connect' | 'secureConnect', options: http.AgentOptions) {
  const agent = new module.Agent({ ...options, scheduling: 'lifo' });
  const connected = new WeakSet<Duplex>();
  const idleSince = new WeakMap<Duplex, number>();
  const { createConnection, keepSocketAlive } = agent;
  let early: { socket: Duplex; openedAt: number } | undefined;
  const connect: typeof createConnection = (options, callback) => {
    const socket = createConnection.call(agent, options, callback);
    if (!socket) return socket;
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error('connect timed out'), { code: 'ECONNTIMEOUT' })), connectTimeout);
    socket.once(connectEvent, () => connected.add(socket));
    for (const event of [connectEvent, 'close']) socket.once(event, () => clearTimeout(timer));
    return socket;
  };
  agent.createConnection = (options, callback) => {
    const { socket, openedAt } = early ?? { openedAt: 0 };
    early = undefined;
    if (socket && !socket.destroyed && Math.abs(Date.now() - openedAt) <= idleLimit) return socket;
    socket?.destroy();
    return connect(options, callback);
  };
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, Date.now());
    return keepSocketAlive.call(agent, socket);
  };
  return {
    agent,
    open(options: https.RequestOptions): void {
      const socket = connect(options, () => undefined);
      if (!socket) return;
      early = { socket, openedAt: Date.now() };
      // Why there is none is told by the request that opens another.
      socket.once('error', () => socket.destroy());
    },
    isConnected: (socket: Duplex | null) => socket !== null && connected.has(socket),
    dropIdle: (longerThan: number): void => {
      for (const key in agent.freeSockets) {
        for (const socket of agent.freeSockets[key] ?? []) {
          if (Math.abs(Date.now() - (idleSince.get(socket) ?? 0)) > longerThan) socket.destroy();
        }
      }
    },
  };
}
