/** Kubernetes' syntax of label and annotation keys and of label values, in its own words (apimachinery, pkg/util/validation). */

const bytes = (text: string): number => Buffer.byteLength(text);

const labelName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${labelName}')`;
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
  `alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${labelName})?')`;

// Every rule is told, as Kubernetes does. None of the expressions backtracks more than once over a text: long ones are no trap.
const labelNameOnly = new RegExp(`^${labelName}$`);
const subdomainOnly = new RegExp(`^${subdomain}$`);
const labelValueOnly = new RegExp(`^(${labelName})?$`);
interface Rule {
  broken: (text: string) => boolean;
  says: string;
}
const nameRules: Rule[] = [
  { broken: (name) => name === '', says: 'name part must be non-empty' },
  { broken: (name) => bytes(name) > 63, says: 'name part must be no more than 63 bytes' },
  { broken: (name) => !labelNameOnly.test(name), says: `name part ${nameRule}` },
];
const prefixRules: Rule[] = [
  { broken: (prefix) => bytes(prefix) > 253, says: 'prefix part must be no more than 253 bytes' },
  { broken: (prefix) => prefix === '', says: 'prefix part must be non-empty' },
  { broken: (prefix) => prefix !== '' && !subdomainOnly.test(prefix), says: `prefix part ${subdomainRule}` },
];
const valueRules: Rule[] = [
  { broken: (value) => bytes(value) > 63, says: 'must be no more than 63 bytes' },
  { broken: (value) => !labelValueOnly.test(value), says: labelValueRule },
];
const messagesOf = (rules: readonly Rule[], text: string): string[] => rules.filter((rule) => rule.broken(text)).map((rule) => rule.says);

/** What Kubernetes says against a label or annotation key (IsQualifiedName); empty if nothing. */
export function keyMessages(key: string): string[] {
  const slash = key.indexOf('/');
  if (slash === -1) return messagesOf(nameRules, key);
  const name = key.slice(slash + 1);
  if (name.includes('/'))
    return [`a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  return [...messagesOf(prefixRules, key.slice(0, slash)), ...messagesOf(nameRules, name)];
}

/** What Kubernetes says against the value of a label (IsValidLabelValue); empty if nothing. */
export const labelValueMessages = (value: string): string[] => messagesOf(valueRules, value);
