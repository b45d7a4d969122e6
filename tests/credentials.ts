/**
 * The credentials of the tests. `npm test` searches everything that is printed for them: for what `credential` made by the mark in it,
 * and for the `known` ones, whose form matters to a test, one by one.
 */
const mark = 'Kx7qZw3V';

/** A credential for tests, different for each name, marked at both ends. It is no long word, which a rule might hide by chance. */
export function credential(name: string): string {
  return `${mark}!${name}!${mark}`;
}

/** The name of a made credential. */
export function nameOf(made: string): string {
  return made.slice(mark.length + 1, -mark.length - 1);
}

/** Credentials of a certain form: with what URLs, JSON, HTML, base64 or regular expressions make something else of, or of words. */
export const known = {
  accessKey: 'AKIDEXAMPLE0',
  plusAndSlash: 'w+Jalr/XUtnFEMI=K7MDENG',
  sessionSigns: 'se/ss.ion!token&x=',
  everySign: 'a.b-c~d$&e+f/g=(h"i\\j)',
  word: 'hunter2',
  otherWord: 'hunter3',
  startedKey: 'LOCALACCESSKEY',
} as const;

/** What one process holds that does whatever may leak it. Short, with signs, so that no rule about what a key looks like hides them. */
export const planted = {
  key: { accessKey: 'LEAKACCESSKEY', secretKey: 'leak-sk.!1', securityToken: 'leak-st.!2' },
  awsKeys: { AWS_ACCESS_KEY_ID: 'LEAKAWSKEY', AWS_SECRET_ACCESS_KEY: 'leak-aws-sk.3', AWS_SESSION_TOKEN: 'leak-aws-st.4' },
};

/** What the search looks for. */
export const sought: readonly string[] = [mark, ...[known, planted.key, planted.awsKeys].flatMap((some) => Object.values(some))];

/** Whether what this process prints is searched. Only then it is worth printing more than a person reads. */
const isSearched = process.env.OUTPUT_IS_SEARCHED === 'true';

/** The environment in which handlers print a line and a record about each request if it is searched, and otherwise nothing. */
export const logging = { POWERTOOLS_LOG_LEVEL: isSearched ? 'INFO' : 'SILENT', POWERTOOLS_METRICS_DISABLED: String(!isSearched) };

/** Hands over what a test has caught instead of letting it be printed (by a spy, or from another process). */
export function alsoSearched(text: string): void {
  if (isSearched && text !== '') write(`${JSON.stringify({ printed: text })}\n`);
}
// A spy may stand in its place later.
const write = process.stdout.write.bind(process.stdout);
