import { isUtf8 } from 'node:buffer';
import { excerpt, readUpstreamError, translate } from '../cci/errors.ts';
import { isObject, type Json, type JsonObject, own } from '../json/json.ts';
import { internalError, type JobRef, type StatusError } from '../status.ts';
import type { Representation } from './request.ts';

/** What a watch was asked for, by which its lines are judged. */
export interface WatchOf {
  kind: JobRef['kind'] & { version: string };
  namespace: string | undefined;
  /** The one job that the field selector names. */
  name: string | undefined;
  representation: Representation;
  bookmarks: boolean;
  /** Rows of a Table hold their objects, so that each can be looked at. */
  hasObjects: boolean;
  /** What no error may show. */
  secrets: readonly string[];
}

/** What becomes of a line: it is passed on, or left out, or an error ends the watch: the upstream's own, or since the line was refused. */
export type Verdict = 'event' | 'bookmark' | 'left out' | { why: 'error' | 'refused'; error: StatusError };

/** As every Kubernetes API server writes an event: so there is one object in it, and nothing beside. */
const eventStart = /^[ \t\r]*\{[ \t\r]*"type"[ \t\r]*:[ \t\r]*"([A-Z]+)"[ \t\r]*,[ \t\r]*"object"[ \t\r]*:/;
/** What may follow it: what JSON has for spaces, which is less than JavaScript has. */
const nothing = /^[ \t\r\n]*$/;
const metaVersion = 'meta.k8s.io/v1';

/** Judges one line of an upstream's watch, without its end: it must be an event of what was asked for, as a read must be that. */
export function checkLine(line: Buffer, of: WatchOf): Verdict {
  const refuse = (reason: string): Verdict => ({
    why: 'refused',
    error: internalError({ reason, line: excerpt(line, of.secrets) }),
  });
  const event = isUtf8(line) ? readEvent(line.toString('utf8')) : undefined;
  if (!event) return refuse('a line of the watch is no event');
  const { type, object } = event;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isAsked(object, of, isJob) ? 'event' : refuse('an event of the watch is not about what was asked for');
    case 'BOOKMARK':
      if (!of.bookmarks) return 'left out';
      return isAsked(object, of, isMark) ? 'bookmark' : refuse('a bookmark of the watch is not about what was asked for');
    case 'ERROR':
      return { why: 'error', error: errorOf(object, line, of.secrets) };
    default:
      return refuse('an event of the watch has a type that is not known');
  }
}

function readEvent(text: string): { type: string; object: JsonObject } | undefined {
  const [start, type] = eventStart.exec(text) ?? [];
  const end = text.lastIndexOf('}');
  if (start === undefined || type === undefined || !nothing.test(text.slice(end + 1))) return undefined;
  try {
    // By itself: what else the event held would be no part of one value.
    const object = JSON.parse(text.slice(start.length, end)) as Json;
    return isObject(object) ? { type, object } : undefined;
  } catch {
    return undefined;
  }
}

type Holds = (object: Json | undefined, of: WatchOf, kind: string, apiVersion: string) => boolean;

function isAsked(object: JsonObject, of: WatchOf, holds: Holds): boolean {
  const { representation, kind } = of;
  const groupVersion = `${kind.group}/${kind.version}`;
  if (representation === 'metadata') return holds(object, of, 'PartialObjectMetadata', metaVersion);
  if (representation !== 'table' || object.kind !== 'Table') return holds(object, of, kind.kind, groupVersion);
  const rows = own(object, 'rows');
  if (object.apiVersion !== metaVersion || !Array.isArray(rows)) return false;
  return rows.every((row) => {
    const held = own(row, 'object');
    if (!of.hasObjects && (held === null || held === undefined)) return true;
    return holds(held, of, 'PartialObjectMetadata', metaVersion) || holds(held, of, kind.kind, groupVersion);
  });
}

/** One job, or its metadata: in the namespace that was asked for, and by the name. */
function isJob(object: Json | undefined, of: WatchOf, kind: string, apiVersion: string): boolean {
  if (own(object, 'kind') !== kind || own(object, 'apiVersion') !== apiVersion) return false;
  const metadata = own(object, 'metadata');
  const [name, namespace] = [own(metadata, 'name'), own(metadata, 'namespace')];
  if (typeof name !== 'string' || typeof namespace !== 'string' || name === '') return false;
  return (of.namespace ?? namespace) === namespace && (of.name ?? name) === name;
}

/** A job that is none: it has a resourceVersion, and is nothing else. */
function isMark(object: Json | undefined, _of: WatchOf, kind: string, apiVersion: string): boolean {
  if (!isObject(object) || object.kind !== kind || object.apiVersion !== apiVersion) return false;
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  if (!isObject(metadata) || typeof metadata.resourceVersion !== 'string') return false;
  const { resourceVersion: _version, creationTimestamp: _time, annotations, ...named } = metadata;
  const noted = isObject(annotations) ? Object.keys(annotations) : [];
  return noted.every((key) => key.startsWith('k8s.io/')) && [...Object.values(rest), ...Object.values(named)].every(isEmpty);
}

function isEmpty(value: Json | undefined): boolean {
  return value === null || value === '' || (isObject(value) && Object.values(value).every(isEmpty));
}

/** The upstream's error, by the same table as any answer of its (docs/upstream.md). */
function errorOf(object: JsonObject, line: Buffer, secrets: readonly string[]): StatusError {
  const code = Number.isInteger(object.code) ? Number(object.code) : 500;
  return translate(code, readUpstreamError(Buffer.from(JSON.stringify(object)), secrets), line, secrets, 0);
}
