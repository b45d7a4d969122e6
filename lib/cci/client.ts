import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type JsonObject, stringifyJson } from '../json/json.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { answerTooLarge, internalError, type JobRef, type StatusError, tooDeep } from '../status.ts';
import { type CciOptions, jobLimit } from './attempt.ts';
import { createBreaker } from './breaker.ts';
import { createCall } from './call.ts';
import { nameIn } from './field-selector.ts';
import { type Answer, type Collection, readJob, readText } from './read-answer.ts';

/** A write that was answered, or one of which nobody knows whether it happened (`error` is the verdict if it cannot be settled). */
export type Written = ({ known: true } & Answer) | { known: false; error: StatusError };

/** The upstream: reads and writes one job. All errors are thrown as StatusError, within the context's deadline. */
export interface Cci {
  /** The last call failed for want of CCI: whoever can read before writing does so now. */
  readonly isUnwell: boolean;
  read(ref: JobRef, context: RequestContext): Promise<Answer>;
  /** Replaces or patches a job. Only what is conditional on a resourceVersion is repeated where it may have been carried out. */
  write(ref: JobRef, change: Change, context: RequestContext): Promise<Written>;
  /** Reads a job or a list in a form of the upstream's own, as text; a list may have 24 MiB. */
  fetch(
    of: JobRef | Collection,
    query: Record<string, string>,
    accept: string,
    context: RequestContext,
  ): Promise<{ status: number; text: string }>;
  /** Begins a watch, in a form of the upstream's own. It has a connection of its own, which whoever takes the watch must end. */
  watch(of: Collection, query: Record<string, string>, accept: string, context: RequestContext): Promise<WatchSource>;
}
/** A watch that the upstream has begun: its bytes as they come, and what of them may not be shown. */
export interface WatchSource {
  stream: IncomingMessage;
  secrets: readonly string[];
}
/** A write: a whole job with its resourceVersion, or a merge patch that is conditional if it names one. */
export interface Change {
  method: 'PUT' | 'PATCH';
  object: JsonObject;
  conditional: boolean;
  /** In whose name the server is to note it; without one in the gateway's own, which it takes from the user agent. */
  manager?: string | undefined;
}

/** A list of this size is checked and packed in what a function of 512 MB has. */
const listLimit = 24 * 1024 * 1024;

/** A client of one CCI endpoint. */
export function createCci(options: CciOptions): Cci {
  const breaker = createBreaker();
  const call = createCall(options, breaker);
  return {
    get isUnwell() {
      return breaker.isUnwell;
    },
    async read(ref, context) {
      const outcome = await call({ method: 'GET', path: pathOf(ref), query: {}, repeatable: true }, context);
      if (outcome.verdict) throw outcome.verdict;
      return readJob(ref, outcome);
    },
    async fetch(of, query, accept, context) {
      const limit = 'name' in of ? jobLimit : listLimit;
      const outcome = await call({ method: 'GET', path: pathOf(of), query, repeatable: true, accept, limit, gzip: true }, context);
      if (outcome.verdict?.note.code === 'EMSGSIZE' && !('name' in of)) throw answerTooLarge();
      if (outcome.verdict) throw outcome.verdict;
      return { status: outcome.status, text: readText(of, outcome, nameIn(query.fieldSelector ?? '')) };
    },
    async watch(of, query, accept, context) {
      const outcome = await call({ method: 'GET', path: pathOf(of), query, repeatable: true, accept, stream: true }, context);
      if (outcome.verdict) throw outcome.verdict;
      const { stream, secrets = [] } = outcome;
      if (stream && isPlainJson(stream.headers)) return { stream, secrets };
      stream?.destroy();
      throw internalError({ reason: 'the answer is not the watch that was asked for' });
    },
    async write(ref, { method, object, conditional, manager }, context) {
      const query: Record<string, string> = manager === undefined ? {} : { fieldManager: manager };
      const body = stringifyJson(object);
      if (body === undefined) throw tooDeep();
      const outcome = await call({ method, path: pathOf(ref), query, body, repeatable: conditional }, context);
      if (outcome.verdict) {
        if (!outcome.outcomeUnknown) throw outcome.verdict;
        return { known: false, error: outcome.verdict };
      }
      try {
        return { known: true, ...readJob(ref, outcome) };
      } catch (error) {
        // The write was carried out, but its answer cannot be read.
        return { known: false, error: error as StatusError };
      }
    },
  };
}

function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' && /^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '');
}

/** The path of a job, or without a name of a collection, in one namespace or over all. */
function pathOf(of: JobRef | Collection): string {
  const { kind, namespace } = of;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${kind.group}/v1${within}/${kind.plural}${'name' in of ? `/${encodeURIComponent(of.name)}` : ''}`;
}
