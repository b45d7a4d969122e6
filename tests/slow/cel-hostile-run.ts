/** An expression of hostile size in a process of its own: evaluates it once, as cold as a function is, and says what that took. */
import { RE2JS } from 're2js';
import { admissionEnvironment, CompileError, compile, EvaluationError, fromJson, type Value } from '../../lib/cel/index.ts';

/** What came of it: a value (its type) or the message; milliseconds of CPU, so that other work of the machine does not count; and how many MB the process has grown at its largest. */
export interface Measured {
  said: string;
  milliseconds: number;
  grown: number;
}

const environment = admissionEnvironment({ engine: RE2JS });
const peak = () => process.resourceUsage().maxRSS / 1024;

function attempt(expression: string, object: Value): string {
  try {
    return typeof compile(expression, environment).evaluate({ object }).value;
  } catch (error) {
    if (error instanceof CompileError || error instanceof EvaluationError) return error.message;
    throw error;
  }
}

process.once('message', ([expression = '', object = 'null']: string[]) => {
  // What every function has loaded and run by then.
  attempt("object.a.all(x, x.startsWith('a') && x.matches('^a+$') || x.size() > 3)", fromJson({ a: ['b', 'aa'] }));
  // What a request holds has been read whether any expression looks at it or not.
  const given = fromJson(JSON.parse(object));
  const before = peak();
  const began = process.threadCpuUsage();
  const said = attempt(expression, given);
  const { user, system } = process.threadCpuUsage(began);
  const milliseconds = (user + system) / 1000;
  process.send?.({ said, milliseconds, grown: peak() - before } satisfies Measured, () => process.disconnect());
});
