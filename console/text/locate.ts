/** Where in the text a path is about which the gateway speaks. */
import { isMap } from 'yaml';
import { childPath } from '../../lib/job/compare.ts';
import { printable } from '../../lib/job/shown.ts';
import { type Entry, elementRange, elementsOf, entryRange, keyOf, lineEnd, type Parsed, type Range, resolved } from './document.ts';

/** A place in the text; not `exact` where the path itself is not there, but something above it. */
export interface Place extends Range {
  exact: boolean;
}

/**
 * Where a path of `causes[].field` is in the text. The document itself says how the path is to be split, so keys with dots, slashes and
 * brackets need no quoting. What is not there (it was taken out) is shown at the nearest thing above it. Replica types may be written in
 * another case.
 */
export function locate(parsed: Parsed, path: string): Place {
  const found = new Search(parsed, path, false).place();
  return found.exact ? found : better(found, new Search(parsed, path, true).place());
}

function better(a: Place, b: Place): Place {
  return b.exact || b.from > a.from ? b : a;
}

/** A walk down a document along one path. */
class Search {
  private readonly parsed: Parsed;
  private readonly path: string;
  private readonly folded: string;
  private readonly isCut: boolean;
  private readonly fold: boolean;
  private best: Range;
  private depth = -1;
  private exact = false;

  constructor(parsed: Parsed, path: string, fold: boolean) {
    this.parsed = parsed;
    this.isCut = path.endsWith('…');
    this.path = this.isCut ? path.slice(0, -1) : path;
    this.fold = fold;
    this.folded = this.folding(this.path);
    this.best = { from: 0, to: lineEnd(parsed.text, 0) };
  }

  place(): Place {
    this.visit(this.parsed.doc.contents, '', this.best);
    return { ...this.best, exact: this.exact };
  }

  private visit(node: unknown, done: string, here: Range): boolean {
    this.exact = done.length === this.path.length || (this.isCut && done.length > this.path.length);
    if (done.length > this.depth || this.exact) [this.best, this.depth] = [here, done.length];
    if (this.exact) return true;
    const target = resolved(this.parsed, node);
    if (isMap(target)) return (target.items as Entry[]).some((pair) => this.enter(pair, done, here));
    return (elementsOf(target) ?? []).some((item, index) => {
      const next = this.leads([`${done}[${index}]`]);
      return next !== undefined && this.visit(item, next, elementRange(this.parsed, item) ?? here);
    });
  }

  private enter(pair: Entry, done: string, here: Range): boolean {
    const key = keyOf(pair);
    if (key === '<<') return this.visit(pair.value, done, entryRange(this.parsed, pair));
    const next = this.leads(namesOf(done, key));
    if (next === undefined) return false;
    return this.visit(pair.value, next, entryRange(this.parsed, pair) ?? here);
  }

  /** The way of writing a step with which the path goes on, as the path has it. */
  private leads(names: readonly string[]): string | undefined {
    const on = names.find((name) => {
      const way = this.folding(name);
      if (this.isCut && way.length > this.folded.length) return way.startsWith(this.folded);
      return this.folded === way || this.folded.startsWith(`${way}.`) || this.folded.startsWith(`${way}[`);
    });
    return on !== undefined && on.length <= this.path.length ? this.path.slice(0, on.length) : on;
  }

  private folding(text: string): string {
    return this.fold ? text.toLowerCase() : text;
  }
}

/** How the gateway may write the path of a member: a label always in brackets, anything else only where it must be; a long key is cut. */
function namesOf(done: string, key: string): string[] {
  const cut = key.length > 317 ? `${key.slice(0, 317)}…` : key;
  return [printable(childPath(done, key)), printable(`${done}[${cut}]`)];
}
