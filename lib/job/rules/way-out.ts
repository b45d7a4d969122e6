import { distance } from 'fastest-levenshtein';
import { isObject, type Json, type JsonObject, own, setOwn } from '../../json/json.ts';
import type { JobRef } from '../../status.ts';
import { fieldsOf, type Layout } from '../fields.ts';
import { type JobKind, layouts } from '../kinds.ts';
import { printable } from '../shown.ts';

/** Bytes of the line: it is to be read before it is pasted. */
const maxLine = 1024;

/**
 * What of a request may be had, collected while it is judged: a merge patch of the replaceable fields, so that a refusal can tell the way
 * out (docs/decision.md, way-out). It is given up where it is more than a line holds.
 */
export class Permitted {
  readonly patch: JsonObject = {};
  private room = maxLine;

  /** Adds a change at a path; null for what goes. */
  add(path: readonly string[], value: Json): void {
    this.room -= (path.at(-1)?.length ?? 0) + (typeof value === 'string' ? value.length : 1);
    if (this.room < 0) return;
    let holder = this.patch;
    for (const key of path.slice(0, -1)) {
      const inner = own(holder, key);
      const next = isObject(inner) ? inner : {};
      setOwn(holder, key, next);
      holder = next;
    }
    setOwn(holder, path.at(-1) ?? '', value);
  }

  /**
   * The command that makes the patch, for a shell; undefined where nothing is permitted, or more than 1 KB. The patch has no single
   * quote, no control character and nothing that a terminal would not show: JSON can write each of them as an escape.
   */
  line({ kind, namespace, name }: JobRef): string | undefined {
    if (this.room < 0 || this.room === maxLine) return undefined;
    const json = printable(JSON.stringify(this.patch)).replaceAll("'", '\\u0027');
    const line = `kubectl patch ${kind.kind.toLowerCase()} ${name} -n ${namespace} --type merge -p '${json}'`;
    return Buffer.byteLength(line) <= maxLine ? line : undefined;
  }
}

/** A field that may not change, but which each layout keeps in another place, as the run policy's replaceable ones. */
const movedImmutable = 'backoffLimit';
const otherLayoutOf = { cci: 'kubeflow', kubeflow: 'cci' } as const;
/** By layout, where the other one keeps what this one has elsewhere. */
const elsewhere: Record<Layout, ReadonlySet<string>> = { cci: placesOf('kubeflow'), kubeflow: placesOf('cci') };

function placesOf(layout: Layout): Set<string> {
  const here = fieldsOf(otherLayoutOf[layout]).map(({ dotted }) => dotted);
  const moved = fieldsOf(layout).filter(({ dotted }) => !here.includes(dotted));
  return new Set([...moved.map(({ dotted }) => dotted), [...layouts[layout].policyIn, movedImmutable].join('.')]);
}

/** Names the field that a path at root, metadata, spec or runPolicy level was probably meant to be. */
export function helpFor({ layout, fields, policyIn }: JobKind, path: string): string | undefined {
  const keys = path.split('.');
  const name = keys.at(-1) ?? '';
  if (keys.length > 3 || (keys.length === 3 && keys[1] !== 'runPolicy') || name.length > 40) return undefined;
  const isElsewhere = elsewhere[layout].has(path);
  const moved = isElsewhere ? [{ name: movedImmutable, dotted: [...policyIn, movedImmutable].join('.') }] : [];
  const places: readonly { name: string; dotted: string }[] = [...fields, ...moved];
  const exact = places.find((place) => place.name === name);
  if (exact) {
    const because = isElsewhere ? `: the upstream has the ${layout} layout, not ${otherLayoutOf[layout]}` : '';
    return exact.dotted === path ? undefined : `here this field is ${exact.dotted}${because}`;
  }
  const near = places.find((place) => distance(name.toLowerCase(), place.name.toLowerCase()) <= 2);
  return near && `unknown field; did you mean ${near.dotted}?`;
}
