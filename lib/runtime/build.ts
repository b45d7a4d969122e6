/** Written in by the build: the version of the package and, where it was built in a checkout of Git, the commit. */
declare const BUILD: { readonly version: string; readonly commit?: string } | undefined;

/** What this code was built from. */
export const builtFrom: { readonly version: string; readonly commit?: string } = typeof BUILD === 'object' ? BUILD : { version: 'unbuilt' };

/** The same as one text: `0.1.0+COMMIT`, and `-dirty` after the commit where files had been changed since. */
export const build: string = builtFrom.commit === undefined ? builtFrom.version : `${builtFrom.version}+${builtFrom.commit}`;
