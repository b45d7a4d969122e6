/** Jobs, as the gateway answers them. */
import { type Ask, call } from './http.ts';

/** A kind of job that the gateway serves. */
export interface Kind {
  name: string;
  kind: string;
}
/** A job as it is listed, as far as it is shown. */
export interface Job {
  kind?: string;
  metadata: {
    name: string;
    namespace: string;
    uid?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}
/** Which job. */
export interface Ref {
  plural: string;
  namespace: string;
  name: string;
}
/** What a write, or a dry run of one, was answered: the job as YAML. */
export interface Written {
  text: string;
  warnings: string[];
}

const group = '/apis/kubeflow.org/v1';
const json = { accept: 'application/json' };
const pageSize = 500;

/** The path of a job in the API. */
export function pathOf({ plural, namespace, name }: Ref): string {
  return `${group}/namespaces/${encodeURIComponent(namespace)}/${encodeURIComponent(plural)}/${encodeURIComponent(name)}`;
}

/** The kinds that there are. */
export async function readKinds(): Promise<Kind[]> {
  const { text } = await call(group, { headers: json });
  return (JSON.parse(text) as { resources: Kind[] }).resources.filter(({ name }) => !name.includes('/'));
}

/** The jobs of a kind, in one namespace or in all, a page at a time. */
export async function* listJobs(plural: string, namespace: string): AsyncGenerator<Job[]> {
  const path = namespace === '' ? `${group}/${plural}` : `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  let more = '';
  do {
    const { text } = await call(`${path}?limit=${pageSize}${more && `&continue=${encodeURIComponent(more)}`}`, { headers: json });
    const list = JSON.parse(text) as { items: Job[]; metadata: { continue?: string } };
    yield list.items;
    more = list.metadata.continue ?? '';
  } while (more);
}

/** A job as the gateway's own YAML. */
export async function readJob(ref: Ref): Promise<string> {
  return (await call(pathOf(ref), { headers: { accept: 'application/yaml' } })).text;
}

const types = { PUT: 'application/yaml', PATCH: 'application/merge-patch+json' };

/** Puts a job as it is written or patches it, or asks what would become of that. */
export async function writeJob(
  ref: Ref,
  method: 'PUT' | 'PATCH',
  body: string,
  { dryRun, signal }: { dryRun: boolean; signal?: AbortSignal },
): Promise<Written> {
  const ask: Ask = { method, body, headers: { 'content-type': types[method], accept: 'application/yaml' }, ...(signal && { signal }) };
  return call(`${pathOf(ref)}?fieldManager=tfjob-console&fieldValidation=Warn${dryRun ? '&dryRun=All' : ''}`, ask);
}
