import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob } from '../job.ts';
import type { Section, Table } from '../results.ts';
import { type Stage, uncached } from '../stage.ts';

interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}
interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  samples: number[];
  timeDeltas: number[];
}
interface HeapNode {
  callFrame: CallFrame;
  selfSize: number;
  children: HeapNode[];
}
type Self = { frame: CallFrame; self: number };

const project = fileURLToPath(new URL('../..', import.meta.url));
const most = 15;

function fileOf({ url }: CallFrame): string {
  return url.startsWith('file:') ? relative(project, fileURLToPath(url)) : url;
}
/** The part of the program that a function belongs to: a folder of ours, a package, a module of Node's. */
function groupOf(frame: CallFrame): string {
  const file = fileOf(frame);
  if (file === '') return frame.functionName === '(garbage collector)' ? 'garbage collector' : 'V8 and system calls';
  const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(file) ?? [];
  return name ?? /^node:(?:internal\/)?[^/:]+|^(?:lib\/)?[^/]+/.exec(file)?.[0] ?? file;
}
function nameOf(frame: CallFrame): string {
  const file = fileOf(frame);
  const name = frame.functionName || '(anonymous)';
  return file === '' ? name : `${name} ${file.replace(/.*node_modules\//, '')}:${frame.lineNumber + 1}`;
}

function sumBy(selves: Self[], key: (frame: CallFrame) => string): [string, number][] {
  const sums = new Map<string, number>();
  for (const { frame, self } of selves) sums.set(key(frame), (sums.get(key(frame)) ?? 0) + self);
  return [...sums].sort(([, a], [, b]) => b - a);
}
function tableOf(title: string, unit: string, sums: [string, number][], times: number): Table {
  const whole = sums.reduce((total, [, self]) => total + self, 0);
  const rows = sums.slice(0, most).map(([name, self]) => [`\`${name}\``, self / times, `${((self / whole) * 100).toFixed(1)} %`]);
  return { title, columns: ['', `${unit} per replace`, 'of all'], rows };
}

function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Self[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  return samples.flatMap((id, i) => {
    const frame = frames.get(id);
    // The profiler's own start is nobody's work.
    return frame && frame.functionName !== '(idle)' && frame.url !== 'node:inspector' ? [{ frame, self: timeDeltas[i] ?? 0 }] : [];
  });
}
function selfSizes(node: HeapNode): Self[] {
  return [{ frame: node.callFrame, self: node.selfSize }, ...node.children.flatMap(selfSizes)];
}

/** Where the handler's CPU and memory go: V8's profilers, over the sources and not the bundle, so that everything has a name. */
export async function profile(stage: Stage): Promise<Section> {
  const upstream = await stage.startUpstream();
  const name = 'profiled';
  await upstream.store(name, documentedJob({ ttl: undefined, name }));
  const file = fileURLToPath(new URL('../../handlers/replace-job.ts', import.meta.url));
  const work = { what: 'handler' as const, file, event: buildEvent('PUT', name), bodies: bodiesOf((ttl) => documentedJob({ ttl, name })) };
  const worker = (await stage.build('bench/worker.ts')).file;
  const subject = startWorker(worker, work, { name, env: stage.environment(upstream.url, { env: uncached }) });
  const times = stage.rounds(4000);
  await subject.run(stage.rounds(1500));
  const cpu = selfTimes((await subject.profile(times, 'cpu')).profile as CpuProfile);
  const heap = selfSizes(((await subject.profile(stage.rounds(1500), 'heap')).profile as { head: HeapNode }).head);
  subject.stop();
  upstream.stop();
  return {
    title: 'Profile of a replace',
    method: `V8’s sampling profilers over ${times} warm replaces against the bare upstream, with the handler’s sources: what each function did itself.`,
    tables: [
      tableOf('CPU by part', 'µs', sumBy(cpu, groupOf), times),
      tableOf('CPU by function', 'µs', sumBy(cpu, nameOf), times),
      tableOf('Allocated by part', 'bytes', sumBy(heap, groupOf), stage.rounds(1500)),
      tableOf('Allocated by function', 'bytes', sumBy(heap, nameOf), stage.rounds(1500)),
    ],
    bars: [],
  };
}
