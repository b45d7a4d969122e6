import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { barTable, type Results, table, text } from './results.ts';
import { runtimeClient } from './tools.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const versionOf = (name: string) => `${name} ${JSON.parse(read(`../node_modules/${name}/package.json`)).version}`;
const required = (file: string, name: string) => new RegExp(`${name} (v\\S+)`).exec(read(file))?.[1] ?? '?';

/** What a run ran on, and with. */
export function describeMachine(): Record<string, string> {
  const [cpu] = cpus();
  return {
    machine: `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release().split('.').slice(0, 2).join('.')}, ${process.arch}`,
    'load before': loadavg()[0]?.toFixed(1) ?? '?',
    Node: process.version,
    'kube-apiserver, kubectl': required('../tests/conformance/apiserver/go.mod', 'k8s.io/kubernetes'),
    'kube-rbac-proxy': required('./kube-rbac-proxy/go.mod', 'brancz/kube-rbac-proxy'),
    'Lambda runtime client': runtimeClient,
    'the usual way': ['express', 'serverless-http', 'axios', 'joi'].map(versionOf).join(', '),
  };
}

/** docs/benchmarks.md, whole, from a run's results and those of an earlier run, where there is one. */
export function document({ date, machine, sections }: Results, before?: Results): string {
  const all = Object.values(sections);
  const facts = Object.entries({ date, ...machine }).map(([name, value]) => `| ${name} | ${value} |`);
  const earlier = before && Object.values(before.sections).flatMap(({ bars }) => bars);
  const profiled = before?.sections.profile?.tables.slice(0, 2).map((one) => table({ ...one, title: `${one.title}, before` })) ?? [];
  return `# Benchmarks
<!-- Written by \`npm run bench\`; do not edit. -->
What a replace costs, beside what people would use instead. Everything is measured within one run, and the subjects alternate in fresh processes. A figure is the median of all rounds, with the middle half of them in brackets. Go by the ratios: absolute figures are those of one machine, which may have been busy with other things.

| | |
|---|---|
${facts.join('\n')}

To repeat it: \`npm ci && npm run bench\`. It needs Linux, Go 1.26.5, openssl, and for the Lambda runtime client cmake and a C++ compiler. What it builds stays in the conformance suite's cache. \`npm run bench -- cold memory\` runs some of the sections (${Object.keys(sections).join(', ')}) and writes nothing. BENCH_QUICK=1 takes few rounds. \`npm run bench -- guard\` is the short one of .ci/run. Servers listen on 127.0.0.1 and end with the run. The figures are in [results.json](benchmarks/results.json)${before ? `; "before" is [before.json](benchmarks/before.json) of ${before.date}, a copy of an earlier results.json` : '. A copy of it named before.json is shown beside the next run'}.

${barTable(
  all.flatMap(({ bars }) => bars),
  earlier,
)}

![CPU per replace](benchmarks/cpu.svg)

![Cold start](benchmarks/cold.svg)

${[...all.map((one) => text({ ...one, bars: [] })), ...profiled].join('\n\n')}
`;
}
