import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { createTransport, type EarlyTransport, type Outgoing } from '../../../lib/cci/transport.ts';

/** A TCP server that says on each connection what a test wants, and knows how many there were and are. */
export interface TcpUpstream {
  readonly port: number;
  /** Every connection that was made, in order. */
  readonly made: Socket[];
  readonly open: Set<Socket>;
  close(): Promise<void>;
}

/** Starts an upstream on 127.0.0.1 that hands each connection over with its number, from 1. */
export async function startTcp(converse: (socket: Socket, number: number) => void): Promise<TcpUpstream> {
  const made: Socket[] = [];
  const open = new Set<Socket>();
  const server = net.createServer((socket) => {
    made.push(socket);
    open.add(socket);
    // A client that hangs up is what many of these tests are about.
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    converse(socket, made.length);
    // Who does not read does not notice the end either.
    if (!socket.isPaused()) socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    made,
    open,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A transport to a local port. */
export function transportTo(port: number): EarlyTransport {
  return createTransport({ protocol: 'http:', hostname: '127.0.0.1', port: String(port) });
}

/** A GET with 5 s and a limit of 1000 bytes, unless a test says otherwise. */
export function outgoing(more: Partial<Outgoing> = {}): Outgoing {
  return { method: 'GET', path: '/job?a=%20', headers: { host: 'h' }, timeout: 5000, limit: 1000, ...more };
}

/** An answer as it is on the wire. */
export function answer(body: string, head = 'HTTP/1.1 200 OK\r\n'): string {
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Calls back with each whole request that arrives on a connection, as text. */
export function onRequest(socket: Socket, callback: (request: string, number: number) => void): void {
  let text = '';
  let number = 0;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (;;) {
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (head < 0 || text.length < head + 4 + length) return;
      const request = text.slice(0, head + 4 + length);
      text = text.slice(request.length);
      number += 1;
      callback(request, number);
    }
  });
}
