import { createServer, request as httpRequest } from 'node:http';
import { close, listen, readBody } from '../../local/http.ts';

/** What stands before moto. */
export interface MotoFront {
  readonly url: string;
  /** The operations that were asked for, in order. */
  readonly asked: string[];
  /** How many of the next calls are throttled, as AWS says it; moto never throttles. */
  throttle: number;
  /** Whether moto checks signatures, so that no request may be changed. */
  enforced: boolean;
  close(): Promise<void>;
}

/**
 * Starts a proxy that makes moto 5.2.5 answer as AWS does where it does not: an error is JSON and not XML, and a secret's value without
 * a stage is that of AWSCURRENT, where moto forgets that the stage was moved. (With moto's signature check the latter is left alone.)
 */
export async function startMotoFront(target: string): Promise<MotoFront> {
  const server = createServer(async (request, response) => {
    const { method, url = '/', headers } = request;
    const operation = String(headers['x-amz-target']).replace(/^.*\./, '');
    const received = (await readBody(request, 1024 * 1024)) ?? Buffer.alloc(0);
    front.asked.push(operation);
    const fail = (type: string, message: string): void => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type: type, message }));
    };
    if (front.throttle > 0) {
      front.throttle -= 1;
      return fail('ThrottlingException', 'Rate exceeded');
    }
    const body = operation === 'GetSecretValue' && !front.enforced ? withStage(received) : received;
    const sent = { ...headers, 'content-length': String(body.length) };
    const onward = httpRequest(new URL(url, target), { method, headers: sent, agent: false }, async (answered) => {
      const text = Buffer.concat(await answered.toArray()).toString();
      const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
      // IAM's own word is AccessDenied; of a service with a JSON protocol it is AccessDeniedException.
      if (code) return fail(code === 'AccessDenied' ? 'AccessDeniedException' : code, 'moto refused it');
      const { 'content-type': contentType = '', 'x-amzn-requestid': id = '' } = answered.headers;
      response.writeHead(answered.statusCode ?? 0, { 'content-type': contentType, 'x-amzn-requestid': id }).end(text);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  const front: MotoFront = { url: await listen(server, 0), asked: [], throttle: 0, enforced: false, close: () => close(server) };
  return front;
}

function withStage(body: Buffer): Buffer {
  const asked = JSON.parse(body.toString()) as { VersionId?: string; VersionStage?: string };
  return asked.VersionId || asked.VersionStage ? body : Buffer.from(JSON.stringify({ ...asked, VersionStage: 'AWSCURRENT' }));
}
