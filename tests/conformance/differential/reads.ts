import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import type { Kind } from '../crds.ts';
import { type Answer, type Loose, send } from '../http.ts';
import { createJob, jobPath, newJob } from '../jobs.ts';
import { checked } from '../report.ts';
import type { Stage } from '../run.ts';
import { explanation } from './meant.ts';
import { comparable, differencesOf, shownAnswers } from './twins.ts';

const namespace = 'other';
const as = (kind: string, more = ',application/json') => `application/json;as=${kind};v=v1;g=meta.k8s.io${more}`;
const accepts = [
  ...[
    undefined,
    '*/*',
    'application/json',
    'application/yaml',
    'application/json, */*',
    'application/*',
    'application/json;q=0.5,application/yaml',
  ],
  ...[
    'application/xml',
    'text/html',
    'application/json;as=Nope;v=v1;g=meta.k8s.io',
    as('Table'),
    as('Table', ''),
    'application/xml,application/json',
  ],
];
const ofOne = [...accepts, as('PartialObjectMetadata'), as('PartialObjectMetadata', '')];
const ofList = [...accepts, as('PartialObjectMetadataList'), as('PartialObjectMetadataList', ''), as('PartialObjectMetadata', '')];
const listQueries = [
  ...[
    'limit=1',
    'limit=2&labelSelector=app',
    'limit=0',
    'limit=-1',
    'limit=abc',
    'limit=99999',
    'continue=garbage',
    'continue=%7B%7D',
    'limit=1&continue=x',
  ],
  ...[
    'labelSelector=app%3Dmnist',
    'labelSelector=app%21%3Dmnist',
    'labelSelector=!app',
    'labelSelector=app+in+(mnist,b)',
    'labelSelector=a+b',
  ],
  ...['labelSelector=%3D%3D', 'labelSelector=', `labelSelector=a%3D${'x'.repeat(64)}`, 'labelSelector=n%3E1', 'labelSelector=a%3D%C3%BC'],
  ...[
    'fieldSelector=metadata.name%3Djob-1',
    'fieldSelector=metadata.name!%3Djob-1',
    'fieldSelector=metadata.namespace%3Dother',
    'fieldSelector=spec.x%3D1',
  ],
  ...[
    'fieldSelector=a',
    'resourceVersion=0',
    'resourceVersion=abc',
    'resourceVersion=-1',
    'resourceVersion=1&resourceVersionMatch=NotOlderThan',
  ],
  ...[
    'resourceVersionMatch=Exact',
    'resourceVersion=0&resourceVersionMatch=Exact',
    'resourceVersion=1&resourceVersionMatch=Nope',
    'timeoutSeconds=5',
  ],
  ...[
    'timeoutSeconds=abc',
    'pretty=true',
    'unknown=1',
    'watch=false',
    'watch=true&timeoutSeconds=1',
    'watch=1&timeoutSeconds=1',
    'sendInitialEvents=true',
  ],
];
const oneQueries = ['pretty=true', 'resourceVersion=0', 'resourceVersion=abc', 'unknown=1', 'resourceVersion=1', 'labelSelector=a+b'];

/** Sends the same reads of the same objects to both: whatever comes must be the same, resource versions included. */
export async function compareReads(stage: Stage, kind: Kind): Promise<void> {
  const { cluster } = stage;
  for (const index of [1, 2, 3]) await createJob(cluster, kind, newJob(cluster.layout, kind, namespace, `job-${index}`));
  const list = jobPath(kind, namespace);
  const single = `${list}/job-1`;
  const everywhere = `/apis/kubeflow.org/v1/${kind.plural}`;
  const requests: [path: string, accept: string | undefined][] = [
    ...ofOne.map((accept): [string, string | undefined] => [single, accept]),
    ...ofList.map((accept): [string, string | undefined] => [list, accept]),
    ...ofList.slice(-5).map((accept): [string, string | undefined] => [`${everywhere}?labelSelector=app&limit=2`, accept]),
    ...listQueries.map((query): [string, string | undefined] => [`${list}?${query}`, undefined]),
    ...['limit=1', 'labelSelector=a+b', 'fieldSelector=metadata.namespace%3Dother'].map((query): [string, undefined] => [
      `${everywhere}?${query}`,
      undefined,
    ]),
    ...['includeObject=None', 'includeObject=Object', 'includeObject=Nope'].map((query): [string, string] => [
      `${list}?${query}`,
      as('Table'),
    ]),
    ...oneQueries.map((query): [string, undefined] => [`${single}?${query}`, undefined]),
    [`${list}/nope`, undefined],
    [`${list}/nope`, as('Table')],
    [jobPath(kind, 'nope'), undefined],
    [jobPath(kind, 'A_b'), undefined],
  ];
  for (const [path, accept] of requests) {
    const title = `GET ${path.replace('/apis/kubeflow.org/v1/', '')}${accept === undefined ? '' : ` as ${accept}`}`;
    await checked(`differential, ${cluster.layout} layout`, title, () => compareRead(stage, path, accept, title));
  }
  await checked(`differential, ${cluster.layout} layout`, 'GET page by page with continue', () => followPages(stage, list));
}

async function compareRead({ cluster, gateway }: Stage, path: string, accept: string | undefined, title: string): Promise<void> {
  const request = { path, ...(accept !== undefined && { headers: { accept } }) };
  const [direct, through] = await Promise.all([send(cluster.endpoint, request), send(gateway.endpoint, request)]);
  const outcome = {
    ...{ title, layout: cluster.layout, request: `${title}` },
    ...{
      answers: { direct: parsed(direct), through: parsed(through) },
      before: { direct: 0, through: 0 },
      stored: { direct: 0, through: 0 },
    },
  };
  const differences = differencesOf(outcome);
  if (differences.length === 0 || explanation(outcome, differences)) return;
  throw new Error(`the two differ in ${differences.join(', ')}\n${shownAnswers(outcome)}`);
}

/** A YAML answer as the object that it says. */
function parsed(answer: Answer): Answer {
  return answer.body === undefined && answer.headers['content-type']?.includes('yaml')
    ? { ...answer, body: parse(answer.text, { version: '1.1' }) }
    : answer;
}

/** All pages through the gateway hold what one list of the API server holds. */
async function followPages({ cluster, gateway }: Stage, list: string): Promise<void> {
  const whole = await send(cluster.endpoint, { path: list });
  const items: Loose[] = [];
  let more: string | undefined = '';
  // Other parts leave jobs behind, so how many pages there are is not known before.
  for (let pages = 0; more !== undefined && pages <= whole.body.items.length / 2; pages += 1) {
    const { status, body, text } = await send(gateway.endpoint, { path: `${list}?limit=2&continue=${encodeURIComponent(more)}` });
    if (status !== 200) throw new Error(`${status} ${text}`);
    items.push(...body.items);
    more = body.metadata.continue || undefined;
  }
  if (!isDeepStrictEqual(items.map(comparable), whole.body.items.map(comparable)))
    throw new Error(`${items.length} items, and not the same`);
}
