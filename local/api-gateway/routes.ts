import { parse } from 'yaml';

/** A function of serverless.yml as far as the local gateway needs it. */
export interface LambdaFunction {
  name: string;
  /** The folder under dist/ that holds its bundle. */
  bundle: string;
  timeoutSeconds: number;
  memoryMB: number;
}

/** One `http` event: a resource and a method (upper case, ANY for all). */
export interface Route {
  resource: string;
  method: string;
  function: LambdaFunction;
}

/** Where a request goes, with its path parameters. */
export interface Match {
  route: Route;
  pathParameters: Record<string, string> | null;
}

type HttpEvent = { http?: { path?: string; method?: string } };
interface FunctionText {
  handler?: string;
  timeout?: unknown;
  memorySize?: unknown;
  events?: HttpEvent[] | string;
}

const ofWatchFile = /^\$\{file\(deploy\/watch\/\$\{param:watch\}\.yml\):(\w+)(?:, null)?\}$/;

/**
 * Reads the `http` events of every function from the text of a serverless.yml, and from that of its deploy/watch/on.yml or off.yml. Other
 * events, and other `${…}` variables outside of handlers, paths and methods, are passed over. Throws an Error that names a function it
 * cannot serve.
 */
export function readRoutes(serverlessText: string, watchText = ''): Route[] {
  // CloudFormation's own tags (!Ref, !Sub) are unknown to the parser, which would warn of each.
  const { functions = {}, provider } = parse(serverlessText, { logLevel: 'error' }) as {
    functions?: Record<string, FunctionText | string>;
    provider?: { timeout?: unknown; memorySize?: unknown };
  };
  const ofWatch = (parse(watchText) ?? {}) as Record<string, unknown>;
  const resolved = (value: unknown): unknown => (typeof value === 'string' ? ofWatch[ofWatchFile.exec(value)?.[1] ?? ''] : value);
  const routes: Route[] = [];
  for (const [name, written] of Object.entries(functions)) {
    const { handler, timeout, memorySize, events } = (resolved(written) ?? {}) as FunctionText;
    for (const { http } of (resolved(events) ?? []) as HttpEvent[]) {
      if (http === undefined) continue;
      const bundle = /^dist\/([^/]+)\/index\.handler$/.exec(handler ?? '')?.[1];
      if (!bundle) throw new Error(`serverless.yml: function ${name}: the handler is not dist/<name>/index.handler`);
      if (typeof http.path !== 'string' || typeof http.method !== 'string') {
        throw new Error(`serverless.yml: function ${name}: an http event needs a path and a method`);
      }
      routes.push({
        resource: `/${http.path.replace(/^\/|\/$/g, '')}`,
        method: http.method.toUpperCase(),
        function: {
          name,
          bundle,
          timeoutSeconds: numberOf(timeout, provider?.timeout) ?? 25,
          memoryMB: numberOf(memorySize, provider?.memorySize) ?? 1024,
        },
      });
    }
  }
  return routes.sort(bySpecificity);
}

/**
 * Finds the route of a request as API Gateway does: the most specific resource that has the method, so a request with another
 * method goes on to a less specific resource (measured on AWS: github.com/ministackorg/ministack/pull/1423).
 * Takes the path's decoded segments; undefined where nothing fits.
 */
export function matchRoute(routes: readonly Route[], method: string, segments: readonly string[]): Match | undefined {
  for (const route of routes) {
    if (route.method !== method && route.method !== 'ANY') continue;
    const parameters = parametersOf(segmentsOf(route.resource), segments);
    if (parameters) return { route, pathParameters: Object.keys(parameters).length > 0 ? parameters : null };
  }
  return undefined;
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const name = /^\{([^}+]+)\+?\}$/.exec(part)?.[1];
    const segment = segments[index];
    if (name === undefined ? segment !== part : !segment) return undefined;
    if (isGreedy(part)) return { ...parameters, [name as string]: segments.slice(index).join('/') };
    if (name !== undefined) parameters[name] = segment as string;
  }
  return pattern.length === segments.length ? parameters : undefined;
}

/** Segment by segment: static before a parameter before a greedy one. Then a named method before ANY. */
function bySpecificity(a: Route, b: Route): number {
  const [left, right] = [segmentsOf(a.resource), segmentsOf(b.resource)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const rank = rankOf(left[index]) - rankOf(right[index]);
    if (rank !== 0) return rank;
  }
  return right.length - left.length || Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

function rankOf(segment = ''): number {
  if (!segment.startsWith('{')) return 0;
  return isGreedy(segment) ? 2 : 1;
}

function isGreedy(segment: string): boolean {
  return segment.endsWith('+}');
}

function segmentsOf(resource: string): string[] {
  return resource === '/' ? [] : resource.slice(1).split('/');
}

function numberOf(...values: unknown[]): number | undefined {
  return values.find((value) => typeof value === 'number');
}
