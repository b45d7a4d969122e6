/** What the page does, as commands that a shell runs. */
import type { Change } from './fields.ts';
import { mergePatchOf } from './patch.ts';
import { seen } from './unseen.ts';

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

/** kubectl's command that makes the changes, or reads the job where there are none. Where a login is wanted, kubectl's own context has it. */
export function kubectlCommand({ root, plural, namespace, name, withToken }: Target, changes: readonly Change[]): string {
  const server = withToken ? '' : ` --server ${quoted(root)}`;
  const which = `${quoted(plural)} ${quoted(name)} -n ${quoted(namespace)}`;
  if (changes.length === 0) return `kubectl${server} get ${which} -o yaml`;
  return `kubectl${server} patch ${which} --type merge -p ${quoted(seen(mergePatchOf(changes)))}`;
}

/** curl's; a token is taken from the shell's variable TOKEN. */
export function curlCommand({ root, plural, namespace, name, withToken }: Target, changes: readonly Change[]): string {
  const address = `${root}/apis/kubeflow.org/v1/namespaces/${encodeURIComponent(namespace)}/${encodeURIComponent(plural)}/${encodeURIComponent(name)}`;
  const token = withToken ? ' -H "authorization: Bearer $TOKEN"' : '';
  if (changes.length === 0) return `curl -sS ${quoted(address)}${token} -H 'accept: application/yaml'`;
  const patch = quoted(seen(mergePatchOf(changes)));
  return `curl -sS -X PATCH ${quoted(address)}${token} -H 'content-type: application/merge-patch+json' --data-binary ${patch}`;
}
