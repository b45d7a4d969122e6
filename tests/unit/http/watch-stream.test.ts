import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type WatchEnd, watchStream } from '../../../lib/http/watch-stream.ts';
import { jobKind } from '../../../lib/job/kinds.ts';

const kind = jobKind('cci', 'tfjobs') as NonNullable<ReturnType<typeof jobKind>>;
const line = '{"type":"ADDED","object":{"kind":"TFJob","apiVersion":"kubeflow.org/v1","metadata":{"name":"a","namespace":"n"}}}\n';

/** A watch of which an upstream has sent so much. */
function watching(seconds: number, ...sent: Buffer[]) {
  const stream = new IncomingMessage(new Socket());
  for (const chunk of sent) stream.push(chunk);
  const of = { kind, namespace: 'n', name: undefined, representation: 'json' as const, bookmarks: false, hasObjects: true, secrets: [] };
  const watch = watchStream({ stream, secrets: [] }, of, seconds);
  const ends: WatchEnd[] = [];
  watch.onEnd((end) => void ends.push(end));
  return { stream, ends };
}

describe('a watch that nobody takes', () => {
  it('ends with its time, and no process with it', async () => {
    const surprises: unknown[] = [];
    const note = (error: unknown) => surprises.push(error);
    process.on('uncaughtException', note);
    const { stream, ends } = watching(0.05, Buffer.from(line));
    await sleep(2500);
    process.off('uncaughtException', note);
    expect([surprises, stream.destroyed]).toEqual([[], true]);
    expect(ends).toMatchObject([{ why: 'time', events: 0 }]);
  });
});
