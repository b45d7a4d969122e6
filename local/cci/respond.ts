/** Answers on the wire: good ones, faults, and errors in each dialect that answers under CCI's address can have. */
import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { group } from '../../lib/job/kinds.ts';
import type { Fault } from './faults.ts';
import { StatusError } from './status.ts';
import { sendWatch, type Watch } from './watch.ts';

/** Reason and message of the Statuses that an API server answers without saying more (apimachinery's generic ones). */
const statuses: Record<number, [reason: string, message: string]> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'Unauthorized'],
  403: ['Forbidden', 'the server does not allow access to the requested resource'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  406: ['NotAcceptable', 'the server was unable to respond with a content type that the client supports'],
  409: ['Conflict', 'the object has been modified; please apply your changes to the latest version and try again'],
  410: ['Gone', 'the resource is gone'],
  413: ['RequestEntityTooLarge', 'the request is too large'],
  415: ['UnsupportedMediaType', 'the body of the request was in an unknown format'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  500: ['InternalError', 'an error on the server has prevented the request from succeeding'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

/** Codes and messages of Huawei's API gateway (its user guide, "Error Codes"). */
const gatewayErrors: Record<number, [code: string, message: string]> = {
  400: ['APIG.0201', 'API request error.'],
  401: ['APIG.0301', 'Incorrect IAM authentication information: verify aksk signature fail'],
  403: ['APIG.0302', 'The IAM user is not authorized to access the API.'],
  404: ['APIG.0101', 'The API does not exist or has not been published in the environment.'],
  413: ['APIG.0201', 'Request entity too large.'],
  429: ['APIG.0308', 'The throttling threshold has been reached: policy user over ratelimit,limit:100,time:1 minute'],
  500: ['APIG.9999', 'Internal system error.'],
  502: ['APIG.0201', 'Backend unavailable.'],
  504: ['APIG.0201', 'Backend timeout.'],
};

/** An answer, ready to be sent. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** What goes on after it, where it is a watch. */
  watch?: Watch;
}

/**
 * Answers a request, or does what its fault says. `carryOut` has it authenticated and carried out, with `dryRun` in appearance only, and
 * returns the good answer. Returns the status that was sent, 0 for none.
 */
export function respond(
  fault: Fault | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  carryOut: (dryRun: boolean) => Answer,
): number {
  const { act, status, when = 'before' } = fault ?? {};
  if (!fault || (act === undefined && status === undefined)) return send(response, carryOut(false));
  if (act === 'cut-off') return cutOff(response, carryOut(when === 'before'));
  if (when === 'after') carryOut(false);
  if (act === 'hang') return 0;
  if (act !== 'drop') return send(response, spoiltAnswer(fault, request.url ?? '', requestId));
  request.socket.resetAndDestroy();
  return 0;
}

function send(response: ServerResponse, { status, headers, body, watch }: Answer): number {
  if (watch) sendWatch(response, status, headers, watch);
  else response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
  return status;
}

function cutOff(response: ServerResponse, { status, headers, body }: Answer): number {
  response.writeHead(status, { ...headers, 'Content-Length': body.length });
  // A reset could overtake what was written; so the connection ends once that has been sent.
  response.write(body.subarray(0, body.length >> 1), () => response.destroy());
  return status;
}

function spoiltAnswer(fault: Fault, url: string, requestId: string): Answer {
  const { act, retryAfter, status = act === 'redirect' ? 302 : 200 } = fault;
  const headers = {
    'Content-Type': act === 'html' ? 'text/html' : 'application/json',
    'X-Request-Id': requestId,
    ...(act === 'redirect' && { Location: '/redirected' }),
    ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
  };
  return { status, headers, body: spoiltBody(fault, status, url, requestId) };
}

function spoiltBody(fault: Fault, status: number, url: string, requestId: string): Buffer {
  if (fault.act === 'empty' || fault.act === 'redirect') return Buffer.alloc(0);
  if (fault.act === 'garbage') return Buffer.concat([Buffer.from([0xff, 0xfe, 0]), randomBytes(61)]);
  if (fault.act !== 'html') return Buffer.from(JSON.stringify(errorBody(status, fault, url, requestId)));
  const title = `${status} ${STATUS_CODES[status] ?? ''}`;
  return Buffer.from(`<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center></body>\r\n</html>\r\n`);
}

function errorBody(status: number, { dialect, retryAfter }: Fault, url: string, requestId: string): object {
  const title = STATUS_CODES[status] ?? 'Error';
  const [reason, text] = statuses[status] ?? ['', title];
  if (dialect === 'apig') {
    const [error_code, error_msg] = gatewayErrors[status] ?? ['APIG.9999', title];
    return { error_msg, error_code, request_id: requestId };
  }
  if (dialect === 'plain') return { error_msg: text, error_code: 'AS.0001' };
  if (dialect === 'iam') return { error: { code: status, message: text, title } };
  if (dialect === 'iam-code') return { error_msg: text, error_code: status === 401 ? 'IAM.0101' : `IAM.0${status}` };
  const [, kind, name] = /\/namespaces\/[^/]+\/([^/?]+)\/([^/?]+)/.exec(url) ?? [];
  const details = { ...(name && kind && { name, group, kind }), ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }) };
  const error = new StatusError(status, reason, text, details).toJSON() as { errorCode?: string };
  return { ...error, errorCode: error.errorCode ?? `CCI.01.${status}101` };
}
