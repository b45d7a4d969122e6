import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Loose, sendOk } from '../http.ts';
import { createJob, jobPath, newJob } from '../jobs.ts';
import { type Output, run } from '../processes.ts';
import { checked } from '../report.ts';
import type { Tools } from '../tools.ts';
import type { WatchStage } from '../watch.ts';

// Of its own: what other parts have left in kube-test would be waited for too.
const namespace = 'watch-kubectl';
const partOf = ({ cluster }: WatchStage) => `watch, kubectl, ${cluster.layout} layout`;

/** The forms of `kubectl get -w`. */
const forms = (plural: string) => [
  [`${plural}/one`, '-w'],
  [plural, '-w'],
  [plural, '-w', '-A'],
  [plural, '-w', '-l', 'team=red'],
  [plural, '-w', '--field-selector', 'metadata.name=two'],
  [plural, '-w', '-o', 'yaml'],
  [plural, '-w', '-o', 'json'],
  [plural, '-w', '-o', 'name'],
  [plural, '-w', '-o', 'jsonpath={.metadata.name} {.metadata.annotations.change}{"\\n"}'],
  [plural, '-w', '-o', 'custom-columns=NAME:.metadata.name,CHANGE:.metadata.annotations.change'],
  [plural, '-w', '--output-watch-events'],
  [plural, '-w', '--output-watch-events', '-o', 'json'],
  [plural, '--watch-only'],
  [plural, '--watch-only', '--show-labels'],
  [plural, '-w', '--no-headers'],
];

/** Commands at the gateway and at the API server alike: what both print must be the same. */
type Doors = (args: readonly string[], timeout: number) => Promise<[through: Output, direct: Output]>;

