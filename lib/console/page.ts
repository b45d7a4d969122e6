import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Negotiator from 'negotiator';
import { pathNotFound } from '../status.ts';
import type { PageConfig } from './config.ts';

/** What of an API Gateway event the page looks at. */
export interface PageEvent {
  headers?: Record<string, string | undefined> | null;
  pathParameters?: Record<string, string | undefined> | null;
  requestContext?: { path?: string | undefined };
}
/** An answer, as API Gateway takes it. */
export interface PageResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}
/** A built page: index.html, and each other file in its compressed forms. */
export interface PageFiles {
  index: string;
  packed: ReadonlyMap<string, { br: Buffer; gz: Buffer }>;
}

const types: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };
/** Where the page stands: below a stage or a base path, or not. It is written into the page. */
const place = /^(?:\/[A-Za-z0-9._~-]+)*\/console\/?$/;
const common = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Reads the page that scripts/console.ts built. Nothing but what is in the folder now is ever served. */
export async function readPage(folder: URL): Promise<PageFiles> {
  const packed = new Map<string, { br: Buffer; gz: Buffer }>();
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.br')) continue;
    const name = basename(file, '.br');
    const [br, gz] = await Promise.all(['br', 'gz'].map((ending) => readFile(new URL(`${name}.${ending}`, folder))));
    if (br && gz) packed.set(name, { br, gz });
  }
  return { index: await readFile(new URL('index.html', folder), 'utf8'), packed };
}

/**
 * Makes the handler of the page's two open routes. It answers the page, its files by a fixed list, and 404 for all else; of a request it
 * looks at the path and at Accept-Encoding alone, and never at who sent it.
 */
export function pageHandler({ index, packed }: PageFiles, { settings, origins }: PageConfig): (event: PageEvent) => Promise<PageResult> {
  const template = index.replace('{{settings}}', () => escaped(JSON.stringify(settings)));
  const headers = {
    ...common,
    'Content-Security-Policy': policyFor(origins),
    'Cache-Control': 'no-cache',
    'Content-Type': 'text/html; charset=utf-8',
  };
  return async (event) => {
    const file = event.pathParameters?.file;
    if (file === undefined) {
      const path = event.requestContext?.path ?? '';
      if (!place.test(path)) return notFound();
      const body = template.replaceAll('{{base}}', `${path.replace(/\/$/, '')}/`);
      return { statusCode: 200, headers, body, isBase64Encoded: false };
    }
    const forms = packed.get(file);
    return forms ? fileAnswer(file, forms, event) : notFound();
  };
}

function policyFor(origins: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    ["connect-src 'self'", ...new Set(origins)].join(' '),
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function fileAnswer(name: string, { br, gz }: { br: Buffer; gz: Buffer }, { headers }: PageEvent): PageResult {
  const accepted = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === 'accept-encoding')?.[1] ?? '';
  const taken = new Negotiator({ headers: { 'accept-encoding': accepted } }).encodings(['br', 'gzip']);
  const encoding = taken.includes('br') ? 'br' : taken.includes('gzip') ? 'gzip' : 'identity';
  const bytes = encoding === 'br' ? br : encoding === 'gzip' ? gz : gunzipSync(gz);
  return {
    statusCode: 200,
    headers: {
      ...common,
      // The name changes with what is in it.
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Content-Type': types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      Vary: 'Accept-Encoding',
      ...(encoding !== 'identity' && { 'Content-Encoding': encoding }),
    },
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
}

function notFound(): PageResult {
  const { status } = pathNotFound();
  const headers = { ...common, 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' };
  return { statusCode: status.code, headers, body: `${JSON.stringify(status)}\n`, isBase64Encoded: false };
}

/** A text as it may stand in an attribute of HTML, and in a template: braces too. */
function escaped(text: string): string {
  return text.replace(/[&<>"'{}]/g, (character) => `&#${character.charCodeAt(0)};`);
}
