import { admissionEnvironment, compile, fromJson } from '../../lib/cel/index.ts';
import type { documents, Engine } from './expression.ts';

const environment = admissionEnvironment();

/** lib/cel, with its type checker, its costs and its limits; without RE2, which is loaded where a policy has a pattern. */
export const engine: Engine<typeof documents> = {
  given: (document) => document,
  compile(text) {
    const program = compile(text, environment);
    return ({ object, params, request }) =>
      program.evaluate({ object: fromJson(object), params: fromJson(params), request: fromJson(request) }).value;
  },
};
