import { isObject, type Json, own } from '../../lib/json/json.ts';
import { badRequest, type StatusError } from './status.ts';

/** Whether a set of labels is selected. */
export type LabelSelector = (labels: Json | undefined) => boolean;

const token = /\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)/y;
const special = /^(==|!=|[=!(),<>])$/;
const part = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const prefix = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Parses a labelSelector (`a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, joined by commas) by Kubernetes' grammar;
 * `<` and `>` are left out. An empty one selects everything. Throws a 400 Status.
 */
export function parseLabelSelector(selector: string): LabelSelector {
  const tokens = new Tokens(selector);
  const requirements: LabelSelector[] = [];
  if (tokens.peek() === '') return () => true;
  for (;;) {
    requirements.push(parseRequirement(tokens));
    const next = tokens.take();
    if (next === '') return (labels) => requirements.every((selects) => selects(labels));
    if (next !== ',') throw badRequest(`found '${next}', expected: ',' or 'end of string'`);
    if (tokens.peek() !== '!' && !isWord(tokens.peek())) throw badRequest(`found '${tokens.peek()}', expected: identifier after ','`);
  }
}

/** The tokens of a selector one by one; the empty string stands for its end. */
class Tokens {
  readonly #tokens: string[] = [];

  constructor(selector: string) {
    const text = selector.trimEnd();
    for (token.lastIndex = 0; token.lastIndex < text.length; ) this.#tokens.push((token.exec(text) as RegExpExecArray)[1] as string);
  }

  peek(): string {
    return this.#tokens[0] ?? '';
  }

  take(): string {
    return this.#tokens.shift() ?? '';
  }
}

function parseRequirement(tokens: Tokens): LabelSelector {
  const negated = tokens.peek() === '!';
  if (negated) tokens.take();
  const key = tokens.take();
  if (!isWord(key)) throw unparsable(`found '${key}', expected: ${negated ? '' : '!, '}identifier`);
  checkKey(key);
  const value = (labels: Json | undefined) => (isObject(labels) ? own(labels, key) : undefined);
  if (negated) return (labels) => value(labels) === undefined;
  if (tokens.peek() === '' || tokens.peek() === ',') return (labels) => value(labels) !== undefined;

  const operator = tokens.take();
  const isOneOf = (values: readonly string[]) => (labels: Json | undefined) => values.includes(value(labels) as string);
  const not = (selects: LabelSelector): LabelSelector => {
    return (labels) => !selects(labels);
  };
  if (operator === '=' || operator === '==') return isOneOf([parseValue(tokens)]);
  if (operator === '!=') return not(isOneOf([parseValue(tokens)]));
  if (operator === 'in') return isOneOf(parseValues(tokens));
  if (operator === 'notin') return not(isOneOf(parseValues(tokens)));
  throw unparsable(`found '${operator}', expected: in, notin, =, ==, !=`);
}

function parseValue(tokens: Tokens): string {
  if (tokens.peek() === '' || tokens.peek() === ',') return '';
  return checkValue(tokens.take());
}

function parseValues(tokens: Tokens): string[] {
  const open = tokens.take();
  if (open !== '(') throw unparsable(`found '${open}' expected: '('`);
  const values: string[] = [];
  for (;;) {
    // Kubernetes reads an empty value wherever a comma or a bracket leaves room for one.
    values.push(isWord(tokens.peek()) ? checkValue(tokens.take()) : '');
    const next = tokens.take();
    if (next === ')') return values;
    if (next !== ',') throw unparsable(`found '${next}', expected: ',' or ')'`);
  }
}

function checkKey(key: string): void {
  const [name = '', ...before] = key.split('/').reverse();
  if (part.test(name) && before.length < 2 && before.every((domain) => prefix.test(domain))) return;
  throw unparsable(`<nil>: Invalid value: ${JSON.stringify(key)}: a label key must be a name, or a DNS subdomain, '/' and a name`);
}

function checkValue(value: string): string {
  if (!isWord(value)) throw unparsable(`found '${value}', expected: identifier`);
  if (part.test(value)) return value;
  throw unparsable(`values[0][]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or a name`);
}

function isWord(text: string): boolean {
  return text !== '' && !special.test(text);
}

function unparsable(why: string): StatusError {
  return badRequest(`unable to parse requirement: ${why}`);
}
