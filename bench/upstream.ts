/**
 * A bare upstream in a process of its own, over HTTP or (with a certificate in the environment) HTTPS: keeps whatever is POSTed
 * or PUT under a path, raises its resourceVersion, refuses an old one, applies merge patches, and counts what it is asked.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../lib/json/json.ts';
import { mergePatch } from '../local/cci/merge-patch.ts';

const stored = new Map<string, string>();
const version = /"resourceVersion":"(\d+)"/;
let calls: string[] = [];

function put(path: string, text: string): [number, string] {
  const live = version.exec(stored.get(path) ?? '')?.[1];
  const sent = version.exec(text)?.[1];
  if (live !== undefined && sent !== undefined && live !== sent) {
    return [
      409,
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Conflict', code: 409, message: 'modified' }),
    ];
  }
  const next = text.replace(version, `"resourceVersion":"${Number(live ?? sent ?? 0) + 1}"`);
  stored.set(path, next);
  return [200, next];
}

function answer(method: string, path: string, text: string): [number, string] {
  if (method === 'POST') stored.set(path, text);
  const live = stored.get(path);
  if (method === 'PUT') return put(path, text);
  if (live === undefined)
    return [404, JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 })];
  if (method === 'GET' || method === 'POST') return [200, live];
  return put(path, JSON.stringify(mergePatch(JSON.parse(live) as JsonObject, JSON.parse(text) as JsonObject)));
}

const handle: http.RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    calls.push(request.method ?? '');
    const [status, text] = answer(request.method ?? '', (request.url ?? '').replace(/\?.*/, ''), Buffer.concat(chunks).toString());
    const body = Buffer.from(text);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
};

const { BENCH_CERT: cert, BENCH_KEY: key } = process.env;
const server = cert && key ? https.createServer({ cert, key }, handle) : http.createServer(handle);
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `${cert ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
// Any message asks which calls there were since the last one.
process.on('message', () => {
  process.send?.({ calls });
  calls = [];
});
process.on('disconnect', () => process.exit(0));
