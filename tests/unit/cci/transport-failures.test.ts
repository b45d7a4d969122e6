import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTransport, type Outgoing } from '../../../lib/cci/transport.ts';
import { answer, onRequest, outgoing, startTcp, type TcpUpstream, transportTo } from './tcp-upstream.ts';

let upstream: TcpUpstream | undefined;
afterEach(async () => {
  vi.useRealTimers();
  await upstream?.close();
  upstream = undefined;
});

/** What comes of one request to an upstream that behaves like this; afterwards no connection is left. */
async function exchangeWith(converse: (socket: Socket) => void, more: Partial<Outgoing> = {}) {
  const started = await startTcp(converse);
  upstream = started;
  const exchange = await transportTo(started.port)(outgoing(more));
  if (!exchange.answered) await vi.waitFor(() => expect(started.open.size, 'connections left open').toBe(0));
  return exchange;
}
const replying = (text: string, then?: (socket: Socket) => void) => (socket: Socket) =>
  onRequest(socket, () => {
    socket.write(text);
    then?.(socket);
  });
const end = (socket: Socket) => socket.end();
const failure = (code: string) => ({ answered: false, sent: true, code, staleSocket: false });

describe('an upstream that cannot be reached', () => {
  it('refuses the connection: nothing was sent', async () => {
    const { port, close } = await startTcp(() => undefined);
    await close();
    expect(await transportTo(port)(outgoing())).toEqual({ ...failure('ECONNREFUSED'), sent: false });
  });

  it('has a name that cannot be resolved: nothing was sent', async () => {
    const transport = createTransport({ protocol: 'http:', hostname: `${'a'.repeat(64)}.invalid`, port: '' });
    const exchange = await transport(outgoing());
    expect(exchange).toMatchObject({ answered: false, sent: false, staleSocket: false });
    expect(exchange.answered || exchange.code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('takes the connection but says nothing of TLS until the request’s own time is up: nothing was sent', async () => {
    upstream = await startTcp(() => undefined);
    const transport = createTransport({ protocol: 'https:', hostname: '127.0.0.1', port: String(upstream.port) });
    expect(await transport(outgoing({ timeout: 300 }))).toEqual({ ...failure('ETIMEDOUT'), sent: false });
    const { open } = upstream;
    await vi.waitFor(() => expect(open.size).toBe(0));
  });

  it('takes the connection but says nothing of TLS: given up after 3 s, long before the request’s own time', async () => {
    const { port, made } = await startSilent();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const exchange = createTransport({ protocol: 'https:', hostname: '127.0.0.1', port: String(port) })(outgoing({ timeout: 30_000 }));
    let settled = false;
    void exchange.then(() => {
      settled = true;
    });
    while (made.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await vi.advanceTimersByTimeAsync(2999);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await exchange).toEqual({ ...failure('ECONNTIMEOUT'), sent: false });
  });
  const startSilent = async () => {
    upstream = await startTcp(() => undefined);
    return upstream;
  };
});

describe('an answer that fails', () => {
  it('is cut off by the end of the connection', async () => {
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":', end))).toEqual(failure('ECUTOFF'));
  });

  it('is cut off by a reset', async () => {
    const reset = (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 20);
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":', reset))).toEqual(failure('ECUTOFF'));
  });

  it('is cut off between chunks', async () => {
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n', end))).toEqual(
      failure('ECUTOFF'),
    );
  });

  it('breaks off within its head', async () => {
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nContent-Le', end))).toEqual(failure('ECONNRESET'));
  });

  it.each([
    ['in one piece', answer('x'.repeat(1001))],
    ['said to be larger, and held back', 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n'.concat('x'.repeat(1001))],
    ['in chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'64\r\n'.concat('x'.repeat(100), '\r\n').repeat(11)}`],
    ['without a length', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1001)}`],
  ])('is too large (%s)', async (_title, text) => {
    expect(await exchangeWith(replying(text))).toEqual(failure('EMSGSIZE'));
  });

  it('is taken at exactly the limit', async () => {
    expect(await exchangeWith(replying(answer('x'.repeat(1000))))).toMatchObject({ answered: true, status: 200 });
  });

  it('never comes', async () => {
    expect(await exchangeWith(replying(''), { timeout: 100 })).toEqual(failure('ETIMEDOUT'));
  });

  it('is a head, and then silence', async () => {
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'), { timeout: 100 })).toEqual(failure('ETIMEDOUT'));
  });

  it('drips, but not longer than the whole exchange may take', async () => {
    const drip = (socket: Socket) => {
      const timer = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => clearInterval(timer));
    };
    expect(await exchangeWith(replying('HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n', drip), { timeout: 150 })).toEqual(
      failure('ETIMEDOUT'),
    );
  });

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
  ])('is no HTTP (%s)', async (_title, text) => {
    const exchange = await exchangeWith(replying(text));
    expect(exchange).toMatchObject({ answered: false, sent: true, staleSocket: false });
    expect(exchange.answered || exchange.code).toMatch(/^HPE_/);
  });
});

describe('an answer that is good', () => {
  it('comes after any number of 1xx', async () => {
    const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${answer('{}')}`;
    expect(await exchangeWith(replying(text))).toMatchObject({ answered: true, status: 200, body: Buffer.from('{}') });
  });

  it('may end with the connection instead of a length', async () => {
    const body = 'x'.repeat(300_000);
    const exchange = await exchangeWith(replying(`HTTP/1.1 200 OK\r\n\r\n${body}`, end), { limit: 1_000_000 });
    expect(exchange.answered && exchange.body.toString()).toBe(body);
  });

  it('may have no body', async () => {
    for (const status of ['204 No Content', '304 Not Modified']) {
      const exchange = await exchangeWith(replying(`HTTP/1.1 ${status}\r\n\r\n`));
      expect(exchange).toMatchObject({ answered: true, status: Number.parseInt(status, 10), body: Buffer.alloc(0) });
      await upstream?.close();
    }
    upstream = undefined;
  });

  it('is a change of protocol (101) like any other: it is not followed, and the connection is given up', async () => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await exchangeWith(replying(switching))).toMatchObject({ answered: true, status: 101, body: Buffer.alloc(0) });
    await vi.waitFor(() => expect(upstream?.open.size).toBe(0));
  });

  it('may be packed under each name that gzip has', async () => {
    for (const name of ['gzip', 'GZIP', 'x-gzip']) {
      const body = gzipSync('{}').toString('latin1');
      const head = `HTTP/1.1 200 OK\r\nContent-Encoding: ${name}\r\nContent-Length: ${body.length}\r\n\r\n`;
      const exchange = await exchangeWith((socket) => onRequest(socket, () => socket.write(head + body, 'latin1')));
      expect(exchange).toMatchObject({ answered: true, body: Buffer.from('{}') });
      await upstream?.close();
    }
    upstream = undefined;
  });

  it('may be packed, up to the limit of what comes out', async () => {
    const exactly = 'x'.repeat(1000);
    const bodies = [gzipSync(exactly), gzipSync('x'.repeat(1001)), gzipSync(exactly).subarray(0, -9), Buffer.from('no gzip')];
    const started = await startTcp((socket) =>
      onRequest(socket, () => {
        const body = bodies.shift() ?? Buffer.alloc(0);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`);
        socket.write(body);
      }),
    );
    upstream = started;
    const transport = transportTo(started.port);
    expect(await transport(outgoing())).toMatchObject({ answered: true, status: 200, body: Buffer.from(exactly) });
    for (const code of ['EMSGSIZE', 'ECUTOFF', 'ECUTOFF']) expect(await transport(outgoing())).toEqual(failure(code));
  });

  it('is a redirect like any other: it is not followed', async () => {
    const requests: string[] = [];
    const exchange = await exchangeWith((socket) =>
      onRequest(socket, (request) => {
        requests.push(request);
        socket.write(answer('', `HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:${upstream?.port}/other\r\n`));
      }),
    );
    expect(exchange).toMatchObject({ answered: true, status: 307 });
    expect(requests).toHaveLength(1);
  });

  it('is not mixed up with a second answer that nobody asked for', async () => {
    const started = await startTcp(replying(answer('{"n":1}') + answer('{"evil":true}')));
    upstream = started;
    const transport = transportTo(started.port);
    for (let i = 0; i < 3; i++) expect(await transport(outgoing())).toMatchObject({ answered: true, body: Buffer.from('{"n":1}') });
  });

  it('that comes before the request was read leaves no connection behind', async () => {
    const early = (socket: Socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(answer('{}', 'HTTP/1.1 413 Payload Too Large\r\n'));
      });
    };
    const exchange = await exchangeWith(early, { method: 'PUT', body: 'x'.repeat(16 * 1024 * 1024) });
    expect(exchange).toMatchObject({ answered: true, status: 413, body: Buffer.from('{}') });
    for (const socket of upstream?.open ?? []) socket.resume();
    // The client has hung up; reading what is left shows it.
    await vi.waitFor(() => expect(upstream?.open.size).toBe(0));
  });
});

describe('a request that cannot be sent', () => {
  it.each<[string, Partial<Outgoing>]>([
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }],
    ['a header that is not latin1', { headers: { a: '💥' } }],
    ['a header without a name', { headers: { '': 'b' } }],
    ['a path with a space', { path: '/a b' }],
    ['a method that is none', { method: 'G T' }],
  ])('for %s is told, not thrown, and nothing goes out', async (_title, more) => {
    const started = await startTcp(() => undefined);
    upstream = started;
    const exchange = await transportTo(started.port)(outgoing(more));
    expect(exchange).toMatchObject({ answered: false, sent: false, staleSocket: false });
    expect(exchange.answered || exchange.code).toMatch(/^ERR_/);
    expect(started.made).toHaveLength(0);
  });
});
