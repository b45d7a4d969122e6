import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificate.ts';

/**
 * A server whose handler is async: one that rejects is told on stderr and answered 500, unless it is the client that went away. With a
 * certificate it speaks TLS.
 */
export function createAsyncServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  certificate?: Certificate,
): Server | TlsServer {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch((error: Error) => {
      if (request.socket.destroyed) return;
      console.error(`${request.method} ${request.url}: ${error.message}`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
  return certificate ? createTlsServer(certificate, listener) : createServer(listener);
}

/**
 * Starts a server on 127.0.0.1, which no other machine can reach; port 0 takes a free one. Returns its base URL.
 * Rejects with a plain sentence where the port is taken.
 */
export async function listen(server: Server | TlsServer, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} is in use; set PORT to another`) : error),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return `${server instanceof TlsServer ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stops a server at once: idle keep-alive connections and requests under way are cut off. */
export async function close(server: Server | TlsServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}

/**
 * Reads a body of at most `limit` bytes; undefined where it is longer. What is too long is let go as it arrives:
 * cutting the connection instead would lose the answer for a client that is still sending.
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = Number(request.headers['content-length'] ?? 0);
  if (size <= limit) {
    size = 0;
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) break;
      chunks.push(chunk);
    }
  }
  if (size <= limit) return Buffer.concat(chunks);
  request.resume();
  return undefined;
}
