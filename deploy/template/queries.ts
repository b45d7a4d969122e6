import { readFileSync } from 'node:fs';
import { add, type Compiled } from './template.ts';

/** An entry of docs/runbook.md: its anchor, the query that stands in it, and in whose logs it looks. */
export interface Query {
  entry: string;
  logs: readonly string[];
  text: string;
}

/** The queries of the runbook. The first line of each names functions, or `access` for API Gateway's log, or `auditDelivery`. */
export function runbookQueries(): Query[] {
  const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
  return [...runbook.matchAll(/^## (.+?)\n(?:(?!^## ).*\n)*?```logs\n# (.+?)\n([\s\S]*?)```/gm)].map(
    ([, heading = '', logs = '', text = '']) => ({
      entry: heading.toLowerCase().replaceAll(' ', '-'),
      logs: logs.split(' '),
      text: text.trim(),
    }),
  );
}

/** Saves each query of the runbook in CloudWatch, for the logs that there are. */
export function addQueries(compiled: Compiled): void {
  const { Resources } = compiled.template;
  for (const { entry, logs, text } of runbookQueries()) {
    const groups = logs.map(logGroupOf).filter((id) => id in Resources);
    if (groups.length === 0) continue;
    const id = `${entry.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}Query`;
    const Properties = { Name: `${compiled.service}/${entry}`, LogGroupNames: groups.map((Ref) => ({ Ref })), QueryString: text };
    add(compiled, { [id]: { Type: 'AWS::Logs::QueryDefinition', Properties } });
  }
}

/** The logical id of the log of a function, of API Gateway's, or of the streams that deliver to the audit archive. */
const logGroupOf = (name: string): string =>
  name === 'auditDelivery' ? 'AuditDeliveryLog' : `${name.charAt(0).toUpperCase()}${name.slice(1)}LogGroup`;
