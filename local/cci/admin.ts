/** The simulator's own endpoint, through which whoever runs it makes it misbehave. Nothing of it is CCI's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Faults, readChaos, readFault } from './faults.ts';
import { type Keys, readKey, readKeyName } from './keys.ts';

/** Where the endpoint is. */
export const adminPath = '/_simulator/';

/** What it changes. */
export interface Administered {
  faults: Faults;
  keys: Keys;
}

type Change = (to: Administered, body: () => unknown) => void;

const changes: Record<string, Change> = {
  'GET state': () => {},
  'POST faults': ({ faults }, body) => faults.inject(readFault(body())),
  'DELETE faults': ({ faults }) => faults.clear(),
  'PUT chaos': ({ faults }, body) => faults.chaos(readChaos(body())),
  'DELETE chaos': ({ faults }) => faults.chaos(undefined),
  'POST keys': ({ keys }, body) => keys.add(readKey(body())),
  'DELETE keys': ({ keys }, body) => keys.remove(readKeyName(body())),
};

// A web page may send requests to this machine too, under a name of its own or across origins.
const localHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/** Serves one request: 200 with the state after it, 400 with the mistake's name for a body that is none, 403 to a web page, 404. */
export function administer(request: IncomingMessage, response: ServerResponse, body: Buffer | undefined, to: Administered): void {
  const [status, answer] = answerTo(request, body, to);
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(answer, undefined, 2)}\n`);
}

function answerTo({ method, url = '', headers }: IncomingMessage, body: Buffer | undefined, to: Administered): [number, object] {
  if (headers.origin !== undefined || !localHost.test(headers.host ?? '')) return [403, { message: 'this is not for web pages' }];
  const change = changes[`${method} ${url.slice(adminPath.length)}`];
  if (!change) return [404, { message: `there is only: ${Object.keys(changes).join(', ')}` }];
  try {
    change(to, () => parse(body));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [400, { message: error.message }];
  }
  const { faults, keys } = to;
  return [200, { ...faults.state, misbehaved: faults.done, keys: keys.state, failedAuthentications: keys.failed }];
}

function parse(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    throw new TypeError('the body is not JSON');
  }
}
