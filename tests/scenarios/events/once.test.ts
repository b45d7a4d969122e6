import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  applied,
  calls,
  type Door,
  deliver,
  detailOf,
  edit,
  http,
  liveJob,
  messageOf,
  newHandler,
  now,
  objectOf,
  results,
  stored,
  ttl,
  useEvents,
} from './harness.ts';

useEvents({ http: true, shared: true });

const setTtl = (seconds: number, more = {}) => detailOf({ patch: { spec: { ttlSecondsAfterFinished: seconds } }, ...more });
const outcomes = () => results().map(({ outcome }) => outcome);
const versions = () => now.simulator.history(...stored).length;

describe.each<Door>(['bus', 'fifo'])('the same event twice by %s', (door) => {
  it('changes the job once, whatever is written in between, and the second is answered Succeeded with nothing changed', async () => {
    const detail = setTtl(1000);
    await deliver([messageOf(door, detail)]);
    await deliver([messageOf(door, setTtl(2000))]);
    const before = versions();
    expect(await deliver([messageOf(door, detail)], { handler: await newHandler() })).toEqual([]);
    expect(ttl()).toBe(2000);
    expect(versions()).toBe(before);
    expect(results().at(-1)).toMatchObject({ outcome: 'Succeeded', id: detail.id, changed: [] });
  });

  it('in one batch changes the job once', async () => {
    const detail = detailOf({ patch: { metadata: { annotations: { 'example.com/a': '1' } } } });
    expect(await deliver([detail, setTtl(5), detail].map((one) => messageOf(door, one)))).toEqual([]);
    expect(calls()).toEqual(['GET 200', 'PUT 200', 'GET 200', 'PUT 200', 'GET 200']);
    expect(results().map(({ changed }) => changed)).toEqual([['metadata.annotations'], ['spec.ttlSecondsAfterFinished'], []]);
  });

  it('is known although it changed nothing: it does not undo what somebody wrote after it', async () => {
    edit((job) => {
      job.spec.ttlSecondsAfterFinished = 5;
    });
    const detail = setTtl(5);
    await deliver([messageOf(door, detail)]);
    expect(results()).toMatchObject([{ outcome: 'Succeeded', changed: [] }]);
    await http('PATCH', { spec: { ttlSecondsAfterFinished: 9 } }, 'application/merge-patch+json');
    await deliver([messageOf(door, detail)]);
    expect(ttl()).toBe(9);
  });

  it('is known under another message id, envelope id and reason, and in another order of its members', async () => {
    const detail = setTtl(1000, { reason: 'first', sequence: 3 });
    await deliver([messageOf(door, detail)]);
    const before = versions();
    const turned = Object.fromEntries(Object.entries({ ...detail, reason: 'again' }).reverse());
    await deliver([messageOf(door, turned)]);
    expect(versions()).toBe(before);
    expect(results().at(-1)).toMatchObject({ outcome: 'Succeeded', changed: [] });
  });

  it.each<[string, object]>([
    ['another patch', { patch: { spec: { ttlSecondsAfterFinished: 7 } } }],
    ['another sequence', { sequence: 4 }],
    ['a precondition', { uid: '083cc6df-ade3-11e9-aaa4-340a9837e413' }],
  ])('is not taken for one with the same id and %s: that is refused once and for all, and says so', async (_title, more) => {
    const detail = setTtl(1000, { sequence: 3 });
    await deliver([messageOf(door, detail)]);
    const before = versions();
    expect(await deliver([messageOf(door, { ...detail, ...more })])).toEqual([]);
    expect(versions()).toBe(before);
    expect(results().at(-1)).toMatchObject({
      outcome: 'Refused',
      id: detail.id,
      status: {
        code: 409,
        reason: 'Conflict',
        message: expect.stringMatching(/the id of the event is that of another one, which asked something else/),
      },
    });
    // The event itself is known as before.
    await deliver([messageOf(door, detail)]);
    expect(results().at(-1)).toMatchObject({ outcome: 'Succeeded', changed: [] });
  });

  it('is known by its id alone where an earlier version of the gateway left the marker', async () => {
    const detail = setTtl(1000);
    await deliver([messageOf(door, detail)]);
    edit((job) => {
      const { digests: _, ...earlier } = JSON.parse(job.metadata.annotations['tfjob-gateway/applied-events']);
      job.metadata.annotations['tfjob-gateway/applied-events'] = JSON.stringify(earlier);
      job.spec.ttlSecondsAfterFinished = 5;
    });
    await deliver([messageOf(door, detail)]);
    expect(ttl()).toBe(5);
    await deliver([messageOf(door, setTtl(6))]);
    await deliver([messageOf(door, detail)]);
    expect(ttl()).toBe(6);
    expect(applied().digests).toEqual(['', expect.stringMatching(/^[\w-]{16}$/)]);
  });
});

