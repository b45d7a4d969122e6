import { Environment } from '@marcbachmann/cel-js';
import { type Engine, withBigints } from './expression.ts';

const environment = new Environment();
for (const name of ['object', 'params', 'request']) environment.registerVariable(name, 'dyn');

/** @marcbachmann/cel-js, with the check of types that it has. */
export const engine: Engine<Record<string, unknown>> = {
  given: (document) => withBigints(document) as Record<string, unknown>,
  compile(text) {
    const program = environment.parse(text);
    const { valid, error } = program.check();
    if (!valid) throw error;
    return (given) => program(given);
  },
};
