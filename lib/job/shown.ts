import { escaped, isObject, type Json, numberText } from '../json/json.ts';
import type { StatusCause } from '../status.ts';
import type { MapName } from './fields.ts';

const maxShown = 64;
const maxPath = 512;
/** A prefix of 253 characters, a slash, and a name of 63. */
const maxKey = 317;

/** A value in a few characters: a scalar as JSON, cut short, and of an object or array only that it is one. */
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return 'absent';
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `an array of ${value.length}`;
  if (isObject(value)) return 'an object';
  const text = numberText(value) ?? printable(JSON.stringify(value));
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

/** A path as it is told: names are callers' own, and an answer must not grow with the depth of what they sent. */
export function shownPath(path: string): string {
  const shown = printable(path.slice(0, maxPath + 1));
  return shown.length > maxPath ? `${shown.slice(0, maxPath)}…` : shown;
}

// Controls, formats (which turn the direction of what follows), lone surrogates, and every space but the plain one.
const unprintable = /[\p{C}\p{Z}]/gu;

/** The path of one label or annotation as causes tell it: `metadata.labels[KEY]`, whatever the key; one that is longer than any may be is cut. */
export function memberPath(name: MapName, key: string): string {
  return `metadata.${name}[${printable(key.slice(0, maxKey))}${key.length > maxKey ? '…' : ''}]`;
}

/** A text with JSON's escapes for what a terminal would act on or not show: whoever reads a refusal sees what it says. */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => (character === ' ' ? character : escaped(character)));
}

/** A 422 cause that shows a wrong value, cut short, and says what is wrong with it. */
export function wrongValue(field: string, value: Json, says: string): StatusCause {
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : (numberText(value) ?? '0').slice(0, 64);
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${text}: ${says}`, field };
}
