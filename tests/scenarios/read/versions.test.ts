import { describe, expect, it } from 'vitest';
import { jobPath, type Loose, now, useGateway } from '../gateway.ts';
import { jobsPath, lineOf, watchToEnd } from '../watch/watch.ts';
import { read } from './request.ts';

useGateway({ auth: 'none', env: { WATCH: 'on' } });

const version = '99999999';
const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' };
/** As a kube-apiserver says it, 3 seconds after it was asked. */
const tooLarge = {
  ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Timeout', code: 504 },
  ...{ message: `Timeout: Too large resource version: ${version}, current: 5`, details: { causes: [cause], retryAfterSeconds: 1 } },
};
const told = { kind: 'Status', code: 504, reason: 'Timeout', message: tooLarge.message, details: { causes: [cause] } };

/** The upstream waits as long as a kube-apiserver for a version that it does not have, and hands on everything else. */
function waitForVersions(): void {
  now.upstream.answer = ({ url }, response) => {
    if (!url.includes(version)) return 'hand on';
    const isWatch = url.includes('watch=true');
    if (isWatch) response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    return setTimeout(() => {
      if (isWatch) response.end(lineOf('ERROR', tooLarge));
      else response.writeHead(504, { 'content-type': 'application/json', 'retry-after': '1' }).end(JSON.stringify(tooLarge));
    }, 3050);
  };
}

describe('a resourceVersion that CCI does not have yet', () => {
  it('is told with its cause, by which informers list anew, and keeps nobody else from reading', async () => {
    waitForVersions();
    const ask = async (path: string): Promise<Loose> => (await read(path)).body;
    const one = `${jobPath}?resourceVersion=${version}`;
    const list = `${jobsPath}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`;
    expect(await Promise.all([one, one, list, list].map(ask))).toEqual(Array(4).fill(expect.objectContaining(told)));
    expect(now.upstream.received).toHaveLength(4);
    const others = await Promise.all([read(jobPath), read(jobsPath)]);
    expect(others.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('is told of a watch that begins with what there is, too', async () => {
    waitForVersions();
    const { text } = await watchToEnd(`resourceVersion=${version}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`);
    expect(JSON.parse(text)).toMatchObject({ type: 'ERROR', object: told });
  });
});