async function doorsOf({ kubectl }: Tools, { gateway, cluster, folder }: WatchStage): Promise<Doors> {
  const home = join(folder, `kubectl-watch-${cluster.layout}`);
  await mkdir(home, { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home };
  const of = (server: string[], args: readonly string[], timeout: number, cache: string) =>
    run(kubectl, [...server, '--cache-dir', join(home, cache), '--namespace', namespace, ...args], { env, timeout });
  const direct = ['--server', cluster.endpoint.url, '--token', cluster.endpoint.token, '--certificate-authority', cluster.caFile];
  return (args, timeout) =>
    Promise.all([of(['--server', gateway.endpoint.url], args, timeout, 'through'), of(direct, args, timeout, 'direct')]);
}

const at = ({ cluster }: WatchStage, method: string, path: string, body?: object) =>
  sendOk(cluster.endpoint, { method, path, ...(body && { body, headers: { 'content-type': 'application/merge-patch+json' } }) });

/** Without ages, which are counted from when they are printed. */
const ageless = (text: string) => text.replaceAll(/ +\d+[smh](\d+s)?(?=\s|$)/gm, ' AGE');

export async function kubectlWatch(tools: Tools, stage: WatchStage): Promise<void> {
  const { cluster, kind } = stage;
  const { plural } = kind;
  const doors = await doorsOf(tools, stage);
  const create = (name: string, labels: Record<string, string>, where = namespace): Promise<Loose> => {
    const job = newJob(cluster.layout, kind, where, name);
    job.metadata.labels = labels;
    return createJob(cluster, kind, job);
  };
  const path = (name: string, where = namespace) => jobPath(kind, where, name);
  await create('one', { team: 'red' });
  await create('two', { team: 'blue' });
  // Fills both caches of discovery.
  await doors(['get', plural], 30_000);

  const watching = forms(plural).map(async (args) => ({ args, outputs: await doors(['get', ...args], 14_000) }));
  await sleep(7000);
  for (let change = 1; change <= 3; change += 1) {
    await at(stage, 'PATCH', path('one'), { metadata: { annotations: { change: String(change) } } });
    await sleep(100);
  }
  await at(stage, 'PATCH', path('two'), { metadata: { labels: { team: 'red' } } });
  await at(stage, 'PATCH', path('one'), { metadata: { labels: { team: 'blue' } } });
  await create('three', { team: 'red' });
  await create('four', { team: 'red' }, 'other');
  await at(stage, 'DELETE', path('two'));
  for (const { args, outputs } of await Promise.all(watching)) {
    await checked(partOf(stage), `get ${args.join(' ')} prints what it prints at the API server`, () => {
      const [through, direct] = outputs.map(({ stdout }) => ageless(stdout)) as [string, string];
      const lines = direct.split('\n').length;
      if (lines < 4) throw new Error(`there is too little to compare:\n${direct}`);
      if (through !== direct)
        throw new Error(`through the gateway:\n${through.slice(0, 3000)}\n${outputs[0]?.stderr}\ndirectly:\n${direct.slice(0, 3000)}`);
    });
  }
  await getEnds(doors, stage);
  await waits(doors, stage, create);
}

/** A clean end of the upstream ends `get -w` silently. */
async function getEnds(doors: Doors, stage: WatchStage): Promise<void> {
  const { between, kind } = stage;
  for (const how of ['cleanly', 'reset', 'within a line'] as const) {
    await checked(partOf(stage), `get -w ends silently with exit code 0 when the upstream ends it ${how}`, async () => {
      const ended = doors(['get', kind.plural, '-w'], 10_000);
      await sleep(3000);
      between.end(how);
      const [{ code, stderr, stdout }] = await ended;
      if (code !== 0 || stderr !== '' || !stdout.includes('three')) throw new Error(`${code} ${stderr}\n${stdout}`);
    });
  }
}

async function waits(
  doors: Doors,
  stage: WatchStage,
  create: (name: string, labels: Record<string, string>) => Promise<unknown>,
): Promise<void> {
  const { between, kind } = stage;
  const path = (name: string) => jobPath(kind, namespace, name);
  const status = (name: string, type: string) =>
    at(stage, 'PATCH', `${path(name)}/status`, { status: { conditions: [{ type, status: 'True' }] } });
  const one = `${kind.plural}/one`;
  const cases: [title: string, args: string[], code: number, says: RegExp, during: () => Promise<unknown>][] = [
    ['a condition', [one, '--for=condition=Succeeded'], 0, /one condition met/, () => status('one', 'Succeeded')],
    [
      'a field',
      [one, '--for=jsonpath={.metadata.labels.team}=green'],
      0,
      /one condition met/,
      () => at(stage, 'PATCH', path('one'), { metadata: { labels: { team: 'green' } } }),
    ],
    [
      'a condition that never comes',
      [one, '--for=condition=Failed'],
      1,
      /timed out waiting for the condition on \S+one/,
      () => status('one', 'Running'),
    ],
    [
      'all',
      ['--all', kind.plural, '--for=condition=Done'],
      0,
      /one condition met\n[\s\S]*three condition met/,
      async () => [await status('three', 'Done'), await status('one', 'Done')],
    ],
    ['selected jobs', [kind.plural, '-l', 'team=green', '--for=condition=Chosen'], 0, /one condition met/, () => status('one', 'Chosen')],
    [
      'the deletion',
      [`${kind.plural}/three`, '--for=delete'],
      0,
      /three (condition met|deleted)/,
      () => at(stage, 'DELETE', path('three')),
    ],
    ['the deletion of what is not there', [`${kind.plural}/three`, '--for=delete'], 0, /^$/, async () => undefined],
    ['the creation', [`${kind.plural}/five`, '--for=create'], 0, /five condition met/, () => create('five', {})],
  ];
  for (const [title, args, code, says, during] of cases) {
    const disturbances = {
      'while nothing happens': () => undefined,
      'across ends of the upstream': () => between.end('cleanly'),
      'across its loss': () => between.end('reset'),
      'across a version that is too old': () => between.expire(namespace, 300),
    };
    const [how, disturb] = Object.entries(disturbances)[cases.findIndex(([one]) => one === title) % 4] as [string, () => void];
    await checked(partOf(stage), `wait for ${title}, ${how}`, async () => {
      const waited = doors(['wait', ...args, '--timeout=8s'], 30_000);
      await sleep(2000);
      disturb();
      await sleep(700);
      disturb();
      await sleep(1000);
      await during();
      const [through, direct] = await waited;
      for (const [door, output] of Object.entries({ gateway: through, 'API server': direct })) {
        if (output.code !== code || !says.test(`${output.stdout}${output.stderr}`))
          throw new Error(`${door}: ${output.code}\n${output.stdout}${output.stderr}`);
      }
    });
  }
}
