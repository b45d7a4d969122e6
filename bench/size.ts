import type { Metafile } from 'esbuild';

const awsClient = /node_modules\/(?:@aws-sdk|@smithy|@aws|@aws-crypto|tslib|bowser|uuid|fast-xml-parser)\//;

/** Bytes of a bundle: all files, those that its entry imports at once, and those without the AWS client. */
export function sizeOf({ outputs }: Metafile): { whole: number; loaded: number; withoutAws: number } {
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name) || !outputs[name]) return;
    loaded.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') load(path);
  };
  load(Object.keys(outputs).find((name) => name.endsWith('/index.mjs')) ?? '');
  const own = [...loaded].flatMap((name) => Object.entries(outputs[name]?.inputs ?? {}));
  const sum = (chosen: typeof own) => chosen.reduce((total, [, { bytesInOutput }]) => total + bytesInOutput, 0);
  return {
    whole: Object.values(outputs).reduce((total, { bytes }) => total + bytes, 0),
    loaded: sum(own),
    withoutAws: sum(own.filter(([path]) => !awsClient.test(path))),
  };
}
