import { parseDocument } from 'yaml';
import { type BrokenManifest, brokenManifests } from '../../manifests/broken-policies.ts';
import type { Cluster } from '../cluster.ts';
import { type Loose, send, sendOk } from '../http.ts';
import { check, checked } from '../report.ts';

const part = 'admission, broken manifests';
/** So many are refused by both. */
const leastRefused = 60;

/** Creates every broken manifest at an API server, as a dry run: it must say what the manifests' file says that it says. */
export async function brokenAdmission(cluster: Cluster): Promise<void> {
  // The manifests name it; an API server asks for a namespace before it looks at what is in it.
  await sendOk(cluster.endpoint, {
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } },
  });
  let refused = 0;
  // An audit policy is a file of an API server, no object.
  for (const broken of brokenManifests().filter(({ manifest }) => !manifest.includes('apiVersion: audit.k8s.io/')))
    await checked(part, broken.title, async () => {
      const said = await whatItSays(cluster, broken.manifest);
      const mistake = compare(broken, said);
      if (mistake) throw new Error(`${mistake}; it says ${JSON.stringify(said, null, 1)}`);
      if (said.length > 0) refused += 1;
    });
  check(part, 'refused by both', refused < leastRefused ? `${refused} are, not ${leastRefused}` : undefined);
}

/** What is wrong with the documents of a manifest, in the words of an API server; nothing where it takes all of them. */
async function whatItSays({ endpoint }: Cluster, manifest: string): Promise<string[]> {
  const said: string[] = [];
  for (const text of manifest.split(/^---\n/m)) {
    const sending = { method: 'POST', path: pathOf(text), headers: { 'content-type': 'application/yaml' }, body: text };
    const { status, body } = await send(endpoint, sending);
    if (status !== 201) said.push(...mistakesOf(body));
  }
  return said;
}

/** Where an object is created: unless it says otherwise, a ConfigMap in one of the namespaces. */
function pathOf(text: string): string {
  const parsed: Loose = parseDocument(text).errors.length > 0 ? undefined : parseDocument(text).toJS();
  const { apiVersion = 'v1', kind = 'ConfigMap', metadata } = (typeof parsed === 'object' && parsed) || {};
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const ofCluster = kind.startsWith('Cluster') || apiVersion.startsWith('admissionregistration.');
  const namespace = ofCluster ? '' : `/namespaces/${metadata?.namespace ?? 'ns'}`;
  return `${group}${namespace}/${plural.toLowerCase()}?dryRun=All&fieldValidation=Strict`;
}

/** The causes of a Status one by one, as lib/manifests words them; without causes its message. */
function mistakesOf({ message, details }: Loose): string[] {
  if (details?.causes) return details.causes.map((cause: Loose) => `${cause.field}: ${cause.message}`);
  const [, strict] = /strict decoding error: (.*)$/s.exec(message) ?? [];
  return [strict ?? message];
}

/** What the file says of an API server and is not so. */
function compare({ mistakes, kubernetes }: BrokenManifest, said: readonly string[]): string | undefined {
  if (kubernetes === undefined) {
    const due = mistakes.map(([, message]) => message).sort();
    return JSON.stringify(due) === JSON.stringify([...said].sort()) ? undefined : 'its words are meant to be ours';
  }
  if (kubernetes.startsWith('accepts')) return said.length === 0 ? undefined : 'it is meant to accept it';
  const [, words = ''] = /^(.*): /s.exec(kubernetes) ?? [];
  return words && said.some((one) => one.includes(words)) ? undefined : `it is meant to say: ${words}`;
}
