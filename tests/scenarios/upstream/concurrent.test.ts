import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { StatusError } from '../../../lib/status.ts';
import type { UpdateResult } from '../../../lib/update/job-update.ts';
import { type Simulator, startSimulator } from '../../../local/cci/simulator.ts';
import { accessKey, connect, newContext } from './harness.ts';

const callers = 50;
const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;
let simulator: Simulator;
let client: Awaited<ReturnType<typeof connect>>;
beforeEach(async () => {
  simulator = await startSimulator(accessKey);
  client = await connect(simulator.url, accessKey);
});
afterEach(() => simulator.close());

const live = () => JSON.parse(simulator.text(...stored) as string) as { metadata: JsonObject; spec: JsonObject; status: JsonObject };
const versionOf = (job: JsonObject) => Number((job.metadata as JsonObject).resourceVersion);
const labelsOf = (job: JsonObject) => (job.metadata as JsonObject).labels as JsonObject;

/** Sends every caller's own label at once, over the same job. */
async function race(
  version: string | undefined,
): Promise<{ won: { label: string; job: JsonObject; text?: string }[]; told: StatusError[] }> {
  const { metadata, ...job } = live();
  const { resourceVersion: _version, ...rest } = metadata;
  const results = await Promise.allSettled(
    Array.from({ length: callers }, (_, i): Promise<UpdateResult> => {
      const labels = { app: 'test', [`caller-${i}`]: 'x' };
      return client.update(
        { ...job, metadata: { ...rest, labels, ...(version !== undefined && { resourceVersion: version }) } },
        newContext(60_000),
      );
    }),
  );
  const won = results.flatMap((result, i) => (result.status === 'fulfilled' ? [{ label: `caller-${i}`, ...result.value.answer }] : []));
  const told = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as StatusError] : []));
  return { won, told };
}

describe(`${callers} callers at once`, () => {
  it('without a resourceVersion each succeed or are told; no success is lost, and nothing else of the job changes', async () => {
    const before = live();
    const { won, told } = await race(undefined);
    expect(won.length + told.length).toBe(callers);
    expect(won.length).toBeGreaterThan(0);
    for (const error of told) {
      expect(error).toBeInstanceOf(StatusError);
      expect(error.status).toMatchObject({ code: 409, reason: 'Conflict' });
    }
    // Each success is a version of its own, without a gap, and holds its caller's labels: a replace replaces all of them.
    won.sort((a, b) => versionOf(a.job) - versionOf(b.job));
    expect(won.map(({ job }) => versionOf(job))).toEqual(won.map((_, i) => 72447177 + i));
    for (const { label, job } of won) expect(labelsOf(job)).toEqual({ app: 'test', [label]: 'x' });
    expect(simulator.text(...stored)).toBe(won.at(-1)?.text);
    expect(simulator.requests.filter(({ method, status }) => method === 'PUT' && status === 200)).toHaveLength(won.length);
    expect(live()).toEqual({
      ...before,
      metadata: { ...before.metadata, labels: labelsOf(live() as never), resourceVersion: String(72447176 + won.length) },
    });
  });

  it('with the same resourceVersion have exactly one winner, and the rest are told', async () => {
    const { won, told } = await race('72447176');
    expect(won).toHaveLength(1);
    expect(told.map(({ status }) => status?.code)).toEqual(Array(callers - 1).fill(409));
    expect(live().metadata).toMatchObject({ labels: { app: 'test', [won[0]?.label ?? '']: 'x' }, resourceVersion: '72447177' });
    expect(simulator.requests.filter(({ method, status }) => method === 'PUT' && status === 200)).toHaveLength(1);
  });

  it('that read, add their label and write until it is in leave every label in the final job', async () => {
    const add = async (label: string): Promise<void> => {
      for (;;) {
        const job = live() as unknown as JsonObject;
        const metadata = { ...(job.metadata as JsonObject), labels: { ...labelsOf(job), [label]: 'x' } };
        const done = await client.update({ ...job, metadata }, newContext(60_000)).then(
          () => true,
          (error: StatusError) => {
            expect(error.status?.code).toBe(409);
            return false;
          },
        );
        if (done) return;
      }
    };
    const labels = Array.from({ length: 20 }, (_, i) => `caller-${i}`);
    await Promise.all(labels.map(add));
    expect(Object.keys(labelsOf(live() as never)).sort()).toEqual(['app', ...labels].sort());
    expect(versionOf(live() as never)).toBe(72447176 + labels.length);
  });

  it('never have a signature refused, whatever their field manager is called', async () => {
    const names = ['kubectl', 'é 字 💥', "a+b&c=d%20e/f?g#h!'()*~", '%', ' '];
    const record = { 'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/last-applied-configuration': {} } } };
    for (const manager of names) {
      const managedFields = Array.from({ length: 10 }, (_, n) => ({ manager: `m${n}`, operation: 'Update', fieldsV1: {} }));
      const job = {
        ...live(),
        metadata: { ...live().metadata, managedFields: [...managedFields, { manager, operation: 'Update', fieldsV1: record }] },
      };
      simulator.put(job as never);
      const labels = { app: `m${names.indexOf(manager)}` };
      await client.update({ ...job, metadata: { ...job.metadata, labels, resourceVersion: '0' } } as never);
    }
    const managers = simulator.requests
      .filter(({ method }) => method === 'PUT')
      .map(({ path }) => new URL(path, 'http://x').searchParams.get('fieldManager'));
    expect(managers).toEqual(names);
    expect(simulator.requests.filter(({ status }) => status !== 200)).toEqual([]);
    expect(simulator.requests.filter(({ method }) => method === 'PUT')).toHaveLength(names.length);
  });
});
