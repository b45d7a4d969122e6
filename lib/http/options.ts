import * as v from 'valibot';
import type { Rules } from '../job/decide.ts';
import type { Middleware } from '../runtime/chain.ts';
import { invalid, type StatusCause } from '../status.ts';
import type { HttpRequest, Parsed, UpdateOptions, WithOptions } from './request.ts';

/** The first value of a parameter, as Kubernetes takes it; a parameter that is not named counts as empty. */
const first = v.optional(
  v.pipe(
    v.array(v.string()),
    v.transform(([value = '']) => value),
  ),
  [],
);
const Options = v.object({
  pretty: first,
  dryRun: v.optional(v.array(v.string()), []),
  fieldManager: first,
  fieldValidation: first,
});
/** The values of fieldValidation and what each means: without one the API server warns. */
const modes: Record<string, UpdateOptions['validation']> = { '': 'Warn', Ignore: undefined, Strict: 'Strict', Warn: 'Warn' };
const fieldValidations = Object.keys(modes);

/** Reads pretty, dryRun, fieldManager and fieldValidation, and ignores the rest; 422 with every mistake (ValidateUpdateOptions). */
export function readOptions(kind: 'UpdateOptions' | 'PatchOptions' | 'CreateOptions'): Middleware<HttpRequest, WithOptions> {
  return {
    before: ({ query }) => {
      const { pretty, dryRun, fieldManager, fieldValidation } = v.parse(Options, { ...query });
      const causes = [...managerCauses(fieldManager), ...dryRunCauses(dryRun), ...validationCauses(fieldValidation)];
      if (causes.length > 0) throw invalid('query', { group: 'meta.k8s.io', kind }, '', causes);
      const sent = {
        ...(dryRun.length > 0 && { dryRun }),
        ...(fieldManager && { fieldManager }),
        ...(fieldValidation && { fieldValidation }),
      };
      return { options: { pretty: isYes(pretty), dryRun: dryRun.length > 0, validation: modes[fieldValidation], sent } };
    },
  };
}

// What Go's ParseBool takes for true; whatever it cannot read is false to the API server, and no mistake.
const isYes = (value: string | undefined): boolean => /^(?:1|t|T|true|TRUE|True)$/.test(value ?? '');

/** The options of a request that only reads: how its answer is written. */
export function readerOptions({ query }: HttpRequest): UpdateOptions {
  return { pretty: isYes(query.pretty?.[0]), dryRun: false, validation: undefined, sent: {} };
}

/** How the decision judges a request: by the configured protected keys, and with an eye on unknown and duplicate fields unless told not to. */
export function rulesOf({ options, duplicates }: WithOptions & Parsed, protectedKeys: readonly string[]): Rules {
  return { protectedKeys, ...(options.validation && { validation: { mode: options.validation, duplicates } }) };
}

function managerCauses(manager: string): StatusCause[] {
  const field = 'fieldManager';
  if (Buffer.byteLength(manager) > 128)
    return [{ reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes', field }];
  const rule = 'may hold only printable characters';
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u.test(manager)
    ? []
    : [{ reason: 'FieldValueInvalid', message: `Invalid value: ${rule}`, field }];
}

function dryRunCauses(values: readonly string[]): StatusCause[] {
  if (values.every((value) => value === 'All')) return [];
  const shown = JSON.stringify(values.slice(0, 10).map((value) => value.slice(0, 64)));
  return [{ reason: 'FieldValueNotSupported', message: `Unsupported value: ${shown}: supported values: "All"`, field: 'dryRun' }];
}

function validationCauses(value: string): StatusCause[] {
  if (fieldValidations.includes(value)) return [];
  const supported = fieldValidations.map((known) => JSON.stringify(known)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value.slice(0, 64))}: supported values: ${supported}`;
  return [{ reason: 'FieldValueNotSupported', message, field: 'fieldValidation' }];
}
