import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../../../lib/cci/transport.ts';
import { answer, onRequest, outgoing, startTcp, type TcpUpstream, transportTo } from './tcp-upstream.ts';

let upstream: TcpUpstream;
afterEach(async () => {
  vi.useRealTimers();
  await upstream.close();
});

/** Starts an upstream that answers every request with its text; returns a transport to it. */
async function echoing(converse = (socket: Socket) => onRequest(socket, (request) => socket.write(answer(request)))) {
  upstream = await startTcp(converse);
  return transportTo(upstream.port);
}
const said = (exchange: Exchange) => (exchange.answered ? exchange.body.toString() : exchange);

describe('a connection', () => {
  it('carries the request as it is, and the answer back', async () => {
    const transport = await echoing();
    const body = '{"a":"ä💥"}';
    const exchange = await transport(outgoing({ method: 'PUT', headers: { host: 'h:1', 'x-a': 'b' }, body }));
    expect(exchange).toMatchObject({ answered: true, status: 200, headers: { 'content-length': expect.any(String) } });
    const [head = '', sent = ''] = String(said(exchange)).split('\r\n\r\n');
    expect(head.split('\r\n')[0]).toBe('PUT /job?a=%20 HTTP/1.1');
    const lines = head.toLowerCase().split('\r\n').slice(1);
    expect(lines.sort()).toEqual(['connection: keep-alive', `content-length: ${Buffer.byteLength(body)}`, 'host: h:1', 'x-a: b']);
    // The upstream read the bytes as latin1 and answered them as UTF-8.
    expect(Buffer.from(sent, 'latin1').toString()).toBe(body);
  });

  it('is kept alive and used again', async () => {
    const transport = await echoing();
    for (let i = 0; i < 5; i++) expect(said(await transport(outgoing()))).toMatch(/^GET/);
    expect(upstream.made).toHaveLength(1);
  });

  it('may be opened before there is a request, which then takes it', async () => {
    const transport = await echoing();
    transport.open();
    await vi.waitFor(() => expect(upstream.made).toHaveLength(1));
    for (let i = 0; i < 3; i++) expect(said(await transport(outgoing()))).toMatch(/^GET/);
    expect(upstream.made).toHaveLength(1);
  });

  it('that was opened long before, or has died, is not used', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const transport = await echoing();
    transport.open();
    await vi.waitFor(() => expect(upstream.made).toHaveLength(1));
    vi.setSystemTime(Date.now() + 5000);
    expect(said(await transport(outgoing()))).toMatch(/^GET/);
    await vi.waitFor(() => expect(upstream.open.size).toBe(1));
    expect(upstream.made).toHaveLength(2);
    const other = transportTo(upstream.port);
    other.open();
    await vi.waitFor(() => expect(upstream.made).toHaveLength(3));
    upstream.made[2]?.destroy();
    await vi.waitFor(() => expect(upstream.open.size).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(said(await other(outgoing()))).toMatch(/^GET/);
  });

  it('that cannot be opened before is no error, but of the request that needs one', async () => {
    await echoing();
    const { port } = upstream;
    await upstream.close();
    upstream = await startTcp(() => undefined);
    const nowhere = transportTo(port);
    nowhere.open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await nowhere(outgoing())).toMatchObject({ answered: false, sent: false, code: 'ECONNREFUSED' });
  });

  it('is one of several for requests at the same time, at most 64', async () => {
    const waiting: (() => void)[] = [];
    const transport = await echoing((socket) => onRequest(socket, () => waiting.push(() => socket.write(answer('{}')))));
    const all = Promise.all(Array.from({ length: 100 }, () => transport(outgoing({ timeout: 10_000 }))));
    await vi.waitFor(() => expect(waiting).toHaveLength(64), 5000);
    for (let answered = 0; answered < 100; ) {
      while (waiting.length > 0) {
        waiting.pop()?.();
        answered++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await all).map(said)).toEqual(Array.from({ length: 100 }, () => '{}'));
    expect(upstream.made).toHaveLength(64);
  });

  it('that was idle for 4 s by the wall clock is used again, and dropped for longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1e12 });
    const transport = await echoing();
    await transport(outgoing());
    vi.setSystemTime(1e12 + 4000);
    await transport(outgoing());
    expect(upstream.made).toHaveLength(1);
    // Frozen for an hour: idle since the last answer, not since the first.
    vi.setSystemTime(1e12 + 8001);
    await transport(outgoing());
    expect(upstream.made).toHaveLength(2);
    await vi.waitFor(() => expect(upstream.open.size).toBe(1));
  });

  it('is dropped where the clock was set back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1e12 });
    const transport = await echoing();
    await transport(outgoing());
    vi.setSystemTime(1e12 - 3_600_000);
    expect(said(await transport(outgoing()))).toMatch(/^GET/);
    expect(upstream.made).toHaveLength(2);
  });

  it('of many that idled is dropped with all of them', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1e12 });
    const transport = await echoing();
    await Promise.all(Array.from({ length: 10 }, () => transport(outgoing())));
    expect(upstream.made).toHaveLength(10);
    vi.setSystemTime(1e12 + 4001);
    expect(said(await transport(outgoing()))).toMatch(/^GET/);
    expect(upstream.made).toHaveLength(11);
    await vi.waitFor(() => expect(upstream.open.size).toBe(1));
  });

  it('that the upstream closes after its answer is not used again', async () => {
    const transport = await echoing((socket) =>
      onRequest(socket, () => socket.end(answer('{}', 'HTTP/1.1 200 OK\r\nConnection: close\r\n'))),
    );
    for (let i = 0; i < 3; i++) expect(said(await transport(outgoing()))).toBe('{}');
    expect(upstream.made).toHaveLength(3);
  });
});

