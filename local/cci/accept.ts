import { StatusError } from './status.ts';

/** The forms of an answer beside the object itself, as meta.k8s.io/v1 names them. */
export const views = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'] as const;
export type View = (typeof views)[number];

const served = new Set(['application/json', 'application/*', '*/*', '*']);

interface Clause {
  type: string;
  quality: number;
  parameters: Map<string, string>;
}

/**
 * The form that an Accept header asks for, as Kubernetes negotiates: the first of its clauses that can be served, the better quality
 * first. Undefined is the object itself. Throws a 406 Status where there is none.
 */
export function negotiate(accept: string | undefined): View | undefined {
  if (!accept) return undefined;
  const clauses = accept.split(',').map(readClause);
  for (const { type, parameters } of clauses.sort((a, b) => b.quality - a.quality)) {
    if (!served.has(type)) continue;
    if (!['as', 'g', 'v'].some((name) => parameters.has(name))) return undefined;
    const view = views.find((name) => name === parameters.get('as'));
    if (view && parameters.get('g') === 'meta.k8s.io' && parameters.get('v') === 'v1') return view;
  }
  throw new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}

function readClause(clause: string): Clause {
  const [type = '', ...rest] = clause.split(';').map((text) => text.trim());
  const parameters = new Map(rest.map((text) => text.split('=', 2).map((side) => side.trim()) as [string, string]));
  return { type: type.toLowerCase(), quality: Number(parameters.get('q') ?? 1) || 0, parameters };
}

/** Whether an Accept-Encoding header names gzip, read as plainly as Kubernetes reads it: without weights. */
export function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((encoding) => encoding.trim() === 'gzip');
}
