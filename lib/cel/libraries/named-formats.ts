import { toByteString } from './go-text.ts';
import { requestUriProblem } from './web-address.ts';

/** A named format: Kubernetes' name of it, the size of its pattern by which a validation is charged, and what is wrong with a text. */
export interface NamedFormat {
  name: string;
  patternSize: number;
  problems: (text: string) => string[];
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const oldLabel = '[a-z]([-a-z0-9]*[a-z0-9])?';
const key = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const keyMessage = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const tooLong = (text: string, max: number, unit: string): string[] => (text.length > max ? [`must be no more than ${max} ${unit}`] : []);

/** What a text is told that does not match, with examples of what does. */
function mismatch(text: string, pattern: string, message: string, examples: string[]): string[] {
  if (whole(pattern).test(text)) return [];
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return [`${message} (e.g. ${shown}regex used for validation is '${pattern}')`];
}

function labelProblems(text: string): string[] {
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  const problems = mismatch(text, label, message, ['my-name', '123-abc']);
  const isSubdomain = problems.length > 0 && whole(subdomain).test(text);
  return [...tooLong(text, 63, 'characters'), ...(isSubdomain ? ['must not contain dots'] : problems)];
}

function subdomainProblems(text: string, unit = 'characters'): string[] {
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...tooLong(text, 253, unit), ...mismatch(text, subdomain, message, ['example.com'])];
}

function oldLabelProblems(text: string): string[] {
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...tooLong(text, 63, 'characters'), ...mismatch(text, oldLabel, message, ['my-name', 'abc-123'])];
}

function qualifiedNameProblems(text: string): string[] {
  const parts = text.split('/');
  const examples = ['MyName', 'my.name', '123-abc'];
  if (parts.length > 2) {
    const [problem] = mismatch('', key, `a valid label key ${keyMessage}`, examples);
    return [`${problem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const name = parts.at(-1) ?? '';
  const ofPrefix = prefix === '' ? ['must be non-empty'] : prefix === undefined ? [] : subdomainProblems(prefix, 'bytes');
  const ofName = [...(name ? tooLong(name, 63, 'bytes') : ['must be non-empty']), ...mismatch(name, key, keyMessage, examples)];
  return [...ofPrefix.map((problem) => `prefix part ${problem}`), ...ofName.map((problem) => `name part ${problem}`)];
}

function labelValueProblems(text: string): string[] {
  const message = `a valid label must be an empty string or consist of${keyMessage.slice('must consist of'.length)}`;
  return [...tooLong(text, 63, 'bytes'), ...mismatch(text, `(${key})?`, message, ['MyValue', 'my_value', '12345'])];
}

/** A name that is the beginning of one: a last dash stands for what follows, with the character before it. */
const withoutDash = (text: string): string => (text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text);

const pattern = (regExp: RegExp, problem: string) => (text: string) => (regExp.test(text) ? [] : [problem]);

function isDate(text: string): boolean {
  const [, year, month, day] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  if (year === undefined || !month || !day || month > 12) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31);
}

function isDateTime(text: string): boolean {
  const [date = '', time = ''] = text.toLowerCase().split('t');
  const [, hour = '', minute = '', second = ''] = /^(\d\d):(\d\d):(\d\d)([^\n]\d+)?(z|[+-]\d\d:\d\d)$/u.exec(time) ?? [];
  return isDate(date) && hour !== '' && hour <= '23' && minute <= '59' && second <= '59';
}

const row = (name: string, patternSize: number, problems: NamedFormat['problems']): NamedFormat => ({ name, patternSize, problems });
// Names are measured and cut in bytes.
const nameRow = (name: string, patternSize: number, problems: NamedFormat['problems']): NamedFormat =>
  row(name, patternSize, (text) => problems(toByteString(text)));
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;
const uuid = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i;

/** The formats of k8s.io/apiserver's CEL library, by the names that `format.named` takes. */
export const namedFormats: Record<string, NamedFormat> = {
  dns1123Label: nameRow('DNS1123Label', 30, labelProblems),
  dns1123Subdomain: nameRow('DNS1123Subdomain', 60, (text) => subdomainProblems(text)),
  dns1035Label: nameRow('DNS1035Label', 30, oldLabelProblems),
  qualifiedName: nameRow('QualifiedName', 60, qualifiedNameProblems),
  dns1123LabelPrefix: nameRow('DNS1123LabelPrefix', 30, (text) => labelProblems(withoutDash(text))),
  dns1123SubdomainPrefix: nameRow('DNS1123SubdomainPrefix', 60, (text) => subdomainProblems(withoutDash(text))),
  dns1035LabelPrefix: nameRow('DNS1035LabelPrefix', 30, (text) => oldLabelProblems(withoutDash(text))),
  labelValue: nameRow('LabelValue', 40, labelValueProblems),
  uri: row('URI', 1103, (text) => [requestUriProblem(text) ?? []].flat()),
  uuid: row('uuid', 70, pattern(uuid, 'does not match the UUID format')),
  byte: row('byte', 84, pattern(base64, 'invalid base64')),
  date: row('date', 71, (text) => (isDate(text) ? [] : ['invalid date'])),
  datetime: row('datetime', 71, (text) => (isDateTime(text) ? [] : ['invalid datetime'])),
};
