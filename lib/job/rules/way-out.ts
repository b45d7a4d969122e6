import { isObject, type Json, type JsonObject, own, setOwn } from '../../json/json.ts';
import type { JobRef } from '../../status.ts';
import { printable } from './immutable-field.ts';

/** Bytes of the line: it is to be read before it is pasted. */
const longestLine = 1024;

/**
 * What of a request may be had, collected while it is judged: a merge patch of the five fields, so that a refusal can tell the way out
 * (docs/decision.md, way-out). It is given up where it is more than a line holds.
 */
export class Permitted {
  readonly patch: JsonObject = {};
  private room = longestLine;

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
    if (this.room < 0 || this.room === longestLine) return undefined;
    const json = printable(JSON.stringify(this.patch)).replaceAll("'", '\\u0027');
    const line = `kubectl patch ${kind.kind.toLowerCase()} ${name} -n ${namespace} --type merge -p '${json}'`;
    return Buffer.byteLength(line) <= longestLine ? line : undefined;
  }
}
