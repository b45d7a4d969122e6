import { readFileSync } from 'node:fs';

/** A manifest that is refused: what is wrong with it, by line, in the words of kube-apiserver unless `kubernetes` says what that says. */
export interface BrokenManifest {
  title: string;
  manifest: string;
  mistakes: [line: number, message: string][];
  /** Where kube-apiserver's verdict or its words are others: which, and why this is meant. */
  kubernetes?: string;
}

/** The manifests of broken-policies.txt. */
export function brokenManifests(): BrokenManifest[] {
  const text = readFileSync(new URL('broken-policies.txt', import.meta.url), 'utf8');
  return text.split(/^=== /m).slice(1).map(read);
}

function read(text: string): BrokenManifest {
  const [title = '', ...lines] = text.trimEnd().split('\n');
  const end = lines.findIndex((line) => line.startsWith('>>> '));
  const broken: BrokenManifest = { title, manifest: `${lines.slice(0, end).join('\n')}\n`, mistakes: [] };
  for (const line of lines.slice(end).join('\n').replaceAll('\n... ', '\u0000').split('\n')) {
    const [, where = '', what = ''] = /^>>> (\w+): (.*)$/s.exec(line) ?? [];
    if (where === 'kubernetes') broken.kubernetes = what;
    else broken.mistakes.push([Number(where), what.replaceAll('\u0000', '\n')]);
  }
  return broken;
}