describe('a kept-alive connection that died', () => {
  /** Dies on its second request, before a byte of an answer. */
  const mortal = (socket: Socket) =>
    onRequest(socket, (_request, number) => (number === 1 ? socket.write(answer('{}')) : socket.resetAndDestroy()));

  it('is told as stale, and every other idle one is dropped with it', async () => {
    const transport = await echoing(mortal);
    await Promise.all([transport(outgoing()), transport(outgoing()), transport(outgoing())]);
    expect(await transport(outgoing())).toEqual({ answered: false, sent: true, code: 'ECONNRESET', staleSocket: true });
    expect(said(await transport(outgoing()))).toBe('{}');
    expect(upstream.made).toHaveLength(4);
  });

  it('is told as stale where the upstream closed it in silence', async () => {
    const transport = await echoing((socket) =>
      onRequest(socket, (_request, number) => (number === 1 ? socket.write(answer('{}')) : socket.end())),
    );
    await transport(outgoing());
    expect(await transport(outgoing())).toEqual({ answered: false, sent: true, code: 'ECONNRESET', staleSocket: true });
  });

  it('is not told as stale once a byte of an answer has come', async () => {
    const transport = await echoing((socket) =>
      onRequest(socket, (_request, number) => {
        socket.write(number === 1 ? answer('{}') : 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{');
        if (number > 1) socket.end();
      }),
    );
    await transport(outgoing());
    expect(await transport(outgoing())).toMatchObject({ answered: false, sent: true, staleSocket: false });
  });

  it('is not told as stale where it was new', async () => {
    const transport = await echoing((socket) => onRequest(socket, () => socket.resetAndDestroy()));
    expect(await transport(outgoing())).toEqual({ answered: false, sent: true, code: 'ECONNRESET', staleSocket: false });
  });

  it('between two requests is noticed, and the next request gets a fresh one', async () => {
    const transport = await echoing();
    await transport(outgoing());
    const [first] = upstream.made as [Socket];
    first.destroy();
    await once(first, 'close');
    // The end has to come through before the client can know of it.
    await vi.waitFor(async () => expect(said(await transport(outgoing()))).toMatch(/^GET/));
    expect(upstream.made).toHaveLength(2);
  });
});

describe('requests that waited for a connection', () => {
  it('count as sent once they had one, although it was not opened for them', async () => {
    let requests = 0;
    const transport = await echoing((socket) =>
      onRequest(socket, () => {
        requests += 1;
        if (requests <= 64) setTimeout(() => socket.write(answer('{}')), 20);
        else socket.resetAndDestroy();
      }),
    );
    const all = await Promise.all(Array.from({ length: 80 }, () => transport(outgoing({ method: 'PUT', body: '{}' }))));
    const failed = all.filter((exchange) => !exchange.answered);
    expect(failed.length).toBeGreaterThan(0);
    for (const exchange of failed) expect(exchange).toMatchObject({ sent: true, code: 'ECONNRESET' });
  });

  it('count as not sent where they never got one', async () => {
    const transport = await echoing((socket) => onRequest(socket, () => undefined));
    const busy = Array.from({ length: 64 }, () => transport(outgoing({ timeout: 600 })));
    expect(await transport(outgoing({ timeout: 50 }))).toEqual({ answered: false, sent: false, code: 'ETIMEDOUT', staleSocket: false });
    expect((await Promise.all(busy)).every((exchange) => !exchange.answered && exchange.sent)).toBe(true);
  });
});
