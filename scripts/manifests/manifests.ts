import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from 'yaml';
import { FieldErrors, type Finding, type Path } from './mistakes.ts';
import { offsetOf, readNode } from './read-node.ts';
import { kinds, namespacedKinds } from './schema.ts';

/** What a manifest may hold in place of a type: every field may be absent, and text is any text. */
export type Raw<T> = T extends string
  ? string
  : T extends boolean
    ? boolean
    : T extends readonly (infer Item)[]
      ? readonly Raw<Item>[]
      : string extends keyof T
        ? { readonly [Key in keyof T]: Raw<T[Key]> }
        : { readonly [Key in keyof T]?: Raw<T[Key]> };

/** One object of the folder: what it says, still unchecked beyond its fields' types, and where its mistakes go. */
export interface Manifest {
  readonly file: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: what it holds has been read by the shape of its kind
  readonly value: any;
  readonly errors: FieldErrors;
  /** Whether a field is of another type than it should be; its other mistakes are then not looked for. */
  readonly isBroken: boolean;
  lineOf(path: Path): number;
}

/** What was read of files, and what cannot be. */
export interface Read {
  readonly manifests: Manifest[];
  readonly mistakes: Finding[];
  /** Whether something was not read that may be what others refer to. */
  isPartial: boolean;
}

/** Reads the manifests of a file's text. What of it cannot be read goes to the mistakes. */
export function readText(file: string, text: string, read: Read): void {
  const { documents, lineAt } = documentsOf(text);
  for (const document of documents) {
    const broken = [...document.errors, ...document.warnings];
    read.mistakes.push(...broken.map(({ pos, message }) => ({ file, line: lineAt(pos[0]), field: '', message })));
    if (broken.length > 0) read.isPartial = true;
    // One of nothing but comments is empty too.
    if (broken.length > 0 || document.contents === null || document.toJS() === null) continue;
    for (const root of itemsOf(document.contents)) {
      const lineOf = (path: Path) => lineAt(offsetOf(root, path, document));
      const manifest = manifestOf(root, document, file, lineOf, read.mistakes);
      if (manifest) read.manifests.push(manifest);
      // Of one that is broken the name or the labels may be what could not be read.
      if (!manifest || (manifest.isBroken && !manifest.value.metadata?.name)) read.isPartial = true;
    }
  }
}

/** The line of the first manifest in a text that should hold none; undefined where it holds none. */
export function lineOfManifest(text: string): number | undefined {
  const { documents, lineAt } = documentsOf(text);
  const found = documents.find(({ contents }) => isMap(contents) && contents.has('apiVersion') && contents.has('kind'));
  return found?.contents ? lineAt(found.contents.range[0]) : undefined;
}

function documentsOf(text: string) {
  const lineCounter = new LineCounter();
  // Kubernetes reads YAML 1.1, where a bare `yes` is no string; but times and dates are strings to it.
  const documents = parseAllDocuments(text, {
    lineCounter,
    version: '1.1',
    merge: false,
    prettyErrors: false,
    logLevel: 'silent',
    customTags: (tags) => tags.filter((tag) => typeof tag !== 'object' || !(tag.format === 'TIME' || /:timestamp$/.test(tag.tag))),
  });
  return { documents: Array.isArray(documents) ? documents : [], lineAt: (offset: number) => lineCounter.linePos(offset).line };
}

function itemsOf(root: Node): Node[] {
  const items = isMap(root) && textOf(root, 'kind') === 'List' && textOf(root, 'apiVersion') === 'v1' ? root.get('items', true) : undefined;
  return isSeq(items) ? (items.items as Node[]).flatMap(itemsOf) : [root];
}

function manifestOf(root: Node, document: Document, file: string, lineOf: Manifest['lineOf'], mistakes: Finding[]): Manifest | undefined {
  const errors = new FieldErrors({ file, lineOf }, mistakes);
  if (!isMap(root)) {
    errors.sentence([], 'is no object with apiVersion and kind');
    return undefined;
  }
  const [apiVersion, kind] = [textOf(root, 'apiVersion'), textOf(root, 'kind')];
  if (!apiVersion) errors.required(['apiVersion']);
  if (!kind) errors.required(['kind']);
  if (!apiVersion || !kind) return undefined;
  const shape = Object.hasOwn(kinds, `${apiVersion} ${kind}`) ? kinds[`${apiVersion} ${kind}`] : undefined;
  if (!shape) {
    tellUnknownKind(apiVersion, kind, errors);
    return undefined;
  }
  const before = mistakes.length;
  const value = readNode(root, shape, [], document, errors) as Manifest['value'];
  // An API server passes over the namespace of what is in none.
  if (!namespacedKinds.includes(kind)) delete value.metadata?.namespace;
  const isBroken = mistakes.slice(before).some(({ message }) => !message.startsWith('unknown field'));
  return { file, kind, value, errors, isBroken, lineOf };
}

function tellUnknownKind(apiVersion: string, kind: string, errors: FieldErrors): void {
  const known = Object.keys(kinds).find((name) => name.endsWith(` ${kind}`));
  if (/^MutatingAdmissionPolicy(?:Binding)?$/.test(kind))
    errors.add(['kind'], `${kind} is not supported: it would write what the caller did not ask for`);
  else if (known) errors.add(['apiVersion'], `${kind} is read in version ${known.split(' ')[0]} only, not in ${apiVersion}`);
  else {
    const names = Object.keys(kinds).map((name) => name.split(' ')[1]);
    errors.add(['kind'], `${apiVersion} ${kind} is none of the kinds that are read here: ${names.join(', ')}`);
  }
}

function textOf(map: YAMLMap, key: string): string | undefined {
  const node = map.get(key, true);
  return isScalar(node) && typeof node.value === 'string' && node.value !== '' ? node.value : undefined;
}
