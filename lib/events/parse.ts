import type { SQSRecord } from 'aws-lambda';
import * as v from 'valibot';
import type { Marker } from '../job/applied-events.ts';
import type { Layout } from '../job/fields.ts';
import { isJobName, isNamespace, type JobKind, jobKinds } from '../job/kinds.ts';
import { isObject, type Json, type JsonObject, numberText, own, parseExactJson } from '../json/json.ts';
import { badRequest, type JobRef, pathNotFound, tooLarge } from '../status.ts';
import { contentHash, shortHash } from './digest.ts';
import { Envelope, eventLimit, Patch, Replace } from './schema.ts';

/** An event that asks for an update, checked as far as it can be without the live job. */
export interface AskedUpdate {
  kind: JobKind;
  ref: JobRef;
  detail: v.InferOutput<typeof Patch> | v.InferOutput<typeof Replace>;
  marker: Marker;
}
/** Who an event says it is from and about, told even where it is refused. Nothing here decides anything. */
export interface Claims {
  id?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  sequence?: number;
  reason?: string;
  source?: string;
  account?: string;
}

// A message group may have no more; jobs whose names are longer than that share one, which costs speed and no order.
const maxGroup = 128;

/** The JSON of a message, or undefined for what is none. */
export function readMessage({ body }: Pick<SQSRecord, 'body'>): Json | undefined {
  try {
    return parseExactJson(body);
  } catch {
    return undefined;
  }
}

/** What an event claims, as far as it can be read; texts are cut at 256 characters. Never throws. */
export function claimsOf(message: Json | undefined): Claims {
  const detail = own(message, 'detail');
  const claims: Record<string, string | number> = {};
  const read = (holder: Json | undefined, names: string[]): void => {
    for (const name of names) {
      const value = own(holder, name);
      if (typeof value === 'string') claims[name] = value.slice(0, 256).toWellFormed();
    }
  };
  read(detail, ['id', 'kind', 'namespace', 'name', 'reason']);
  read(message, ['source', 'account']);
  const sequence = Number(numberText(own(detail, 'sequence')));
  return Number.isFinite(sequence) ? { ...claims, sequence } : claims;
}

/**
 * Reads an event (docs/events.md): its envelope, its detail, and which job it is about. Throws 413 above 1 MB, 400 with every mistake
 * named, 404 for a name that no job can have; what is no JSON is not quoted. In a FIFO queue the message group must be that of the
 * job, or the order would not be the job's.
 */
export function parseEvent(message: Json | undefined, layout: Layout, { body, attributes, eventSourceARN }: SQSRecord): AskedUpdate {
  if (Buffer.byteLength(body) > eventLimit) throw tooLarge('body-size', eventLimit);
  if (message === undefined) throw badRequest('syntax', 'the event is not JSON');
  const { detail: given } = check(Envelope, message, '');
  // Of a union valibot would only say that neither fits.
  if ('patch' in given === 'object' in given) throw badRequest('shape', 'the event is not valid: detail must have either patch or object');
  const detail = 'patch' in given ? check(Patch, given, 'detail.') : check(Replace, given, 'detail.');
  const kind = jobKinds[layout].find((known) => known.kind === detail.kind);
  if (!kind) throw badRequest('shape', `detail.kind must be one of ${jobKinds[layout].map((known) => known.kind).join(', ')}`);
  const { namespace, name } = detail;
  if (!isNamespace(namespace) || !isJobName(layout, name)) throw pathNotFound();
  const group = messageGroup(detail);
  if (isFifo(eventSourceARN) && attributes.MessageGroupId !== group) throw badRequest('identity', `the message group must be ${group}`);
  // What is only for the log may be worded anew when the event is repeated.
  const { version: _, id, reason: __, ...content } = detail;
  const marker = { id: shortHash(id), digest: contentHash(content as JsonObject), sequence: detail.sequence };
  return { kind, ref: { kind, namespace, name }, detail, marker };
}

/** The message group of a job's events in a FIFO queue. */
export function messageGroup({ kind, namespace, name }: Pick<Claims, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`.slice(0, maxGroup);
}

/** Whether a queue keeps the order of each group. */
export function isFifo(arn: string): boolean {
  return arn.endsWith('.fifo');
}

function check<S extends v.GenericSchema>(schema: S, value: Json, prefix: string): v.InferOutput<S> {
  if (!isObject(value)) throw badRequest('shape', 'the event is not valid: it must be a JSON object');
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return output;
  const mistakes = issues.map((issue) => {
    const unknown = issue.type === 'strict_object' ? 'is not known here' : issue.message;
    return `${prefix}${(v.getDotPath(issue) ?? '').slice(0, 128)} ${issue.input === undefined ? 'is missing' : unknown}`;
  });
  throw badRequest('shape', `the event is not valid: ${mistakes.slice(0, 20).join('; ')}`);
}
