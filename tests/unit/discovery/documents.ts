/** What an OpenAPI document holds, loosely typed so that a test can walk through it. */
// biome-ignore lint/suspicious/noExplicitAny: whatever JSON can hold.
export type Loose = any;

/** Every object of a document, with the path of keys that leads to it. */
export function* objectsOf(value: Loose, path: string[] = []): Generator<[path: string[], object: Loose]> {
  if (typeof value !== 'object' || value === null) return;
  yield [path, value];
  for (const [key, member] of Object.entries(value)) yield* objectsOf(member, [...path, key]);
}

/** The references of a document that lead nowhere. */
export function danglingReferences(document: Loose): string[] {
  const references = [...objectsOf(document)].flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []));
  return references.filter((reference) => {
    const keys = reference.replace(/^#\//, '').split('/');
    return keys.reduce((found: Loose, key) => found?.[key], document) === undefined;
  });
}
