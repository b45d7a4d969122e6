import { Readable } from 'node:stream';
import type { WatchSource } from '../cci/client.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { internalError, type LogNote, surprised } from '../status.ts';
import { checkLine, type Verdict, type WatchOf } from './watch-check.ts';

/** How a watch ended, and what had been sent by then. */
export interface WatchEnd {
  /**
   * `time`, `size`: the gateway's own limits. `closed`: by the upstream. `lost`: the upstream's connection. `error`: by an ERROR of the
   * upstream. `refused`: by a line that was not what was asked for. `gone`: whoever watched.
   */
  why: 'time' | 'size' | 'closed' | 'lost' | 'error' | 'refused' | 'gone';
  events: number;
  bytes: number;
  /** Of an error, for the log. */
  note?: LogNote;
}
/** A watch under way. */
export interface Watching {
  /** What is sent. It ends, and never fails: who watches begins anew after a plain end. */
  readonly stream: Readable;
  /** Calls something with how it ended, before the stream ends: nothing goes on after an answer. */
  onEnd(tell: (end: WatchEnd) => Promise<void> | void): void;
}

/** Lambda streams 200 MB. */
const maxBytes = 150 * 1024 * 1024;
const maxLine = 6 * 1024 * 1024;
const newline = 10;
/** Milliseconds for whoever does not read to take the end of a watch whose time is over. */
const patience = 2000;

/** Passes on the lines of an upstream's watch that are what was asked for, byte for byte, for `seconds` at most. */
export function watchStream(source: WatchSource, of: WatchOf, seconds: number): Watching {
  const told: ((end: WatchEnd) => Promise<void> | void)[] = [];
  const end: Ending = { why: undefined, events: 0, bytes: 0 };
  const stop = (why: WatchEnd['why']): void => {
    end.why ??= why;
    source.stream.destroy();
  };
  let finished: Promise<unknown> | undefined;
  const finish = (why: WatchEnd['why']): Promise<unknown> => {
    clearTimeout(timer);
    stop(why);
    finished ??= Promise.allSettled(told.map(async (tell) => tell({ ...end, why: end.why ?? why })));
    return finished;
  };
  const stream = Readable.from(
    passLines(source, of, end, () => finish('lost')),
    { objectMode: false },
  );
  let timer = setTimeout(() => {
    stop('time');
    timer = setTimeout(() => stream.destroy(new Error('the end of the watch is not taken')), patience);
  }, seconds * 1000);
  // The generator waits for the upstream, and is told of nothing before that has ended.
  const destroy = stream._destroy;
  stream._destroy = (error, done) => {
    stop('gone');
    destroy.call(stream, error, done);
  };
  stream.on('close', () => void finish('gone'));
  // Whoever takes it is told by it; where nobody does, no process is to end for that.
  stream.on('error', () => undefined);
  return { stream, onEnd: (tell) => void told.push(tell) };
}

type Ending = Omit<WatchEnd, 'why'> & { why: WatchEnd['why'] | undefined };

/** Yields what of each chunk may pass, all of it at once. `done` is awaited at the end, however it comes. */
async function* passLines({ stream }: WatchSource, of: WatchOf, end: Ending, done: () => Promise<unknown>): AsyncGenerator<Buffer> {
  const split = createSplitter();
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const passed = passChunk(split(chunk), of, end);
      if (passed.length > 0) yield passed;
      if (end.why) return;
    }
    const passed = passChunk(split(undefined), of, end);
    if (passed.length > 0) yield passed;
    end.why ??= 'closed';
  } catch {
    // The connection broke, or it was ended here; half a line is nothing.
    end.why ??= 'lost';
  } finally {
    await done();
  }
}

/** What of some lines may pass; sets `end.why` where they end the watch. */
function passChunk(lines: readonly (Buffer | 'too long')[], of: WatchOf, end: Ending): Buffer {
  const passed: Buffer[] = [];
  const send = (bytes: Buffer): void => {
    end.bytes += bytes.length;
    passed.push(bytes);
  };
  for (const line of lines) {
    const verdict = judge(line, of);
    if (typeof verdict === 'object') {
      end.why = verdict.why;
      end.note = verdict.error.note;
      send(Buffer.from(`${JSON.stringify({ type: 'ERROR', object: verdict.error.status })}\n`));
      break;
    }
    if (verdict === 'left out') continue;
    if (end.bytes + (line as Buffer).length > maxBytes) {
      end.why = 'size';
      break;
    }
    if (verdict === 'event') end.events += 1;
    send(line as Buffer);
  }
  return Buffer.concat(passed);
}

/** What becomes of a line. One that cannot be looked at, such as for its depth, is refused: it is no connection that was lost. */
function judge(line: Buffer | 'too long', of: WatchOf): Verdict {
  if (line === 'too long') return { why: 'refused', error: internalError({ reason: 'a line of the watch is too long' }) };
  try {
    return checkLine(line, of);
  } catch (error) {
    return { why: 'refused', error: surprised(surpriseNote(error)) };
  }
}

/** Cuts chunks into whole lines with their ends; the last, of no chunk, may be without one. A line that is too long is not kept. */
function createSplitter(): (chunk: Buffer | undefined) => (Buffer | 'too long')[] {
  let rest: Buffer[] = [];
  let size = 0;
  const take = (part: Buffer): Buffer => {
    const line = rest.length > 0 ? Buffer.concat([...rest, part]) : part;
    rest = [];
    size = 0;
    return line;
  };
  return (chunk) => {
    if (!chunk) return size > 0 ? [Buffer.concat([take(Buffer.alloc(0)), Buffer.from('\n')])] : [];
    const lines: (Buffer | 'too long')[] = [];
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const line = take(chunk.subarray(from, at + 1));
      if (line.length > maxLine) return [...lines, 'too long'];
      if (line.length > 1) lines.push(line);
      from = at + 1;
    }
    size += chunk.length - from;
    if (size > maxLine) return [...lines, 'too long'];
    if (from < chunk.length) rest.push(chunk.subarray(from));
    return lines;
  };
}
