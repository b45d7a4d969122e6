/** Kubernetes' forms of names, in its own words (apimachinery, pkg/api/validate/content and pkg/util/validation). */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const startAndEnd = 'and must start and end with an alphanumeric character';
const subdomainOnly = new RegExp(`^${subdomain}$`);

const isLonger = (text: string, limit: number): boolean => Buffer.byteLength(text) > limit;
const maxLength = (limit: number): string => `must be no more than ${limit} characters`;

/** What is against a name with dots: of a policy, a binding, a ConfigMap, a service account. */
export function subdomainMessages(name: string): string[] {
  const rule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${startAndEnd} (e.g. 'example.com', regex used for validation is '${subdomain}')`;
  return [...(isLonger(name, 253) ? [maxLength(253)] : []), ...(subdomainOnly.test(name) ? [] : [rule])];
}

/** What is against the name of a namespace. */
export function namespaceMessages(name: string): string[] {
  const rule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${startAndEnd} (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
  const problem = subdomainOnly.test(name) ? 'must not contain dots' : rule;
  return [...(isLonger(name, 63) ? [maxLength(63)] : []), ...(new RegExp(`^${label}$`).test(name) ? [] : [problem])];
}

/** What is against the name of a role or of a binding, which may hold much more. */
export function pathSegmentMessages(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((sign) => name.includes(sign)).map((sign) => `may not contain '${sign}'`);
}

/** What is against a key of a ConfigMap. */
export function configKeyMessages(key: string): string[] {
  const form = '[-._a-zA-Z0-9]+';
  const rule = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '${form}')`;
  const messages = isLonger(key, 253) ? [maxLength(253)] : [];
  if (!new RegExp(`^${form}$`).test(key)) messages.push(rule);
  if (key === '.' || key === '..') messages.push(`must not be '${key}'`);
  else if (key.startsWith('..')) messages.push("must not start with '..'");
  return messages;
}

const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' ');

/** Whether a name can be written in CEL as it is. */
export function isCelIdentifier(name: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.includes(name);
}
