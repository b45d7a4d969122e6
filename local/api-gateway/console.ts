/** The page for people on this machine: the function that deploy/console/on.yml deploys, at the same routes. */
import type { IncomingMessage } from 'node:http';
import type { Answer } from './result.ts';
import type { LambdaFunction, Route } from './routes.ts';

const lambda: LambdaFunction = { name: 'console', bundle: 'console', timeoutSeconds: 25, memoryMB: 512 };

/** Its routes, before all others. */
export const consoleRoutes: Route[] = ['/console', '/console/{file+}'].map((resource) => ({ resource, method: 'GET', function: lambda }));

/** Where a browser is led to that asks for nothing in particular. */
export const toConsole: Answer = {
  status: 302,
  headers: [
    ['Location', ['/console/']],
    ['Cache-Control', ['no-cache']],
  ],
  body: Buffer.alloc(0),
};

/** Whether somebody follows a link to the page, from wherever: it opens in a window of its own, and nothing is done by that. */
export function isLinkToPage({ method, url = '', headers }: IncomingMessage): boolean {
  const isWindow = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return isWindow && method === 'GET' && /^\/console\/?(?:\?|$)/.test(url);
}

/** Whether somebody typed the bare address into a browser. */
export function isBrowserAtRoot({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && url === '/' && (headers.accept ?? '').includes('text/html');
}
