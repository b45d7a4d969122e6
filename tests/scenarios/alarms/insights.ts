/** CloudWatch Logs Insights, as far as docs/runbook.md uses it: runs a query over lines of a log. */
import type { Loose } from '../gateway.ts';

type Row = Record<string, unknown>;

/** A line as Logs Insights has it: members by their paths, with dots, and what CloudWatch adds. */
export function discovered(line: string, log = 'log'): Row {
  const row: Row = { '@message': line, '@timestamp': 0, '@log': log };
  const flatten = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) flatten(member, path === '' ? name : `${path}.${name}`);
    } else if (path !== '') row[path] = typeof value === 'boolean' ? Number(value) : value;
  };
  try {
    flatten(JSON.parse(line), '');
  } catch {
    // A line that is no JSON has no members.
  }
  return row;
}

/** Every field that a query names. */
export function fieldsIn(query: string): string[] {
  const bare = query.replaceAll(/"[^"]*"|\/[^/\n]*\/|\bas \w+|\bbin\(\w+\)/g, ' ').replaceAll(/\b(sort|limit) [^|]*/g, ' ');
  const words = /\b(filter|fields|stats|count|max|sum|avg|by|in|and|or|like|ispresent)\b/g;
  const names = bare.match(/@?[A-Za-z_][\w.]*/g) ?? [];
  return [...new Set(names)].filter((name) => !new RegExp(`^${words.source}$`).test(name) && !name.startsWith('@'));
}

/** The rows that a query answers. */
export function ask(query: string, lines: readonly Row[]): Row[] {
  return query.split(/\n\| /).reduce<Row[]>(
    (rows, step) => {
      const [, command = '', rest = ''] = /^(\w+) ([\s\S]*)$/.exec(step.trim()) ?? [];
      const run = commands[command];
      if (!run) throw new Error(`no command ${command}`);
      return run(rows, rest);
    },
    [...lines],
  );
}

const listOf = (text: string): string[] => text.split(',').map((word) => word.trim());

const commands: Record<string, (rows: Row[], rest: string) => Row[]> = {
  filter: (rows, rest) => rows.filter(condition(rest)),
  fields: (rows, rest) => rows.map((row) => Object.fromEntries(listOf(rest).map((name) => [name, row[name]]))),
  sort(rows, rest) {
    const [name = '', order] = rest.split(' ');
    const sign = order === 'desc' ? -1 : 1;
    return rows.toSorted((a, b) => sign * (Number(a[name]) - Number(b[name])));
  },
  limit: (rows, rest) => rows.slice(0, Number(rest)),
  stats(rows, rest) {
    const [aggregates = '', groups = ''] = rest.split(' by ');
    const keys = listOf(groups);
    const grouped = Map.groupBy(rows, (row) => JSON.stringify(keys.map((name) => (name.startsWith('bin(') ? 0 : row[name]))));
    return [...grouped.values()].map((own) => ({
      ...Object.fromEntries(keys.map((name) => [name, own[0]?.[name]])),
      ...Object.fromEntries(listOf(aggregates).map((text) => aggregate(text, own))),
    }));
  },
};

function aggregate(text: string, rows: readonly Row[]): [string, number] {
  const [, name = '', of = '', as = ''] = /^(\w+)\((.+)\) as (\w+)$/.exec(text) ?? [];
  const values = rows.map((row) => Number(row[of])).filter(Number.isFinite);
  const known: Record<string, () => number> = {
    count: () => rows.length,
    max: () => Math.max(...values),
    sum: () => values.reduce((a, b) => a + b, 0),
  };
  const compute = known[name];
  if (!compute) throw new Error(`no aggregate ${text}`);
  return [as, compute()];
}

/** A condition, made into one of JavaScript. */
function condition(text: string): (row: Row) => boolean {
  const pattern = /"[^"]*"|\/[^/]+\/|>=|!=|[=>()[\],]|@?[A-Za-z_][\w.]*|\d+/g;
  const words = text.match(pattern) ?? [];
  const script = words.map((word, index) => {
    if (/^["/\d]/.test(word)) return word;
    const known: Record<string, string> = {
      '=': '===',
      and: '&&',
      or: '||',
      in: 'one of',
      like: 'like',
      ispresent: '',
      '(': '(',
      ')': ')',
    };
    if (word in known) return known[word];
    if (/^[@A-Za-z_]/.test(word)) return words[index - 2] === 'ispresent' ? `(row['${word}'] !== undefined)` : `row['${word}']`;
    return word;
  });
  const said = script
    .join(' ')
    .replaceAll(/(row\['[^']+'\]) one of (\[[^\]]*\])/g, '$2.includes($1)')
    .replaceAll(/(row\['[^']+'\]) like (\/[^/]+\/)/g, '$2.test($1 ?? "")');
  return new Function('row', `return ${said}`) as Loose;
}
