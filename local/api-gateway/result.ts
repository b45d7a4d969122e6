import { type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';

/** An HTTP answer, ready to be written. */
export interface Answer {
  status: number;
  headers: [name: string, values: string[]][];
  body: Buffer;
}

// API Gateway writes these itself and hands the function's own values on under another name (its "important notes").
const remapped = new Set(['connection', 'content-length', 'date', 'server', 'transfer-encoding', 'www-authenticate', 'x-amzn-requestid']);
const maxResult = 6 * 1024 * 1024;

/**
 * Turns what a function returned into the answer that API Gateway REST makes of it. Returns undefined for a result that is
 * malformed or longer than Lambda can return, which API Gateway answers with 502. Throws a TypeError for what JSON or HTTP cannot carry.
 */
export function answerOf(returned: unknown): Answer | undefined {
  // Lambda hands over JSON, so what JSON drops or refuses must not pass here either.
  const text = JSON.stringify(returned);
  if (text === undefined || Buffer.byteLength(text) > maxResult) return undefined;
  const result: unknown = JSON.parse(text);
  if (!isMap(result)) return undefined;
  const { statusCode, headers, multiValueHeaders, body = '', isBase64Encoded = false } = result;
  if (!Number.isInteger(statusCode) || (statusCode as number) < 200 || (statusCode as number) > 599) return undefined;
  if (!isHeaders(headers ?? {}, isScalar) || !isHeaders(multiValueHeaders ?? {}, isScalarList)) return undefined;
  if (typeof (body ?? '') !== 'string' || typeof isBase64Encoded !== 'boolean') return undefined;
  return {
    status: statusCode as number,
    headers: mergeHeaders((headers ?? {}) as Record<string, unknown>, (multiValueHeaders ?? {}) as Record<string, unknown[]>),
    body: Buffer.from((body ?? '') as string, isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** An answer that API Gateway makes itself, with the headers that serverless.yml gives to all of these. */
export function gatewayAnswer(status: number, message: string): Answer {
  return { status, headers: jsonHeaders(), body: Buffer.from(JSON.stringify({ message })) };
}

/** The headers of JSON that no function has made. */
export function jsonHeaders(): Answer['headers'] {
  return [
    ['Content-Type', ['application/json']],
    ['Cache-Control', ['no-cache, private']],
    ['X-Content-Type-Options', ['nosniff']],
  ];
}

function mergeHeaders(single: Record<string, unknown>, multi: Record<string, unknown[]>): Answer['headers'] {
  const merged = new Map<string, [string, string[]]>();
  const add = (name: string, value: string) => {
    const shown = remapped.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name;
    validateHeaderName(shown);
    validateHeaderValue(shown, value);
    const found = merged.get(shown.toLowerCase());
    if (!found) merged.set(shown.toLowerCase(), [shown, [value]]);
    else if (!found[1].includes(value)) found[1].push(value);
  };
  for (const [name, values] of Object.entries(multi)) for (const value of values) add(name, String(value));
  for (const [name, value] of Object.entries(single)) add(name, String(value));
  if (!merged.has('content-type')) add('Content-Type', 'application/json');
  return [...merged.values()];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isHeaders(value: unknown, accepts: (value: unknown) => boolean): boolean {
  return isMap(value) && Object.values(value).every(accepts);
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isScalarList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isScalar);
}

/** Writes status and headers of an answer, but does not send them. */
export function writeHead(response: ServerResponse, { status, headers }: Answer): void {
  for (const [name, values] of headers) response.setHeader(name, values.length === 1 ? (values[0] as string) : values);
  response.statusCode = status;
}
