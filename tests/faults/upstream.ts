import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { documentedJob } from '../../local/cci/simulator.ts';
import { StatusError } from '../../local/cci/status.ts';
import { Storage } from '../../local/cci/storage.ts';
import type { Certificate } from '../../local/certificate.ts';
import { credential } from '../credentials.ts';

/** One call that arrived, and what can be done with it. */
export interface Call {
  readonly method: string;
  readonly headers: string;
  readonly socket: Socket;
  /** Whether it does what the caller asked for: a GET of a read, a PUT or a PATCH of a write. */
  readonly work: boolean;
  /** How many such calls have come, and how many of any kind, this one included. */
  readonly worked: number;
  readonly number: number;
  /** Which login at IAM it is; 0 for a call to CCI. */
  readonly login: number;
  /** What a good upstream answers; a write is carried out. */
  serve(): { status: number; body: string };
  /** Takes no further connection. */
  stopListening(): void;
  /** Stores a new version of the gateway's secret. */
  rotate(): void;
}
/** What the upstream does with a call. */
export type Act = (call: Call) => unknown;
/** What befalls a call; undefined where it is answered well. */
export type Strike = (call: Call) => Act | undefined;

export interface Upstream {
  readonly url: string;
  /** The methods of the calls that arrived, logins at IAM left out. */
  readonly calls: string[];
  /** Every version of the job that was ever stored, oldest first, to the letter. */
  history(): string[];
  /** Ends all connections, forgets all calls and changes, and does this from now on; `reading` says whether GETs are what the caller asked for. */
  begin(strike: Strike, reading: boolean): Promise<void>;
  close(): Promise<void>;
}
export interface UpstreamOptions {
  certificate?: Certificate | undefined;
  /** What is said to whoever does not begin with an HTTP request. */
  toNoise?: string | undefined;
  rotate(): void;
}

const target = { plural: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test' };
/** Milliseconds for the end of a connection to come through, on this machine. */
const settleTime = 10;
const iamPath = '/iam/v3/auth/tokens';

/**
 * Starts an upstream that holds the documented job and can say anything on the wire, well-formed or not. Its own IAM (POST under /iam)
 * gives a token to everybody.
 */
export async function startUpstream({ certificate, toNoise, rotate }: UpstreamOptions): Promise<Upstream> {
  const job = JSON.stringify(await documentedJob());
  const open = new Set<Socket>();
  const calls: string[] = [];
  let storage = new Storage();
  let strike: Strike = () => undefined;
  let reading = true;
  let worked = 0;
  let logins = 0;

  const converse = (socket: Socket): void => {
    open.add(socket);
    // That the gateway hangs up is what many faults are about.
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (toNoise !== undefined && !/^[A-Z]/.test(text)) return socket.end(toNoise);
      for (let length = lengthOf(text); length > 0; length = lengthOf(text)) {
        const request = text.slice(0, length);
        text = text.slice(length);
        take(socket, request);
      }
    });
  };
  const take = (socket: Socket, request: string): void => {
    const [head = '', body = ''] = request.split(/\r\n\r\n(.*)/s);
    const [method = '', path = ''] = head.split(' ');
    const isLogin = path === iamPath;
    const work = !isLogin && (method !== 'GET' || reading);
    if (work) worked += 1;
    if (isLogin) logins += 1;
    else calls.push(method);
    const of = storage;
    const serve = () => (isLogin ? { status: 201, body: '{}' } : answerOf(of, method, Buffer.from(body, 'latin1').toString()));
    const counted = { work, worked, number: calls.length, login: isLogin ? logins : 0 };
    const call = { method, headers: head, socket, ...counted, serve, stopListening: () => void server.close(), rotate };
    (strike(call) ?? answerWell)(call);
  };

  const server = certificate ? tls.createServer(certificate, converse) : net.createServer(converse);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http${certificate ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get calls() {
      return [...calls];
    },
    history: () => storage.history(target),
    async begin(next, isRead) {
      for (const socket of open) socket.destroy();
      // So that the gateway, in this same process, has noticed: its next request goes over a new connection.
      await sleep(settleTime);
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      strike = next;
      reading = isRead;
      calls.length = 0;
      worked = 0;
      logins = 0;
      storage = new Storage();
      storage.seed(job);
    },
    async close() {
      for (const socket of open) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

/** Carries a call out and answers it as CCI does. */
export const answerWell: Act = (call) => {
  const { status, body } = call.serve();
  call.socket.write(http(status, body, { 'X-Subject-Token': credential('token') }));
};

/** An answer as it is on the wire. */
export function http(status: number, body: string | Buffer, headers: Record<string, string> = {}): Buffer {
  const all = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}

/** The length of the request that a text begins with; 0 while it is not whole. */
function lengthOf(text: string): number {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return 0;
  const length = head + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
  return text.length < length ? 0 : length;
}

function answerOf(storage: Storage, method: string, body: string): ReturnType<Call['serve']> {
  try {
    if (method === 'GET') return { status: 200, body: storage.read(target) };
    return { status: 200, body: method === 'PUT' ? storage.replace(target, body, false) : storage.patch(target, body, false) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { status: error.code, body: JSON.stringify(error) };
  }
}
