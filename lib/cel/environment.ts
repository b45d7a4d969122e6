import type { Library } from './overload.ts';
import type { Type } from './types.ts';

/** What an expression may name: variables with their types, and the functions of its libraries. */
export interface Environment {
  readonly variables: Readonly<Record<string, Type>>;
  readonly libraries: readonly Library[];
}

/**
 * The environment that Kubernetes 1.37 gives to the expressions of a ValidatingAdmissionPolicy.
 * @param variables the types of the policy's own variables declared before, by name: members of `variables`.
 */
export function admissionEnvironment(
  _options: { params?: boolean; authorizer?: boolean; variables?: Readonly<Record<string, Type>> } = {},
): Environment {
  return { variables: {}, libraries: [] };
}
