import { describe, expect, it } from 'vitest';
import { calls, type Loose, liveJob, put, requested, reset, useGateway } from '../gateway.ts';
import { jsonPatch, patch, trips } from '../patch/request.ts';

useGateway();

const own = 'tfjob-gateway/x';
const path = '/metadata/annotations/tfjob-gateway~1x';
const warning = (keys: string) => `299 - "annotations under tfjob-gateway/ are the gateway's own and stay as they are: ${keys}"`;
const annotated = (annotations: object | undefined) => (job: Loose) => Object.assign(job.metadata, { annotations });
const withOwn = () => reset(annotated({ [own]: 'live', note: '1' }));

describe('an annotation of the gateway stays as it is, and the answer says so in a Warning', () => {
  it.each<[string, () => ReturnType<typeof put>]>([
    ['PUT with another value', () => put(requested(annotated({ [own]: 'mine', note: '2' })))],
    ['PUT with another value in a dry run', () => put(requested(annotated({ [own]: 'mine', note: '1' })), { query: '?dryRun=All' })],
    ['a merge patch that sets it', () => patch({ metadata: { annotations: { [own]: 'mine' } } })],
    ['a merge patch that removes it', () => patch({ metadata: { annotations: { [own]: null } } })],
    ['a merge patch that removes all', () => patch({ metadata: { annotations: null } })],
    ['a JSON patch that sets it', () => patch([{ op: 'replace', path, value: 'mine' }], { type: jsonPatch })],
    ['a JSON patch that removes it', () => patch([{ op: 'remove', path }], { type: jsonPatch })],
  ])('for %s', async (_title, send) => {
    await withOwn();
    const answer = await send();
    expect([answer.status, answer.headers.get('warning')]).toEqual([200, warning(own)]);
    expect(answer.body.metadata.annotations[own]).toBe('live');
    expect(liveJob().metadata.annotations[own]).toBe('live');
  });

  it('which writes nothing where nothing else changes', async () => {
    await withOwn();
    expect((await patch({ metadata: { annotations: { [own]: 'mine', 'tfjob-gateway/y': '' } } })).headers.get('warning')).toBe(
      warning(`${own}, tfjob-gateway/y`),
    );
    expect(calls()).toEqual(['GET 200']);
  });

  it('in printable ASCII, quoted, of 256 bytes at the most', async () => {
    const odd = { 'tfjob-gateway/"a"\\\u0007é': '', [`tfjob-gateway/${'"'.repeat(500)}`]: '', [`tfjob-gateway/${'\\'.repeat(500)}`]: '' };
    for (const some of [odd, { [`tfjob-gateway/${'"'.repeat(500)}`]: '', [`tfjob-gateway/${'\\'.repeat(500)}`]: '' }]) {
      const value = (await patch({ metadata: { annotations: some } })).headers.get('warning') as string;
      expect(value).toMatch(/^299 - "(?:[^"\\]|\\["\\])*"$/);
      expect(value).toMatch(/^[\x20-\x7e]{1,256}$/);
    }
  });

  it.each<[string, () => ReturnType<typeof put>]>([
    ['PUT with it as it is', () => put(requested(({ spec }) => Object.assign(spec, { cleanPodPolicy: 'All' })))],
    ['PUT without it', () => put(requested(annotated({ note: '2' })))],
    ['PUT without annotations', () => put(requested(annotated(undefined)))],
    ['a merge patch of another', () => patch({ metadata: { annotations: { note: '2' } } })],
    ['a merge patch that sets it to what it is', () => patch({ metadata: { annotations: { [own]: 'live' } } })],
    ['a merge patch that removes one that is not there', () => patch({ metadata: { annotations: { 'tfjob-gateway/z': null } } })],
    ['a JSON patch of another', () => patch([{ op: 'remove', path: '/metadata/annotations/note' }], { type: jsonPatch })],
  ])('but not for %s', async (_title, send) => {
    await withOwn();
    const answer = await send();
    expect([answer.status, answer.headers.get('warning'), liveJob().metadata.annotations[own]]).toEqual([200, null, 'live']);
  });

  it('nor where the request is refused', async () => {
    await withOwn();
    const answer = await patch({ metadata: { annotations: { [own]: 'mine' } }, spec: { backoffLimit: 7 } });
    expect([answer.status, answer.headers.get('warning'), trips()]).toEqual([403, null, 'GET']);
  });
});
