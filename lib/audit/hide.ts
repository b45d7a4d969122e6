import { printable } from '../job/shown.ts';

/** Stands where something is not shown. */
export const hidden = 'not shown';

/** Shorter texts stand in others by chance. */
export const minSought = 4;
/** So much of the beginning of a secret is hidden although the rest does not follow: what is quoted is cut at some length. */
const minPart = 16;

/** Texts in order, and of each the longest other that it begins with (its place; -1 where there is none). */
interface Index {
  texts: readonly string[];
  shorter: readonly number[];
}

/**
 * Makes a text safe to show that may quote a job (a policy's message, a refusal of what a patch has copied): without these secrets in it, be
 * they as they are, with JSON's escapes, or cut. Those of less than `least` characters are let be. What it costs grows with the text, and hardly
 * with the number of secrets: a caller may send half a million.
 */
export function hiderOf(secrets: ReadonlySet<string>, least = minSought): (text: string) => string {
  let index: Index | undefined;
  return (text) => {
    index ??= indexOf([...secrets].filter((secret) => secret.length >= least));
    return index.texts.length === 0 ? text : withoutThose(text, index);
  };
}

function indexOf(secrets: readonly string[]): Index {
  const texts = [...new Set(secrets.flatMap(formsOf))].sort();
  const shorter: number[] = [];
  for (const [at, text] of texts.entries()) {
    let prefix = at - 1;
    while (prefix >= 0 && !text.startsWith(texts[prefix] as string)) prefix = shorter[prefix] as number;
    shorter.push(prefix);
  }
  return { texts, shorter };
}

/** As it is, and as messages quote it. */
function formsOf(secret: string): string[] {
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, quoted, printable(quoted)];
}

function withoutThose(text: string, index: Index): string {
  let [rest, from] = ['', 0];
  for (let at = 0; at < text.length; ) {
    const length = secretAt(text, at, index);
    if (length > 0) {
      rest += text.slice(from, at) + hidden;
      from = at + length;
    }
    at += Math.max(length, 1);
  }
  return rest + text.slice(from);
}

/** How many characters of a secret begin at this place of a text. */
function secretAt(text: string, at: number, { texts, shorter }: Index): number {
  const next = firstAfter(texts, text, at);
  const before = sharedLength(texts[next - 1], text, at);
  const part = Math.max(before, sharedLength(texts[next], text, at));
  if (part >= minPart) return part;
  // Whatever of them stands here whole, the last that does not sort after it begins with it.
  let whole = next - 1;
  while (whole >= 0 && (texts[whole] as string).length > before) whole = shorter[whole] as number;
  return whole < 0 ? 0 : (texts[whole] as string).length;
}

/** The place of the first text that sorts after what stands at this place. */
function firstAfter(texts: readonly string[], text: string, at: number): number {
  let [low, high] = [0, texts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const one = texts[middle] as string;
    const shared = sharedLength(one, text, at);
    const isAfter = shared < one.length && !(one.charCodeAt(shared) < text.charCodeAt(at + shared));
    if (isAfter) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sharedLength(one: string | undefined, text: string, at: number): number {
  if (one === undefined) return 0;
  const most = Math.min(one.length, text.length - at);
  let shared = 0;
  while (shared < most && one.charCodeAt(shared) === text.charCodeAt(at + shared)) shared++;
  return shared;
}
