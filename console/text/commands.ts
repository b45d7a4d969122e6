/** What the page does, as commands that a shell runs. */

import { type Change, typed } from './fields.ts';
import { isRecord, type Value } from './value.ts';

/** Which job, and where. */
export interface Target {
  root: string;
  plural: string;
  namespace: string;
  name: string;
  /** Who calls must say who he is. */
  withToken: boolean;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The merge patch that makes some changes, as JSON. */
export function mergePatchOf(changes: readonly Change[]): string {
  const patch: { [key: string]: Value } = {};
  for (const { path, after } of changes) {
    let holder = patch;
    for (const key of path.slice(0, -1)) {
      const inner = Object.hasOwn(holder, key) ? holder[key] : undefined;
      const next = isRecord(inner) ? inner : {};
      define(holder, key, next);
      holder = next;
    }
    define(holder, path.at(-1) as string, typed(path, after) ?? null);
  }
  return jsonOf(patch);
}

// A label may be named __proto__.
function define(holder: object, key: string, value: Value): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function jsonOf(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  if (!isRecord(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`)
    .join(',')}}`;
}

/** kubectl's command that makes the changes, or reads the job where there are none. Where a login is wanted, kubectl's own context has it. */
export function kubectlCommand({ root, plural, namespace, name, withToken }: Target, changes: readonly Change[]): string {
  const server = withToken ? '' : ` --server ${quoted(root)}`;
  const which = `${plural} ${quoted(name)} -n ${quoted(namespace)}`;
  if (changes.length === 0) return `kubectl${server} get ${which} -o yaml`;
  return `kubectl${server} patch ${which} --type merge -p ${quoted(mergePatchOf(changes))}`;
}

/** curl's; a token is taken from the shell's variable TOKEN. */
export function curlCommand({ root, plural, namespace, name, withToken }: Target, changes: readonly Change[]): string {
  const address = `${root}/apis/kubeflow.org/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
  const token = withToken ? ' -H "authorization: Bearer $TOKEN"' : '';
  if (changes.length === 0) return `curl -sS ${quoted(address)}${token} -H 'accept: application/yaml'`;
  const patch = quoted(mergePatchOf(changes));
  return `curl -sS -X PATCH ${quoted(address)}${token} -H 'content-type: application/merge-patch+json' --data-binary ${patch}`;
}
