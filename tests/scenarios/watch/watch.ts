import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobPath, type Loose, liveText, now } from '../gateway.ts';

export const jobsPath = jobPath.replace('/tfjob-test', '');
export const everywhere = '/apis/kubeflow.org/v1/tfjobs';
export const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const metadataOnly = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

/** A watch as a client sees it. */
export interface Watching {
  status: number;
  headers: IncomingMessage['headers'];
  /** What has come so far. */
  text(): string;
  events(): Loose[];
  /** Waits for so many events. */
  until(count: number): Promise<Loose[]>;
  /** Waits for the end: whether it was a clean one. */
  end(): Promise<'clean' | 'cut'>;
  leave(): void;
}

/** Begins a watch with this query; a path or an Accept header of its own where they are given. */
export async function watch(query = '', { path = jobsPath, headers = {} as Record<string, string> } = {}): Promise<Watching> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${now.gateway.url}${path}?watch=true${query && `&${query}`}`, { headers, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = new Promise<'clean' | 'cut'>((resolve) => {
    response.on('error', () => undefined).on('close', () => resolve(response.complete ? 'clean' : 'cut'));
  });
  const events = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: () => text,
    events,
    async until(count) {
      for (const deadline = Date.now() + 10_000; Date.now() < deadline && events().length < count; ) await sleep(5);
      return events();
    },
    end: () => ended,
    leave: () => void response.destroy(),
  };
}

/** Whoever watches to the end: its status, its events, and whether the end was clean. */
export async function watchToEnd(...asked: Parameters<typeof watch>): Promise<{ status: number; text: string; end: string }> {
  const watching = await watch(...asked);
  const end = await watching.end();
  return { status: watching.status, text: watching.text(), end };
}

/** The upstream answers watches with what `act` does once it has begun, and hands on everything else. */
export function upstreamWatch(act: (response: ServerResponse) => unknown, headers: Record<string, string> = {}): void {
  now.upstream.answer = ({ url }, response) => {
    if (!url.includes('watch=true')) return 'hand on';
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).flushHeaders();
    return act(response);
  };
}

/** The documented job as an event's object, edited. */
export function jobObject(edit: (job: Loose) => void = () => undefined): Loose {
  const job = JSON.parse(liveText());
  edit(job);
  return job;
}

export const lineOf = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
/** Where the upstream was asked, and with which query. */
export const askedUpstream = (): [path: string, query: Record<string, string>][] =>
  now.upstream.received.map(({ url }) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    return [pathname, Object.fromEntries(searchParams)];
  });
