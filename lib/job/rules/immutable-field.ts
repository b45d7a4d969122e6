import { distance } from 'fastest-levenshtein';
import { escaped, isObject, type Json, numberText } from '../../json/json.ts';
import type { Difference } from '../compare.ts';
import { type JobKind, layouts, policyFields } from '../kinds.ts';

const mostShown = 64;
const longestPath = 512;
// What may hold a secret is named, but never shown: environment, command lines, headers, anything of a secret,
// and what stands under a name so long that it was cut, as nobody knows what that is.
const hidden = /(?:^|[.[])(?:env|envFrom|args|command|httpHeaders)(?:$|[.[])|secret|token|password|…/i;

/** A value in a few characters: a scalar as JSON, cut short, and of an object or array only that it is one. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'absent';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `an array of ${value.length}`;
  if (isObject(value)) return 'an object';
  const text = numberText(value) ?? printable(JSON.stringify(value));
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}

/**
 * What is said of a difference that may not be: both values, cut short, unless the path may hold a secret;
 * and what to do where a field stands in the wrong place, is misspelt, or is none that the live job has (docs/decision.md, way-out).
 */
export function describeDifference(kind: JobKind, { path, live, requested }: Difference): string {
  const help = requested === undefined ? undefined : helpFor(kind, path);
  if (help) return `may not be changed (${help})`;
  const values = hidden.test(path) ? '' : `: ${shown(live)} → ${shown(requested)}`;
  return `may not be changed${values}${live === undefined && !isElement.test(path) ? leaveOut : ''}`;
}

const isElement = /\[\d+\]$/;
// Whether it was never there, or the upstream did not keep it: a manifest that has it will be refused again and again.
const leaveOut = ' (the live job does not have it: leave it out of the manifest)';

/** A path as it is told: names are callers' own, and an answer must not grow with the depth of what they sent. */
export function shownPath(path: string): string {
  const shown = printable(path.slice(0, longestPath + 1));
  return shown.length > longestPath ? `${shown.slice(0, longestPath)}…` : shown;
}

// Controls, formats (which turn the direction of what follows), lone surrogates, and every space but the plain one.
const unprintable = /[\p{C}\p{Z}]/gu;

/** A text with JSON's escapes for what a terminal would act on or not show: whoever reads a refusal sees what it says. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => (character === ' ' ? character : escaped(character)));
}

/** Names the field that a path at root, metadata, spec or runPolicy level was probably meant to be. */
export function helpFor(kind: JobKind, path: string): string | undefined {
  const keys = path.split('.');
  const name = keys.at(-1) ?? '';
  if (keys.length > 3 || (keys.length === 3 && keys[1] !== 'runPolicy') || name.length > 40) return undefined;
  const fields: readonly string[] = inOtherLayout(kind, path) ? movedFields : policyFields;
  const places: { field: string; right: string }[] = [
    ...(['labels', 'annotations'] as const).map((field) => ({ field, right: `metadata.${field}` })),
    ...fields.map((field) => ({ field, right: [...kind.policyIn, field].join('.') })),
  ];
  const exact = places.find(({ field }) => field === name);
  if (exact) return exact.right === path ? undefined : `here this field is ${exact.right}${otherLayout(kind, path)}`;
  const near = places.find(({ field }) => distance(name.toLowerCase(), field.toLowerCase()) <= 2);
  return near && `unknown field; did you mean ${near.right}?`;
}

/** What the two layouts keep in two places: the three scalar fields, and one that may not change. */
const movedFields = [...policyFields, 'backoffLimit'];

/** Whether a path is where the other layout keeps a field. */
function inOtherLayout({ layout }: JobKind, path: string): boolean {
  const { policyIn } = layouts[layout === 'cci' ? 'kubeflow' : 'cci'];
  return movedFields.some((field) => [...policyIn, field].join('.') === path);
}

function otherLayout(kind: JobKind, path: string): string {
  const other = kind.layout === 'cci' ? 'kubeflow' : 'cci';
  return inOtherLayout(kind, path) ? `: the upstream has the ${kind.layout} layout, not ${other}` : '';
}
