/** What importing costs before anything is in a module. */
export const nothing: undefined = undefined;
