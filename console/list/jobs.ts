/** The jobs that are listed: read kind by kind, narrowed by the filter. */
import { computed, signal } from '@preact/signals';
import { Refused } from '../api/http.ts';
import { type Job, type Kind, listJobs, readKinds } from '../api/jobs.ts';
import { type Filter, route } from '../route.ts';
import { stateOf } from '../words.ts';

/** A job with what is asked of it for every letter of the filter. */
export interface Row {
  kind: Kind;
  job: Job;
  text: string;
}
/** What could not be read. */
export interface Failure {
  what: string;
  error: Refused;
}

export const kinds = signal<readonly Kind[]>([]);
export const rows = signal<readonly Row[]>([]);
export const failures = signal<readonly Failure[]>([]);
export const loading = signal(true);
/** Who may not list all namespaces must name one. */
export const mustName = signal(false);

const none: Filter = { text: '', namespace: '', kind: '', status: '' };
export const filter = computed<Filter>(() => (route.value.page === 'list' ? route.value.filter : none));
export const shown = computed(() => {
  const { text, namespace, kind, status } = filter.value;
  const wanted = text.trim().toLowerCase();
  return rows.value.filter(
    (row) =>
      (!namespace || row.job.metadata.namespace === namespace) &&
      (!kind || row.kind.kind === kind) &&
      (!status || stateOf(row.job).word === status) &&
      (!wanted || row.text.includes(wanted)),
  );
});

/** What there is to choose from, which no letter of the filter changes. */
export const namespaces = computed(() => distinct(rows.value.map(({ job }) => job.metadata.namespace)));
export const statuses = computed(() => distinct(rows.value.map(({ job }) => stateOf(job).word)));
const distinct = (values: readonly string[]): string[] => [...new Set(values)];

let turn = 0;

/** Reads all jobs that the caller may list: of all namespaces or, where that is not permitted, of the one that the filter names. */
export async function load(): Promise<void> {
  turn += 1;
  const mine = turn;
  loading.value = true;
  try {
    kinds.value = await readKinds();
    const namespace = mustName.peek() ? filter.peek().namespace : '';
    if (mustName.peek() && namespace === '') {
      rows.value = [];
      failures.value = [];
      return;
    }
    await loadKinds(mine, namespace);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    failures.value = error.code === 401 ? [] : [{ what: 'The kinds of jobs', error }];
  } finally {
    if (mine === turn) loading.value = false;
  }
}

async function loadKinds(mine: number, namespace: string): Promise<void> {
  const found: Row[] = [];
  const failed: Failure[] = [];
  await Promise.all(
    kinds.peek().map((kind) => loadKind(kind, namespace, found).catch((error: unknown) => void failed.push(failureOf(kind, error)))),
  );
  if (mine !== turn) return;
  if (namespace === '' && found.length === 0 && failed.length > 0 && failed.every(({ error }) => error.code === 403)) {
    mustName.value = true;
    failures.value = [];
    return load();
  }
  found.sort((a, b) => (b.job.metadata.creationTimestamp ?? '').localeCompare(a.job.metadata.creationTimestamp ?? ''));
  rows.value = found;
  failures.value = failed.filter(({ error }) => error.code !== 401);
}

async function loadKind(kind: Kind, namespace: string, found: Row[]): Promise<void> {
  for await (const jobs of listJobs(kind.name, namespace)) for (const job of jobs) found.push({ kind, job, text: searched(job) });
}

function searched({ metadata: { name, labels = {} } }: Job): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [name, ...pairs].join('\n').toLowerCase();
}

function failureOf({ kind }: Kind, error: unknown): Failure {
  if (!(error instanceof Refused)) throw error;
  return { what: `${kind}s`, error };
}
