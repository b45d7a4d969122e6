import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { makeCertificate } from '../../../local/certificate.ts';
import type { Sides } from '../admission.ts';
import type { Cluster } from '../cluster.ts';
import { kinds } from '../crds.ts';
import type { Endpoint } from '../http.ts';
import { createJob, newJob } from '../jobs.ts';
import { type Output, run } from '../processes.ts';
import { checked } from '../report.ts';
import { consoleRights } from './console.ts';
import type { Caller } from './draw.ts';

/** What one caller types, and its exit code on both sides. */
interface Typed {
  caller: Caller;
  args: string;
  code: number;
  /** What the gateway prints as errors where the API server prints something, and that is meant. */
  meant?: (stderr: string) => string;
}

/** A header's value is told in ASCII: API Gateway refuses others. */
const inAscii = (stderr: string): string => stderr.replaceAll('ü', '?');
/** Jobs are all that is served, so kubectl does not know this resource. */
const notServed = (stderr: string): string => `Warning: the server doesn't have a resource type 'pods'\n\n${stderr}`;
/** All that deny are told, by their names; the API server tells one of them. */
const everyDenial = (): string => {
  const denied = (name: string, message: string) => `ValidatingAdmissionPolicy '${name}' with binding '${name}' denied request: ${message}`;
  const all = [denied('label-prefix', 'without a prefix: much-too-long'), denied('regex', 'code must be a letter and a number')];
  return `The tfjobs "typed" is invalid: \n${all.map((one) => `* : ${one}\n`).join('')}`;
};
const typed: Typed[] = [
  { caller: 'ada', args: 'auth can-i patch tfjobs', code: 0 },
  { caller: 'ada', args: 'auth can-i delete tfjobs/typed', code: 0 },
  { caller: 'ada', args: 'auth can-i get /metrics', code: 0 },
  { caller: 'ada', args: 'auth can-i update tfjobs --subresource=status -A', code: 0 },
  { caller: 'ada', args: 'auth can-i get pods', code: 1, meant: notServed },
  { caller: 'bob', args: 'auth can-i update pytorchjobs -n other', code: 0 },
  { caller: 'bob', args: 'auth can-i delete tfjobs', code: 1 },
  { caller: 'bob', args: 'auth can-i * *', code: 1 },
  { caller: 'dan', args: 'auth can-i update tfjobs/typed', code: 0 },
  { caller: 'dan', args: 'auth can-i get tfjobs --quiet', code: 1 },
  { caller: 'mia', args: 'auth can-i list tfjobs', code: 0 },
  { caller: 'mia', args: 'auth can-i list tfjobs -n other', code: 1 },
  { caller: 'mia', args: 'auth can-i list tfjobs -A', code: 1 },
  ...(['ada', 'bob', 'eve', 'dan', 'mia'] as const).flatMap((caller) => [
    { caller, args: 'auth can-i --list', code: 0 },
    { caller, args: 'auth whoami', code: 0 },
    { caller, args: 'auth whoami -o json', code: 0 },
  ]),
  { caller: 'mia', args: 'label tfjobs typed a=b', code: 1 },
  { caller: 'dan', args: 'get tfjobs typed', code: 1 },
  { caller: 'bob', args: 'label tfjobs typed code=b', code: 1 },
  { caller: 'bob', args: 'label tfjobs typed code=b much-too-long=a', code: 1, meant: everyDenial },
  { caller: 'bob', args: 'label tfjobs typed stage=warned', code: 0, meant: inAscii },
  { caller: 'bob', args: 'annotate tfjobs typed codes=bad', code: 1, meant: inAscii },
];

/** Makes the job that is typed about, before there are policies that would judge how. */
export async function createTyped(clusters: readonly Cluster[]): Promise<void> {
  const [kind] = kinds.cci;
  if (!kind) throw new Error('there is no kind');
  await Promise.all(clusters.map((cluster) => createJob(cluster, kind, newJob('cci', kind, 'kube-test', 'typed'))));
}

/** Types the same at the API server that has the policies and at the gateway that was built with them. */
export async function kubectlAdmission(kubectl: string, sides: Sides, folder: string): Promise<void> {
  const home = join(folder, 'kubectl-admission');
  await mkdir(home);
  const tls = await overTls(sides.gateway.endpoint);
  try {
    await typeAll(kubectl, sides, home, tls.url);
    const { url } = sides.direct.endpoint;
    await consoleRights(sides, (caller, args) => {
      const global = ['--server', url, '--insecure-skip-tls-verify', '--token', sides.tokens[caller], '--cache-dir', join(home, 'direct')];
      return run(kubectl, [...global, ...args], { env: { PATH: process.env.PATH, HOME: home }, cwd: home });
    });
  } finally {
    tls.close();
  }
}

/** A TLS server before another: kubectl sends tokens to nobody else. */
async function overTls({ url }: Endpoint): Promise<{ url: string; close(): void }> {
  const { port } = new URL(url);
  const server = createServer(makeCertificate(), (socket) => {
    const upstream = connect(Number(port), '127.0.0.1');
    for (const one of [socket, upstream]) one.on('error', () => [socket, upstream].forEach((each) => void each.destroy()));
    socket.pipe(upstream).pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}

async function typeAll(kubectl: string, sides: Sides, home: string, gateway: string): Promise<void> {
  for (const one of typed) {
    await checked('admission, kubectl', `${one.caller}: kubectl ${one.args}`, async () => {
      const say = (url: string, cache: string): Promise<Output> => {
        const global = [
          '--server',
          url,
          '--insecure-skip-tls-verify',
          '--token',
          sides.tokens[one.caller],
          '--cache-dir',
          join(home, cache),
        ];
        const env = { PATH: process.env.PATH, HOME: home };
        return run(kubectl, [...global, '--namespace', 'kube-test', ...one.args.split(' ')], { env, cwd: home });
      };
      const [direct, through] = [await say(sides.direct.endpoint.url, 'direct'), await say(gateway, 'through')];
      const both = JSON.stringify({ direct, through }, null, 1);
      if (direct.code !== one.code || through.code !== one.code) throw new Error(`the exit codes are not ${one.code}: ${both}`);
      const due = one.meant ? { ...direct, stderr: one.meant(direct.stderr) } : direct;
      if (sorted(due) !== sorted(through)) throw new Error(`it prints something else: ${both}`);
    });
  }
}

/** What was printed, but for the time; lines of a table are in no order. */
const sorted = ({ stdout, stderr }: Output): string =>
  [
    ...stdout
      .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/, 'now')
      .split('\n')
      .sort(),
    stderr,
  ].join('\n');
