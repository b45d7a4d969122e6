import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { credential } from '../../credentials.ts';
import { listenWhileTesting } from '../../fakes/server.ts';

/** One exchange as it arrived at IAM. */
export interface Exchanged {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}
/** What IAM does with one exchange instead of answering it properly. */
export type IamFault = (response: ServerResponse, exchanged: Exchanged, proper: () => void) => unknown;

/** The first, second … token that an IAM gives. */
export const tokenOf = (issued: number): string => credential(`token-${issued}`);

/** An IAM that exchanges one user's password for tokens. */
export interface Iam {
  readonly url: string;
  /** A secret for which a token is to be had. */
  readonly login: Record<'iamEndpoint' | 'domain' | 'user' | 'password' | 'project', string>;
  readonly arrived: Exchanged[];
  /** The faults of the next exchanges, in order. */
  readonly next: IamFault[];
  /** How long the next tokens live, in milliseconds. */
  lifetime: number;
  /** How many are open. */
  connections(): Promise<number>;
  stopListening(): void;
}

const wrong = { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } };

/** Starts an IAM that ends with the test. Its clock is years behind, as what counts is how long a token lives. */
export async function startIam(password = credential('correct horse "battery" ä\\')): Promise<Iam> {
  let issued = 0;
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const exchanged = { method, url, headers, body: await text(request) };
    iam.arrived.push(exchanged);
    const proper = () => {
      if (JSON.parse(exchanged.body).auth.identity.password.user.password !== password)
        return answer(401, wrong)(response, exchanged, proper);
      issued += 1;
      const from = Date.parse('2020-01-03T09:05:22.701Z');
      const token = { issued_at: stamp(from), expires_at: stamp(from + iam.lifetime), methods: ['password'], user: { name: 'IAMUser' } };
      answer(201, { token }, { 'x-subject-token': tokenOf(issued) })(response, exchanged, proper);
    };
    const fault = iam.next.shift();
    if (fault) fault(response, exchanged, proper);
    else proper();
  });
  const url = await listenWhileTesting(server);
  const iam: Iam = {
    url,
    login: { iamEndpoint: url, domain: 'IAMDomain', user: 'IAMUser', password, project: 'cn-north-4' },
    arrived: [],
    next: [],
    lifetime: 24 * 60 * 60_000,
    connections: () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    stopListening: () => void server.close(),
  };
  return iam;
}

const stamp = (time: number): string => new Date(time).toISOString().replace('Z', '000Z');

/** Answers with this and does nothing else. */
export const answer =
  (status: number, body: object | string = '', headers: Record<string, string> = {}): IamFault =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body));
/** Hangs up without an answer. */
export const drop: IamFault = (response) => response.destroy();
/** Never answers. */
export const hang: IamFault = () => undefined;
