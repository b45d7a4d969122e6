import { parseExactJson } from '../json/json.ts';
import type { Around, Middleware } from '../runtime/chain.ts';
import { notAcceptable, tooLargeToBeMade } from '../status.ts';
import { acceptedType } from './accept.ts';
import type {
  Authorized,
  HttpRequest,
  JobAnswer,
  ReadText,
  Representation,
  Represented,
  RoutedRead,
  Watched,
  WithOptions,
} from './request.ts';

const makingLimit = 4 * 1024 * 1024;

/** What reads can be answered as. Tables and metadata alone are made by the upstream, so that a Table has its own columns. A watch is of single jobs. */
function representations({ target, watch }: RoutedRead & Partial<Watched>): Record<string, Representation> {
  const isList = !('name' in target) && !watch;
  return {
    'application/json': 'json',
    ...(!watch && { 'application/yaml': 'yaml' }),
    'application/json;as=Table;v=v1;g=meta.k8s.io': 'table',
    [`application/json;as=PartialObjectMetadata${isList ? 'List' : ''};v=v1;g=meta.k8s.io`]: 'metadata',
  };
}

/** The Accept header with which the upstream is asked for a representation, by whoever may read; YAML is made here. */
export function upstreamAccept(request: Represented & RoutedRead & Authorized & Partial<Watched>): string {
  const { representation } = request;
  const types = Object.entries(representations(request));
  const type = types.find(([, name]) => name === representation && name !== 'yaml')?.[0] ?? 'application/json';
  return representation === 'table' ? `${type},application/json` : type;
}

/** Chooses how a read is answered, by the Accept header as the API server reads it; 406 if nothing of it is served. */
export function negotiateRead(): Middleware<HttpRequest & RoutedRead & Partial<Watched>, Represented> {
  return {
    before: (request) => {
      const served = representations(request);
      const best = acceptedType(request.headers, Object.keys(served));
      if (best === undefined) throw notAcceptable(Object.keys(served).filter((type) => !type.includes(';')));
      return { representation: served[best] ?? 'json' };
    },
  };
}

const forms = { 'application/json': 'json', 'application/yaml': 'yaml' } as const;
type Form = keyof typeof forms;
/** The forms in which a write is answered. */
export const writtenForms: readonly Form[] = ['application/json', 'application/yaml'];

/** Chooses how something that is no read is answered, among the forms in which it is served; 406 if the caller accepts none of them. */
export function negotiate(served: readonly Form[]): Middleware<HttpRequest, Represented> {
  return {
    before: ({ headers }) => {
      const best = acceptedType(headers, served) as Form | undefined;
      if (best === undefined) throw notAcceptable(served);
      return { representation: forms[best] };
    },
  };
}

/** Writes the job that a write answers as YAML where that was asked for. One that would be too much YAML stays JSON, for the write is done. */
export function representWritten(): Around<Represented, object, JobAnswer> {
  return { after: ({ representation }, result: JobAnswer) => (representation === 'yaml' ? asYaml(result) : result) };
}

async function asYaml(result: JobAnswer): Promise<JobAnswer> {
  const { dumpYaml } = await import('./yaml-writer.ts');
  const text = dumpYaml(result.answer.job);
  return text === undefined ? result : { ...result, answer: { ...result.answer, text, contentType: 'application/yaml' } };
}

/**
 * Turns the upstream's text into the answer in the chosen representation. What is made here (YAML, and by respond what is indented) is
 * made of at most 4 MiB, since it takes many times its memory: 413 above that, or where nesting would make too much YAML of less.
 */
export function represent(): Around<Represented & WithOptions, object, JobAnswer, ReadText> {
  return {
    after: async ({ representation, options }, { status, text, watching }) => {
      if (watching) return { outcome: 'watching', answer: { status, job: null, watching } };
      if ((options.pretty || representation === 'yaml') && text.length > makingLimit) throw tooLargeToBeMade();
      const answer: JobAnswer = { outcome: 'read', answer: { status, job: null, text } };
      if (representation === 'yaml') {
        // Few answers are YAML, so its writer is loaded by the first one.
        const { dumpYaml } = await import('./yaml-writer.ts');
        answer.answer.job = parseExactJson(text);
        const yaml = dumpYaml(answer.answer.job);
        if (yaml === undefined) throw tooLargeToBeMade();
        answer.answer.text = yaml;
        answer.answer.contentType = 'application/yaml';
      }
      return answer;
    },
  };
}
