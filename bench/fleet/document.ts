/** Tables of what was found, on the terminal and in docs/scale.md: before and now, where an earlier version was simulated as well. */
import { number, table } from '../results.ts';
import { parts } from './parts/index.ts';
import type { Column, Part } from './parts/part.ts';
import type { Results } from './results.ts';

type Found = Record<string, Record<string, number | null>>;

/** The tables of a part. */
export function tables(part: Part, now: Found, before: Found | undefined): string {
  return part.tables
    .map(({ title, columns }, index) => {
      const notes = index === 0 ? part.notes : undefined;
      const cases = part.cases.filter((one) => columns.some(({ key }) => now[one.title]?.[key] != null));
      const rows = cases.map((one) => [
        one.title,
        ...columns.map((column) => cell(column, now[one.title], before?.[one.title])),
        ...(notes ? (one.notes ?? []) : []),
      ]);
      return table({ title: title ?? part.title, columns: ['', ...columns.map((column) => column.title), ...(notes ?? [])], rows });
    })
    .join('\n\n');
}

function cell({ key, unit }: Column, now: Found[string] | undefined, before: Found[string] | undefined): string {
  const is = written(now?.[key], unit);
  const was = before && written(before[key], unit);
  return was === undefined || was === is ? is : `${was} → ${is}`;
}

function written(figure: number | null | undefined, unit: Column['unit']): string {
  if (figure === null || figure === undefined) return '–';
  if (unit === '%') return `${percent(figure * 100)} %`;
  if (unit === '$') return `$${figure.toFixed(2)}`;
  return unit ? `${number(figure)} ${unit}` : number(figure);
}

/** With a digit after the point only where it says something. */
function percent(figure: number): string {
  return Math.abs(figure) >= 10 || Number.isInteger(figure) ? figure.toFixed(0) : figure.toFixed(1);
}

/** All of docs/scale.md. */
export function document(now: Results, before: Results | undefined): string {
  const sections = Object.entries(parts).map(([name, part]) => {
    const said = [part.meaning, part.method].filter(Boolean).join(' ');
    // Under its own heading a table needs no title.
    const found = tables(part, now.parts[name] ?? {}, before?.parts[name]).replace(`**${part.title}**\n\n`, '');
    return `## ${part.title}\n\n${said}\n\n${found}`;
  });
  const earlier = before
    ? ` Where a cell has two figures, the first is that of ${before.commit}, simulated in the same way (seeds ${before.seeds.join(', ')}).`
    : '';
  return `# What one deployment takes, and what happens when things go wrong at scale
<!-- Written by \`npm run fleet -- --write\`; do not edit. -->
The handlers and all of lib but its sockets run as they are, in virtual time, in which hours of a fleet take seconds. Simulated are CCI (GET 30 ms, PUT 40 ms; its rate is a parameter, since Huawei publishes none; its lock on access keys; optimistic locking), Secrets Manager, Lambda (cold starts, one event at a time, the account's concurrency, idle processes), API Gateway's throttle, SQS with its pollers, and callers. What is deployed is read from serverless.yml and deploy/events.yml. The figures do not depend on the machine. tests/slow/fleet.test.ts plays scaled-down cases on the built handlers over the network as well, and the two must agree.

Medians of the seeds ${now.seeds.join(', ')}; fewer of them where a run is large.${earlier} \`npm run fleet -- outage key\` runs some of the parts (${Object.keys(parts).join(', ')}) and writes nothing.

${sections.join('\n\n')}
`;
}
