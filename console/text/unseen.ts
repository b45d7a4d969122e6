/** Characters of a text that would not be seen, or would make others seem to stand elsewhere. */

// Controls but for the line break and the tab, what turns the direction, what has no width, and what no text may hold. Joiners stay.
const unseen =
  /(?![\n\t])\p{Cc}|[\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Cs}|[\u{e0000}-\u{e0fff}]/gu;

/** A text with JSON's escapes for what would not be seen. JSON and YAML's quoted texts mean the same with them. */
export function seen(text: string): string {
  return text.replace(unseen, escaped);
}

function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
