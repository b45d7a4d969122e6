import { RE2JS } from 're2js';
import { admissionEnvironment, CompileError, canon, compile, EvaluationError, fromJson } from '../../../../lib/cel/index.ts';
import { type Attributes, Authorizer, ResourceCheck } from '../../../../lib/cel/libraries/authorizer.ts';
import type { JsonObject } from '../../../../lib/json/json.ts';

/** The authorizer of the recorded answers: it allows get, errs on fail, and says what it was asked. */
function authorize({ user, verb, path = '', resource }: Attributes) {
  const { group = '', resource: kind = '', subresource = '', namespace = '', name = '' } = resource ?? {};
  const reason = `${user.name} [${user.groups.join(' ')}] ${verb} path=${path} group=${group} resource=${kind} sub=${subresource} ns=${namespace} name=${name}`;
  return { allowed: verb === 'get', reason, ...(verb === 'fail' ? { error: 'broken' } : {}) };
}
const authorizer = new Authorizer({ name: 'alice', groups: ['g'] }, authorize);
const requestResource = new ResourceCheck(authorizer, { group: 'g', resource: 'r', subresource: 's', namespace: 'ns', name: 'n' });
const environment = admissionEnvironment({ engine: RE2JS });

/** What an expression gives, as the recorded answers write it: its value or `ERR` and the message, and its cost; or `CE` and why not. */
export function evaluate(expression: string, object: JsonObject = {}): string {
  try {
    const activation = { object: fromJson(object), authorizer, 'authorizer.requestResource': requestResource };
    const { value, cost } = compile(expression, environment).evaluate(activation);
    return `${canon(value)} @${cost}`;
  } catch (error) {
    if (error instanceof EvaluationError) return `ERR ${error.message} @${error.cost}`;
    if (error instanceof CompileError) return `CE ${error.message}`;
    throw error;
  }
}