describe('sequences', () => {
  it('let the highest win in any order, and those that come late are answered Superseded and write nothing', async () => {
    const events = [1, 2, 3, 4, 5].map((sequence) => setTtl(sequence * 100, { sequence }));
    const order = [2, 0, 4, 1, 3, 2];
    for (const index of order) await deliver([messageOf('bus', events[index])]);
    expect(ttl()).toBe(500);
    expect(applied()).toMatchObject({ sequence: 5 });
    // The event that comes twice is known by its id.
    expect(outcomes()).toEqual(['Succeeded', 'Superseded', 'Succeeded', 'Superseded', 'Superseded', 'Succeeded']);
    expect(calls().filter((call) => call === 'PUT 200')).toHaveLength(2);
  });

  it('may begin at 0 and leave numbers out, and one that is used again is Superseded', async () => {
    await deliver([messageOf('bus', setTtl(1, { sequence: 0 }))]);
    await deliver([messageOf('bus', setTtl(2, { sequence: 0 }))]);
    await deliver([messageOf('bus', setTtl(3, { sequence: Number.MAX_SAFE_INTEGER }))]);
    expect(outcomes()).toEqual(['Succeeded', 'Superseded', 'Succeeded']);
    expect(ttl()).toBe(3);
  });

  it('count where nothing changes, so that what comes late is not applied', async () => {
    edit((job) => {
      job.spec.ttlSecondsAfterFinished = 5;
    });
    await deliver([messageOf('bus', setTtl(5, { sequence: 2 }))]);
    await deliver([messageOf('bus', setTtl(1, { sequence: 1 }))]);
    expect(ttl()).toBe(5);
    expect(outcomes()).toEqual(['Succeeded', 'Superseded']);
  });

  it('do not touch events that carry none, and are kept by them', async () => {
    await deliver([messageOf('bus', setTtl(1, { sequence: 10 }))]);
    await deliver([messageOf('bus', setTtl(2))]);
    await deliver([messageOf('bus', setTtl(3, { sequence: 9 }))]);
    expect(outcomes()).toEqual(['Succeeded', 'Succeeded', 'Superseded']);
    expect(ttl()).toBe(2);
    expect(applied()).toMatchObject({ sequence: 10, ids: [expect.anything(), expect.anything()] });
  });

  it('that are used up are given back by the documented line, and what was applied stays known', async () => {
    const first = setTtl(1, { sequence: 1 });
    for (const detail of [first, setTtl(2, { sequence: Number.MAX_SAFE_INTEGER })]) await deliver([messageOf('bus', detail)]);
    await deliver([messageOf('bus', setTtl(3, { sequence: 2 }))]);
    expect([ttl(), outcomes().at(-1)]).toEqual([2, 'Superseded']);
    const [, pattern = '', replacement = ''] =
      /sed 's\/(.+?)\/(.*?)\/'/.exec(readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8')) ?? [];
    edit((job) => {
      const before = job.metadata.annotations['tfjob-gateway/applied-events'];
      job.metadata.annotations['tfjob-gateway/applied-events'] = before.replace(new RegExp(pattern), replacement);
    });
    expect(applied()).toEqual({ uid: expect.any(String), ids: [expect.anything(), expect.anything()], digests: expect.any(Array) });
    await deliver([messageOf('bus', first)]);
    expect([ttl(), results().at(-1)?.changed]).toEqual([2, []]);
    for (const seconds of [4, 5]) await deliver([messageOf('bus', setTtl(seconds, { sequence: 3 }))]);
    expect([ttl(), applied().sequence, outcomes().at(-1)]).toEqual([4, 3, 'Superseded']);
  });

  it('are not taken from an event that was refused, nor is its id', async () => {
    const detail = setTtl(-1, { sequence: 10 });
    await deliver([messageOf('bus', detail)]);
    expect(applied()).toBeNull();
    await deliver([messageOf('bus', setTtl(3, { sequence: 9 }))]);
    await deliver([messageOf('bus', { ...detail, patch: { spec: { ttlSecondsAfterFinished: 4 } } })]);
    expect(outcomes()).toEqual(['Refused', 'Succeeded', 'Succeeded']);
    expect(ttl()).toBe(4);
  });
});

describe('the marker', () => {
  it('holds the last 128 ids', async () => {
    const details = Array.from({ length: 129 }, (_, index) => setTtl(index + 1));
    await deliver(details.map((detail) => messageOf('fifo', detail)));
    expect(applied().ids).toHaveLength(128);
    const repeat = async (index: number) => {
      await deliver([messageOf('fifo', details[index])]);
      return ttl();
    };
    expect(await repeat(1)).toBe(129);
    // The oldest is forgotten by now: what the docs say of the window.
    expect(await repeat(0)).toBe(1);
  });

  it('is taken up again where a client of CCI removed or spoilt it', async () => {
    const detail = setTtl(1000);
    for (const spoilt of [
      undefined,
      'no JSON',
      '[]',
      '{"ids":7,"sequence":"high"}',
      '{"ids":[1,null,"x"],"sequence":1.5}',
      '"text"',
      '{}',
    ]) {
      edit((job) => {
        job.spec.ttlSecondsAfterFinished = 5;
        job.metadata.annotations = spoilt === undefined ? {} : { 'tfjob-gateway/applied-events': spoilt };
      });
      expect(await deliver([messageOf('bus', { ...detail, sequence: 3 })])).toEqual([]);
      expect(ttl()).toBe(1000);
      expect(applied()).toMatchObject({ sequence: 3 });
      expect(applied().ids).toContain(applied().ids.at(-1));
    }
  });

  it('cannot be removed, changed or forged on any other way in', async () => {
    await deliver([messageOf('bus', setTtl(1000, { sequence: 4 }))]);
    const marker = liveJob().metadata.annotations['tfjob-gateway/applied-events'];
    const forged = '{"sequence":9007199254740991,"ids":[]}';
    const name = 'tfjob-gateway/applied-events';
    const merge = 'application/merge-patch+json';
    const ways: [string, () => Promise<unknown>][] = [
      [
        'a PUT that leaves it out',
        () =>
          http(
            'PUT',
            objectOf((job) => delete job.metadata.annotations),
          ),
      ],
      [
        'a PUT that changes it',
        () =>
          http(
            'PUT',
            objectOf((job) => Object.assign(job.metadata.annotations, { [name]: forged })),
          ),
      ],
      ['a merge patch that removes it', () => http('PATCH', { metadata: { annotations: { [name]: null } } }, merge)],
      ['a merge patch that changes it', () => http('PATCH', { metadata: { annotations: { [name]: forged, a: 'b' } } }, merge)],
      ['a merge patch that removes all', () => http('PATCH', { metadata: { annotations: null } }, merge)],
      ['a merge patch that removes all metadata but names', () => http('PATCH', { metadata: { annotations: null, labels: null } }, merge)],
      ['a JSON patch', () => http('PATCH', [{ op: 'remove', path: '/metadata/annotations' }], 'application/json-patch+json')],
      [
        'another JSON patch',
        () =>
          http(
            'PATCH',
            [{ op: 'add', path: '/metadata/annotations/tfjob-gateway~1applied-events', value: forged }],
            'application/json-patch+json',
          ),
      ],
      ['an event with a patch', () => deliver([messageOf('bus', detailOf({ patch: { metadata: { annotations: null } }, sequence: 5 }))])],
      [
        'an event that forges it',
        () => deliver([messageOf('bus', detailOf({ patch: { metadata: { annotations: { [name]: forged } } }, sequence: 6 }))]),
      ],
      [
        'an event with an object',
        () => deliver([messageOf('bus', detailOf({ object: objectOf((job) => delete job.metadata.annotations), sequence: 7 }))]),
      ],
    ];
    let sequence = 4;
    for (const [way, go] of ways) {
      await go();
      if (way.includes('event')) sequence += 1;
      expect([way, applied()?.sequence]).toEqual([way, sequence]);
      expect([way, applied()?.ids[0]]).toEqual([way, JSON.parse(marker).ids[0]]);
    }
    expect(outcomes().every((outcome) => outcome === 'Succeeded')).toBe(true);
  });

  it('is no reason to refuse an HTTP caller who sends back what was read', async () => {
    await deliver([messageOf('bus', setTtl(1000))]);
    const job = await http('GET');
    job.spec.ttlSecondsAfterFinished = 7;
    expect(await http('PUT', job)).toMatchObject({ kind: 'TFJob', spec: { ttlSecondsAfterFinished: 7 } });
  });
});
