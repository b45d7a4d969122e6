import { type CelInput, celEnv, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { type Engine, withBigints } from './expression.ts';

const environment = celEnv({ funcs: strings });

/** @bufbuild/cel, which has no check of types. */
export const engine: Engine<Record<string, CelInput>> = {
  given: (document) => withBigints(document) as Record<string, CelInput>,
  compile(text) {
    const program = plan(environment, parse(text));
    return (given) => program(given);
  },
};
