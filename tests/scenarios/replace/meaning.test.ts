import { describe, expect, it } from 'vitest';
import { calls, type Loose, liveJob, liveText, now, put, requested, reset, useGateway } from '../gateway.ts';

useGateway();

const ps = ({ spec }: Loose): Loose => spec.tfReplicaSpecs.Ps;
const container = (job: Loose): Loose => ps(job).template.spec.containers[0];

describe('what a request omits', () => {
  it.each<[string, (job: Loose) => void, (job: Loose) => void, (job: Loose) => unknown]>([
    ['all labels', () => undefined, ({ metadata }) => delete metadata.labels, ({ metadata }) => metadata.labels],
    [
      'one label',
      ({ metadata }) => Object.assign(metadata.labels, { team: 'a' }),
      ({ metadata }) => delete metadata.labels.team,
      ({ metadata }) => metadata.labels.team,
    ],
    [
      'the annotations',
      ({ metadata }) => Object.assign(metadata, { annotations: { a: 'b' } }),
      ({ metadata }) => delete metadata.annotations,
      ({ metadata }) => metadata.annotations,
    ],
    [
      'the TTL',
      ({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 5 }),
      ({ spec }) => delete spec.ttlSecondsAfterFinished,
      ({ spec }) => spec.ttlSecondsAfterFinished,
    ],
    [
      'the deadline',
      ({ spec }) => Object.assign(spec, { activeDeadlineSeconds: 5 }),
      ({ spec }) => Object.assign(spec, { activeDeadlineSeconds: null }),
      ({ spec }) => spec.activeDeadlineSeconds,
    ],
    [
      'cleanPodPolicy',
      ({ spec }) => Object.assign(spec, { cleanPodPolicy: 'All' }),
      ({ spec }) => delete spec.cleanPodPolicy,
      ({ spec }) => spec.cleanPodPolicy,
    ],
  ])('is removed where it is replaceable: %s', async (_title, live, edit, found) => {
    await reset(live);
    expect(found(liveJob())).toBeDefined();
    const answer = await put(requested(edit));
    expect([answer.status, calls()]).toEqual([200, ['GET 200', 'PUT 200']]);
    expect(found(liveJob())).toBeUndefined();
    expect(JSON.parse(liveText())).toEqual(answer.body);
  });

  it.each<[string, (job: Loose) => void, string]>([
    ['backoffLimit', ({ spec }) => delete spec.backoffLimit, 'spec.backoffLimit'],
    ['a replica type', ({ spec }) => delete spec.tfReplicaSpecs.Worker, 'spec.tfReplicaSpecs.Worker'],
    ['an argument', (job) => container(job).args.pop(), 'spec.tfReplicaSpecs.Ps.template.spec.containers[0].args[9]'],
    [
      'a limit',
      (job) => delete container(job).resources.limits.cpu,
      'spec.tfReplicaSpecs.Ps.template.spec.containers[0].resources.limits.cpu',
    ],
    ['spec', (job) => delete job.spec, 'spec'],
  ])('is refused where it is not: %s', async (_title, edit, field) => {
    const before = liveText();
    const answer = await put(requested(edit));
    expect([answer.status, answer.body.details.causes.map((cause: Loose) => cause.field)]).toEqual([403, [field]]);
    expect([liveText(), calls()]).toEqual([before, ['GET 200']]);
  });

  it('means “as live” where it is the identity or the server’s own', async () => {
    await reset(({ metadata }) => Object.assign(metadata, { finalizers: ['x/y'], ownerReferences: [{ name: 'o' }] }));
    const job = requested(({ metadata, ...rest }) => {
      for (const name of Object.keys(metadata)) if (!['name', 'labels'].includes(name)) delete metadata[name];
      for (const name of Object.keys(rest)) if (name === 'status') delete rest[name];
    });
    delete job.status;
    expect([(await put(job)).status, calls()]).toEqual([200, ['GET 200']]);
  });
});

