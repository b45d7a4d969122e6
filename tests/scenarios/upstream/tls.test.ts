import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Certificate, makeCertificate } from '../../../local/certificate.ts';
import { listenWhileTesting } from '../../fakes/server.ts';
import { connect, newContext, refusal, requestOf, startUpstream, type Upstream } from './harness.ts';

const systemAuthorities = getCACertificates('default');
let upstream: Upstream;
beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  upstream = await startUpstream();
});
afterEach(() => {
  vi.restoreAllMocks();
  setDefaultCACertificates(systemAuthorities);
});

/** The upstream behind TLS: how many connections and requests came through. */
async function startTls({ cert, key }: Certificate) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer({ cert, key }, async (request, response) => {
    seen.requests += 1;
    const sent = await text(request);
    const body = request.method === 'PUT' ? sent : null;
    const answer = await fetch(new URL(request.url ?? '', upstream.url), { method: request.method ?? '', body });
    response.writeHead(answer.status).end(await answer.text());
  });
  server.on('secureConnection', () => {
    seen.connections += 1;
  });
  return { seen, url: (await listenWhileTesting(server)).replace('http', 'https') };
}

describe('an upstream behind TLS', () => {
  it('with a certificate that is trusted is used, over one connection', async () => {
    const certificate = makeCertificate();
    setDefaultCACertificates([...systemAuthorities, certificate.cert]);
    const { seen, url } = await startTls(certificate);
    const { update } = await connect(url);
    expect((await update(requestOf(upstream))).outcome).toBe('changed');
    expect((await update(upstream.job())).outcome).toBe('unchanged');
    expect(seen).toEqual({ connections: 1, requests: 3 });
  });

  it.each([
    ['signed by itself', {}, false, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['of an unknown authority', { unknownAuthority: true }, false, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', { days: -1 }, true, 'CERT_HAS_EXPIRED'],
    ['of another address', { address: '127.0.0.2' }, true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('with a certificate %s is InternalError at once, and gets nothing to see', async (_title, options, trusted, code) => {
    const certificate = makeCertificate(options);
    if (trusted) setDefaultCACertificates([...systemAuthorities, certificate.cert]);
    const { seen, url } = await startTls(certificate);
    const { update } = await connect(url);
    const context = newContext();
    const { status, note } = await refusal(update(requestOf(upstream), context));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note).toEqual({ reason: 'no answer from CCI', code });
    expect(context.calls).toHaveLength(1);
    expect(seen.requests).toBe(0);
  });

  it('that speaks no TLS is InternalError at once, and gets nothing to see', async () => {
    const requests: unknown[] = [];
    const server = createPlainServer((request) => requests.push(request)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const { update } = await connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const context = newContext();
    const { status } = await refusal(update(requestOf(upstream), context));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(context.calls).toHaveLength(1);
    expect(requests).toEqual([]);
  });
});
