import { getPath } from '../../lib/json/json.ts';
import { badRequest } from './status.ts';
import type { Job } from './written.ts';

/** Whether a job is selected. */
export type FieldSelector = (job: Job) => boolean;

// What every custom resource can be selected by; CCI documents no other.
const fields = new Set(['metadata.name', 'metadata.namespace']);

/**
 * Parses a fieldSelector (`metadata.name=a`, `==`, `!=`, joined by commas; a backslash escapes a comma, an equals sign or itself).
 * An empty one selects everything. Throws a 400 Status.
 */
export function parseFieldSelector(selector: string): FieldSelector {
  const terms = (selector.match(/(?:\\.|[^,])+/gs) ?? []).map((term): FieldSelector => {
    const [, field = '', operator = '', escaped = ''] = /^(.*?)(!=|==?)(.*)$/s.exec(term) ?? [];
    if (!operator) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
    if (!/^(?:[^\\,=]|\\[\\,=])*$/s.test(escaped)) {
      throw badRequest(`invalid field selector: unescaped character or invalid escape sequence in value: ${escaped}`);
    }
    if (!fields.has(field)) throw badRequest(`field label not supported: ${field}`);
    const value = escaped.replace(/\\(.)/gs, '$1');
    return (job) => (getPath(job, field.split('.')) === value) === (operator !== '!=');
  });
  return (job) => terms.every((selects) => selects(job));
}