describe('what is no difference', () => {
  it.each<[string, (job: Loose) => void]>([
    [
      'Ps renamed to PS',
      ({ spec }) => {
        spec.tfReplicaSpecs = { PS: spec.tfReplicaSpecs.Ps, Worker: spec.tfReplicaSpecs.Worker };
      },
    ],
    ['"4Gi" written as "4096Mi"', (job) => Object.assign(container(job).resources.limits, { memory: '4096Mi' })],
    ['"4Gi" written as a number', (job) => Object.assign(container(job).resources.limits, { memory: 4294967296 })],
    ['"2" written as "2000m"', (job) => Object.assign(container(job).resources.requests, { cpu: '2000m' })],
    ['requests left out that equal the limits', (job) => delete container(job).resources.requests],
    ['replicas left out', (job) => delete ps(job).replicas],
    [
      'defaults of a container spelled out',
      (job) =>
        Object.assign(container(job), {
          imagePullPolicy: 'IfNotPresent',
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          tty: false,
          env: [],
          command: null,
        }),
    ],
    [
      'defaults of a pod spelled out',
      (job) =>
        Object.assign(ps(job).template.spec, {
          dnsPolicy: 'ClusterFirst',
          schedulerName: 'default-scheduler',
          terminationGracePeriodSeconds: 30,
          securityContext: {},
          hostNetwork: false,
        }),
    ],
    ['the default protocol of a port', (job) => Object.assign(container(job).ports[0], { protocol: 'TCP' })],
    [
      'another status, generation, creationTimestamp, selfLink, managedFields',
      (job) => {
        job.status = { conditions: [] };
        Object.assign(job.metadata, { generation: 99, creationTimestamp: null, selfLink: '/x', managedFields: [{}] });
      },
    ],
    [
      'another order of keys',
      (job) => {
        job.spec = Object.fromEntries(Object.entries(job.spec).reverse());
      },
    ],
    ['annotations {} and null', (job) => Object.assign(job.metadata, { annotations: {} })],
  ])('%s: the live job is the answer, and nothing is written', async (_title, edit) => {
    const before = liveText();
    const answer = await put(requested(edit));
    expect([answer.status, answer.text.trim(), calls()]).toEqual([200, before, ['GET 200']]);
  });

  it('is spelling in the request: what is written has the live spelling', async () => {
    const live = liveJob();
    await put(
      requested((job) => {
        container(job).resources.limits.memory = '4096Mi';
        job.spec.tfReplicaSpecs = { PS: ps(job), Worker: job.spec.tfReplicaSpecs.Worker };
        job.spec.ttlSecondsAfterFinished = 7;
      }),
    );
    expect(liveJob().spec).toEqual({ ...(live.spec as object), ttlSecondsAfterFinished: 7 });
  });
});

describe('a live job that holds what would be refused today', () => {
  const odd = ({ metadata, spec }: Loose) => {
    metadata.labels = { app: 'test', 'not a key': 'not a value!' };
    Object.assign(spec, { ttlSecondsAfterFinished: -1, cleanPodPolicy: 'Some', activeDeadlineSeconds: 0 });
  };

  it('can still get a new label', async () => {
    await reset(odd);
    const answer = await put(requested(({ metadata }) => Object.assign(metadata.labels, { team: 'vision' })));
    expect(answer.status).toBe(200);
    expect(liveJob().metadata.labels).toEqual({ app: 'test', 'not a key': 'not a value!', team: 'vision' });
    expect(liveJob().spec).toMatchObject({ ttlSecondsAfterFinished: -1, cleanPodPolicy: 'Some', activeDeadlineSeconds: 0 });
  });

  it('cannot get another bad value', async () => {
    await reset(odd);
    const answer = await put(
      requested(({ metadata, spec }) => {
        metadata.labels['not a key'] = 'another one!';
        spec.ttlSecondsAfterFinished = -2;
      }),
    );
    expect(answer.status).toBe(422);
    expect(answer.body.details.causes.map((cause: Loose) => cause.field)).toEqual([
      'metadata.labels[not a key]',
      'metadata.labels[not a key]',
      'spec.ttlSecondsAfterFinished',
    ]);
    expect(calls()).toEqual(['GET 200']);
  });

  it('keeps numbers that a double cannot hold, letter for letter', async () => {
    const text = liveText().replace('"backoffLimit":6', '"backoffLimit":9007199254740993,"exact":1.0,"tiny":1e-400');
    now.simulator.put(text);
    const sent = text.replace('"app":"test"', '"app":"new"').replace(/"resourceVersion":"\d+"/, '"resourceVersion":""');
    const answer = await put(sent);
    expect([answer.status, calls()]).toEqual([200, ['GET 200', 'PUT 200']]);
    for (const found of [answer.text, liveText(), now.upstream.received.at(-1)?.body.toString()]) {
      expect(found).toContain('"backoffLimit":9007199254740993,"exact":1.0,"tiny":1e-400');
    }
    expect((await put(sent.replace('9007199254740993', '9007199254740992'))).status).toBe(403);
  });
});
