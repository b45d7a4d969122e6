import type { Cci } from '../cci/client.ts';
import type { Middleware } from '../runtime/chain.ts';
import { isTrue, isWatch, selectedName } from './authorize.ts';
import { upstreamAccept } from './represent.ts';
import type { Authorized, HttpRequest, InContext, ReadText, Represented, RoutedRead, UpstreamQuery, Watched } from './request.ts';
import { watchStream } from './watch-stream.ts';

/** Seconds: what API Gateway lets a silent stream live is 300. Who watches begins anew. */
const maxSeconds = 270;
/** Seconds that are kept of a function's time for what comes after the watch. */
const reserve = 5;
/** Seconds after which a watch is ended here that the upstream should have ended. */
const grace = 2;

/** Recognizes a watch: how long it may be (as long as is asked for, 270 s, and the function's time allow), and what may stand in it. */
export function readWatch(): Middleware<HttpRequest & RoutedRead, Partial<Watched>> {
  return {
    before: ({ query, target }, lambda) => {
      if ('name' in target || !isWatch(query)) return undefined;
      const asked = Number(query.timeoutSeconds?.[0]) || maxSeconds;
      const left = Math.floor(lambda.getRemainingTimeInMillis() / 1000) - reserve;
      const seconds = Math.max(1, Math.min(asked, maxSeconds, left));
      const until = performance.now() + (left + grace) * 1000;
      const hasObjects = query.includeObject?.[0] !== 'None';
      return { watch: { seconds, until, bookmarks: isTrue(query.allowWatchBookmarks), name: selectedName(query), hasObjects } };
    },
  };
}

type Asked = InContext & RoutedRead & Authorized & Represented & UpstreamQuery & Partial<Watched>;

/** Reads a list, or begins to watch it. Throws what Cci throws; once a watch has begun, whatever goes wrong ends it. */
export async function listOrWatch(cci: Cci, request: Asked): Promise<ReadText> {
  const { target, upstreamQuery, context, watch, representation, kind } = request;
  const accept = upstreamAccept(request);
  if (!watch || 'name' in target) return cci.fetch(target, upstreamQuery, accept, context);
  const source = await cci.watch(target, upstreamQuery, accept, context);
  const of = { ...watch, kind, namespace: target.namespace, representation, secrets: source.secrets };
  const left = (watch.until - performance.now()) / 1000;
  return { status: 200, text: '', watching: watchStream(source, of, Math.min(watch.seconds + grace, left)) };
}
