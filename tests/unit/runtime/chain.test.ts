import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { authorize, authorizeRead } from '../../../lib/http/authorize.ts';
import { decodeBody, jobTypes } from '../../../lib/http/body.ts';
import { requireCaller } from '../../../lib/http/caller.ts';
import { normalizeEvent } from '../../../lib/http/event.ts';
import { updateOfPut } from '../../../lib/http/job-update.ts';
import { logRequest } from '../../../lib/http/log.ts';
import { readOptions } from '../../../lib/http/options.ts';
import { parseJob, parseObject } from '../../../lib/http/parse.ts';
import { negotiateRead, upstreamAccept } from '../../../lib/http/represent.ts';
import type { Identified } from '../../../lib/http/request.ts';
import { respond } from '../../../lib/http/respond.ts';
import { routeToJob, routeToJobs } from '../../../lib/http/route.ts';
import { type Around, chain, type Middleware } from '../../../lib/runtime/chain.ts';

interface Start {
  seen: string[];
}
const begin = () => chain((seen: string[]) => ({ seen }));
const context = {} as Context;
/** A step that notes its name, and adds it. */
const step = <Name extends string>(name: Name, wait = false): Middleware<Start, Record<Name, true>> => ({
  before: ({ seen }) => {
    seen.push(name);
    const added = { [name]: true } as Record<Name, true>;
    return wait ? Promise.resolve(added) : added;
  },
});
/** A step around others that notes what it is told. */
const around = (name: string, ended?: { answer?: string; error?: unknown }): Around<Start, object, string> => ({
  before: ({ seen }) => void seen.push(`${name} before`) as undefined,
  after: ({ seen }, answer) => {
    seen.push(`${name} after ${answer}`);
    return `${name}(${answer})`;
  },
  onError: ({ seen }, error) => {
    seen.push(`${name} onError ${(error as Error).message}`);
    return ended;
  },
});

describe('a chain', () => {
  it('hands each step what those before it have added, and the handler all of it', async () => {
    const run = begin()
      .use(step('a'))
      .use(step('b', true))
      .handler(({ seen, a, b }) => [seen, a, b]);
    expect(await run([], context)).toEqual([['a', 'b'], true, true]);
  });

  it('makes the answer of each step of the one within it', async () => {
    const run = begin()
      .use(around('outer'))
      .use(around('inner'))
      .handler(() => 'job');
    const seen: string[] = [];
    expect(await run(seen, context)).toBe('outer(inner(job))');
    expect(seen).toEqual(['outer before', 'inner before', 'inner after job', 'outer after inner(job)']);
  });

  it('tells an error to each step from the inside, and ends with the answer that one of them has given', async () => {
    const run = begin()
      .use(around('outer'))
      .use(around('inner', { answer: 'Status', error: new Error('told') }))
      .handler(() => {
        throw new Error('refused');
      });
    const seen: string[] = [];
    expect(await run(seen, context)).toBe('Status');
    expect(seen.slice(2)).toEqual(['inner onError refused', 'outer onError told']);
  });

  it('rejects with an error that no step has answered, as the last of them words it', async () => {
    const run = begin()
      .use(around('outer', { error: new Error('our words') }))
      .handler(() => Promise.reject(new Error('refused')));
    await expect(run([], context)).rejects.toThrow('our words');
  });

  it('tells no error to a step that was not reached, since it lacks what it needs', async () => {
    const refuse: Middleware<Start> = {
      before: () => {
        throw new Error('refused');
      },
    };
    const run = begin()
      .use(around('outer', { answer: 'Status' }))
      .use(refuse)
      .use(around('inner'))
      .handler(() => 'job');
    const seen: string[] = [];
    expect(await run(seen, context)).toBe('Status');
    expect(seen).toEqual(['outer before', 'outer onError refused']);
  });
});

// What follows holds when it compiles: `npm run typecheck` fails where one of these mistakes is none.
describe('a chain with a mistake does not compile', () => {
  const answer = { outcome: 'read', answer: { status: 200, job: null } } as const;
  const needsCaller = (_: Identified) => answer;
  const upToCaller = () =>
    chain(normalizeEvent({ ssoUsername: 'role' }))
      .use(logRequest())
      .use(respond());

  it('where the step that requires a caller was deleted, and the handler wants one', () => {
    upToCaller().use(requireCaller()).handler(needsCaller);
    // @ts-expect-error: the caller may be undefined
    upToCaller().handler(needsCaller);
  });

  it('where a step stands before one whose additions it needs', () => {
    const routed = () =>
      upToCaller()
        .use(requireCaller())
        .use(routeToJob('cci', ['PUT']));
    routed()
      .use(readOptions('UpdateOptions'))
      .use(decodeBody(jobTypes))
      .use(parseObject())
      .use(parseJob())
      .handler(() => answer);
    // @ts-expect-error: no options
    routed().use(decodeBody(jobTypes)).use(parseObject()).use(parseJob());
    // @ts-expect-error: no text
    routed().use(readOptions('UpdateOptions')).use(parseObject()).use(parseJob());
    // @ts-expect-error: no job
    upToCaller().use(readOptions('UpdateOptions')).use(decodeBody(jobTypes)).use(parseObject()).use(parseJob());
    // @ts-expect-error: the log line comes first, since it holds the trace
    chain(normalizeEvent({ ssoUsername: 'role' })).use(respond());
  });

  it('where the step that asks the policies was deleted, or does not stand after the route', () => {
    const identified = () => upToCaller().use(requireCaller());
    const write = (request: Parameters<typeof updateOfPut>[0]) => ({ ...answer, made: updateOfPut(request, []) });
    const parsed = (routed: ReturnType<typeof routedBy>) =>
      routed.use(readOptions('UpdateOptions')).use(decodeBody(jobTypes)).use(parseObject()).use(parseJob());
    const routedBy = () => identified().use(routeToJob('cci', ['PUT']));
    routedBy()
      .use(authorize(undefined))
      .use(readOptions('UpdateOptions'))
      .use(decodeBody(jobTypes))
      .use(parseObject())
      .use(parseJob())
      .handler(write);
    // @ts-expect-error: nobody has asked whether he may
    parsed(routedBy()).handler(write);
    // @ts-expect-error: nobody knows yet what he wants
    identified().use(authorize(undefined));
    const read = (request: Parameters<typeof upstreamAccept>[0]) => ({ ...answer, made: upstreamAccept(request) });
    const readBy = () => identified().use(routeToJobs('cci', ['GET']));
    readBy().use(authorizeRead(undefined)).use(negotiateRead()).handler(read);
    // @ts-expect-error: nobody has asked whether he may
    readBy().use(negotiateRead()).handler(read);
  });

  it('where the handler answers what the steps around it do not take', () => {
    // @ts-expect-error: a text is no JobAnswer
    upToCaller().handler(() => 'text');
  });
});
