import { isUtf8 } from 'node:buffer';
import { isObject, type Json, type JsonObject, own, parseExactJson } from '../json/json.ts';
import { internalError, type JobRef } from '../status.ts';
import type { Outcome } from './classify-response.ts';
import { excerpt } from './errors.ts';

/** A job as the upstream sent it: the object, numbers as written, and the text it came in. */
export interface Answer {
  status: number;
  job: JsonObject;
  text: string;
}
/** What a LIST is about: all jobs of a kind, or those in one namespace. */
export interface Collection {
  kind: JobRef['kind'];
  namespace: string | undefined;
}

/**
 * Reads an answer that goes through as text: it must be what was asked for, in any of the forms in which it can be asked for. A list may
 * hold no job of another namespace, and where one is selected by its name no other: by that name it was allowed.
 */
export function readText(of: JobRef | Collection, outcome: Outcome, selected?: string): string {
  const { text, object } = readObject(outcome, (json) => JSON.parse(json) as Json);
  const { kind } = of.kind;
  const isIt =
    'name' in of
      ? object.kind === 'Table' || ([kind, 'PartialObjectMetadata'].includes(String(object.kind)) && isStored(object, of))
      : ['Table', `${kind}List`, 'PartialObjectMetadataList'].includes(String(object.kind)) && holdsNoOther(object, of.namespace, selected);
  if (isIt) return text;
  throw internalError({ reason: 'the answer is not what was asked for' });
}

function holdsNoOther(list: JsonObject, namespace: string | undefined, name: string | undefined): boolean {
  const isAnother = (asked: string | undefined, is: Json | undefined) => asked !== undefined && is !== undefined && is !== asked;
  const isForeign = (object: Json | undefined): boolean => {
    const metadata = own(object, 'metadata');
    return isAnother(namespace, own(metadata, 'namespace')) || isAnother(name, own(metadata, 'name'));
  };
  const [items, rows] = [own(list, 'items'), own(list, 'rows')].map((some) => (Array.isArray(some) ? some : [])) as [Json[], Json[]];
  return !items.some(isForeign) && !rows.some((row) => isForeign(own(row, 'object')));
}

/** Reads a 200 or 201: it must be the very job that was asked for, with a resourceVersion to fence the write. */
export function readJob(ref: JobRef, outcome: Outcome): Answer {
  const { text, object } = readObject(outcome, parseExactJson);
  if (object.kind !== ref.kind.kind || !isStored(object, ref))
    throw internalError({ reason: 'the answer is not the job that was asked for' });
  return { status: outcome.status, job: object, text };
}

function isStored({ metadata }: JsonObject, { name, namespace }: JobRef): boolean {
  const version = own(metadata, 'resourceVersion');
  return own(metadata, 'name') === name && own(metadata, 'namespace') === namespace && typeof version === 'string' && version !== '';
}

function readObject({ body, secrets = [] }: Outcome, parse: (text: string) => Json): { text: string; object: JsonObject } {
  // What is no UTF-8 could not be written back as it came.
  if (!isUtf8(body)) throw internalError({ reason: 'the answer is not UTF-8' });
  const text = body.toString('utf8');
  let object: Json;
  try {
    object = parse(text);
  } catch {
    throw internalError({ reason: 'the answer is not JSON', body: excerpt(body, secrets) });
  }
  if (isObject(object)) return { text, object };
  throw internalError({ reason: 'the answer is not an object', body: excerpt(body, secrets) });
}
