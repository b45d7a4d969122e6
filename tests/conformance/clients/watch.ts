/**
 * The JavaScript client follows one job through the gateway until change LAST, by its Watch and by its informer, and prints which changes each
 * has seen (see ../watch/changes.ts).
 */
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  Watch,
} from '@kubernetes/client-node';

// biome-ignore lint/suspicious/noExplicitAny: a job is what it is.
type Loose = any;
const { GATEWAY = '', NAMESPACE: namespace = '', PLURAL: plural = '', NAME = '', LAST } = process.env;
const last = Number(LAST);
const config = new KubeConfig();
config.loadFromClusterAndUser({ name: 'gateway', server: GATEWAY, skipTLSVerify: true }, { name: 'nobody' });
const api = config.makeApiClient(CustomObjectsApi);
const path = `/apis/kubeflow.org/v1/namespaces/${namespace}/${plural}`;
const changeOf = ({ metadata }: Loose): number => Number(metadata.annotations?.change ?? 0);

const seen: number[] = [];
let version = '';
async function list(): Promise<void> {
  const listed: Loose = await api.listNamespacedCustomObject({ group: 'kubeflow.org', version: 'v1', namespace, plural });
  version = listed.metadata.resourceVersion;
  const change = changeOf(listed.items.find(({ metadata }: Loose) => metadata.name === NAME));
  if (change > (seen.at(-1) ?? 0)) seen.push(change);
}
/** Watches once; undefined at a plain end, else the code of what ended it. */
function watchOnce(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    let code: number | undefined;
    const watching = new Watch(config).watch(
      path,
      { resourceVersion: version },
      (type, object: Loose) => {
        if (type === 'ERROR') {
          code = object.code;
          return;
        }
        version = object.metadata.resourceVersion;
        if (object.metadata.name === NAME) seen.push(changeOf(object));
        if (seen.at(-1) === last) watching.then((controller) => controller.abort(), reject);
      },
      (error: unknown) => (error && (error as Error).name !== 'AbortError' ? reject(error) : resolve(code)),
    );
    watching.catch(reject);
  });
}

async function watchAll(): Promise<void> {
  while (seen.at(-1) !== last) if ((await watchOnce()) === 410) await list();
  process.stdout.write(`saw\tJavaScript Watch\t${JSON.stringify(seen)}\n`);
}

/** Starts the informer; resolves once it has listed. It begins each next watch by itself: an error that it tells of is a failure. */
async function startInformer(): Promise<void> {
  const told: number[] = [];
  const where = { group: 'kubeflow.org', version: 'v1', namespace, plural };
  const listed = () => api.listNamespacedCustomObject(where) as Promise<KubernetesListObject<KubernetesObject>>;
  const informer = makeInformer(config, path, listed);
  informer.on('error', (error: unknown) => {
    // It tells of its own stop, too.
    if (told.at(-1) !== last) throw error;
  });
  informer.on('change', (job: Loose) => {
    if (job.metadata.name !== NAME || changeOf(job) === 0) return;
    told.push(changeOf(job));
    if (told.at(-1) !== last) return;
    process.stdout.write(`saw\tJavaScript informer\t${JSON.stringify(told)}\n`);
    void informer.stop();
  });
  await informer.start();
}

await list();
await startInformer();
process.stdout.write('ready\n');
await watchAll();
