import type { Rule } from '../rule.ts';
import type { StatusCause } from '../status.ts';

/** How many mistakes an answer lists; what is above that is counted. */
export const maxListed = 100;

/**
 * The causes of one refusal: the first 100 are listed, and the others are counted without being made, since nobody will read them.
 * A body of 3 MiB can have half a million mistakes.
 */
export class Causes {
  readonly listed: StatusCause[] = [];
  /** How many there are, listed or not. */
  total = 0;
  /** The rule of the first of them; undefined where there is none. */
  rule: Rule | undefined;

  /** Counts a cause; `make` is called only for one that is listed. */
  add(rule: Rule, make: () => StatusCause): void {
    this.rule ??= rule;
    this.total += 1;
    if (this.listed.length < maxListed) this.listed.push(make());
  }

  /** Counts causes of which others have listed the first. */
  addAll(rule: Rule, first: readonly StatusCause[], total = first.length): void {
    if (total > 0) this.rule ??= rule;
    this.total += total;
    this.listed.push(...first.slice(0, maxListed - this.listed.length));
  }

  /** The causes as an answer tells them: at the end how many more there are, as `what`. */
  told(reason: string, what: string): StatusCause[] {
    const more = this.total - this.listed.length;
    return more > 0 ? [...this.listed, { reason, message: `and ${more} more ${what}` }] : this.listed;
  }
}
