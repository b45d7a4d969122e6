import { generations, type Subject, startWorker } from '../alternate.ts';
import { createJob, free, governed, type Peer, startPeers } from '../cluster.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import { type Stage, uncached } from '../stage.ts';
import { figure, median, ratios } from '../stats.ts';
import type { Round } from '../worker.ts';
import { ways } from './replace.ts';

/** The built handler before a real API server, beside the floor, the proxies that people use, and an admission policy. */
export async function peers(stage: Stage): Promise<Section> {
  const { apiserver, kubectlProxy, kubeRbacProxy } = await startPeers(stage);
  const { file } = await stage.build('handlers/replace-job.ts');
  const worker = (await stage.build('bench/worker.ts')).file;
  const body = JSON.stringify(documentedJob({ ttl: 1000 }));
  const ca = `${stage.folder}/cci/certificates/apiserver.crt`;
  let generation = 0;
  const start = async (): Promise<Subject[]> => {
    generation += 1;
    const subjects: Subject[] = [];
    // Each has a job of its own, so that none meets another's changes.
    const handler = async (name: string, env: Record<string, string>) => {
      const job = `${name}-${generation}`;
      await createJob(apiserver, free, job);
      const bodies = bodiesOf((ttl) => ({ ...documentedJob({ ttl, name: job }), metadata: { name: job, namespace: free } }));
      const environment = stage.environment(apiserver.url, { secret: { token: apiserver.token }, ca, env });
      const work = { what: 'handler' as const, file, event: buildEvent('PUT', job), bodies };
      subjects.push(startWorker(worker, work, { name, env: environment, beside: apiserver.pid, warmUp: stage.rounds(600) }));
    };
    const client = async (name: string, what: 'floor' | 'put', peer: Peer, beside: Peer, namespace: string = free) => {
      const path = await createJob(apiserver, namespace, `${name}-${generation}`);
      const { url, token } = peer;
      const work = { what, url, path, body, ...(token !== undefined && { token }) };
      subjects.push(startWorker(worker, work, { name, env: { NODE_EXTRA_CA_CERTS: ca }, beside: beside.pid }));
    };
    await handler('cached', {});
    await handler('uncached', uncached);
    await client('direct', 'floor', apiserver, apiserver);
    await client('kubectl', 'floor', kubectlProxy, kubectlProxy);
    await client('rbac', 'floor', kubeRbacProxy, kubeRbacProxy);
    await client('kubectl-put', 'put', kubectlProxy, kubectlProxy);
    await client('rbac-put', 'put', kubeRbacProxy, kubeRbacProxy);
    await client('put', 'put', apiserver, apiserver);
    await client('policy', 'put', apiserver, apiserver, governed);
    return subjects;
  };
  const of = await generations(2, start, { rounds: stage.rounds(12), times: 40, warmUp: stage.rounds(200) });
  const beside = (name: string) => figure(of(name, 'beside'));
  const times = (name: string, measure: 'cpu' | 'p50' | 'beside', base: string) => figure(ratios(of(name, measure), of(base, measure)));
  const replaceRow = (title: string, name: string) => [
    title,
    figure(of(name, 'cpu')),
    times(name, 'cpu', 'direct'),
    figure(of(name, 'p50')),
    times(name, 'p50', 'direct'),
    ['kubectl', 'rbac'].includes(name) ? beside(name) : '–',
  ];
  const putRow = (title: string, name: string, proxy: boolean) => [
    title,
    figure(of(name, 'p50')),
    times(name, 'p50', 'put'),
    ...(proxy ? [beside(name), '–', '–'] : ['–', beside(name), times(name, 'beside', 'put')]),
  ];
  const ratio = (name: string, measure: 'cpu' | 'p50', base: string, its: keyof Round = measure) =>
    median(ratios(of(name, measure), of(base, its)));
  const bar = (name: string, kind: string, subject: string, measure: 'cpu' | 'beside') => {
    const { median, low, high } = figure(of(subject, measure));
    return { name, kind, ms: median / 1000, low: low / 1000, high: high / 1000 };
  };
  return {
    title: 'One replace over HTTPS to a real API server',
    method:
      'kube-apiserver 1.37 with etcd on this machine, keep-alive HTTPS with a bearer token. kubectl proxy and kube-rbac-proxy serve plain ' +
      'HTTP to the client, the cheapest they can do; what they cost is the CPU of their own process (scheduler statistics of all its ' +
      'threads), beside the client’s. Neither can tell one field from another: they are what it costs to stand in the way at all. ' +
      'The admission policy is a ValidatingAdmissionPolicy in CEL for the same five fields; it holds in one namespace of the same ' +
      'server and not in the other. A managed service such as CCI does not let its users install one.',
    tables: [
      {
        title: 'Microseconds per replace',
        columns: ['', 'CPU µs here', '× direct', 'p50 µs', '× direct', 'CPU µs of the proxy'],
        rows: [
          replaceRow('through the handler, job in its cache (PUT)', 'cached'),
          replaceRow('through the handler, LIVE_CACHE=off (GET + PUT)', 'uncached'),
          replaceRow('direct, the floor (GET + PUT)', 'direct'),
          replaceRow('the floor through kubectl proxy', 'kubectl'),
          replaceRow('the floor through kube-rbac-proxy', 'rbac'),
        ],
      },
      {
        title: 'Microseconds per PUT alone',
        columns: ['', 'p50 µs', '× direct', 'CPU µs of the proxy', 'CPU µs of the API server', '× without policy'],
        rows: [
          putRow('direct', 'put', false),
          putRow('direct, with the admission policy', 'policy', false),
          putRow('through kubectl proxy', 'kubectl-put', true),
          putRow('through kube-rbac-proxy', 'rbac-put', true),
        ],
      },
      {
        title: 'CPU microseconds of the API server per replace',
        columns: ['', 'CPU µs', '× direct'],
        rows: [
          ['asked by the handler', beside('cached'), times('cached', 'beside', 'direct')],
          ['asked by the handler, LIVE_CACHE=off', beside('uncached'), times('uncached', 'beside', 'direct')],
          ['asked directly', beside('direct'), 1],
        ],
      },
    ],
    bars: Object.entries(ways).flatMap(([way, name]) => [
      { title: `CPU per replace, API server${way}`, figure: ratio(name, 'cpu', 'direct'), limit: 1.25, unit: '× floor' },
      ...Object.entries({ kubectl: 'kubectl proxy', rbac: 'kube-rbac-proxy' }).flatMap(([proxy, called]) =>
        Object.entries({ 'one PUT': `${proxy}-put`, 'GET + PUT': proxy }).map(([what, base]) => ({
          title: `CPU per replace beside ${what} through ${called}${way}`,
          figure: ratio(name, 'cpu', base, 'beside'),
          limit: 1,
          unit: '× the proxy',
        })),
      ),
      { title: `p50 of a replace${way}`, figure: ratio(name, 'p50', 'direct'), limit: 1.1, unit: '× direct GET + PUT' },
    ]),
    plot: [
      bar('handler, LIVE_CACHE=off (GET + PUT)', 'gateway', 'uncached', 'cpu'),
      bar('handler, job in its cache (PUT)', 'gateway', 'cached', 'cpu'),
      bar('GET + PUT by the same client', 'client', 'direct', 'cpu'),
      bar('kubectl proxy, its process alone', 'proxy', 'kubectl', 'beside'),
      bar('kube-rbac-proxy, its process alone', 'proxy', 'rbac', 'beside'),
    ],
  };
}
