/** The one name that a field selector asks for, or undefined: of several, which no job has, the first. */
export function nameIn(fieldSelector: string): string | undefined {
  const terms = fieldSelector.split(/(?<!\\),/);
  const names = terms.flatMap((term) => /^metadata\.name==?([a-z0-9.-]+)$/.exec(term)?.[1] ?? []);
  return names.sort()[0];
}
