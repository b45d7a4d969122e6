import type { ConfigMap, ParamRef, ValidatingAdmissionPolicy } from './manifests.ts';
import { selects } from './match.ts';

/**
 * The parameters with which a binding's policy is evaluated, one after the other; `[undefined]` where it has none. A string is why there
 * are none, which failurePolicy decides about (apiserver's CollectParams). Parameters are the ConfigMaps of the bundle.
 */
export function paramsOf(
  { spec }: ValidatingAdmissionPolicy,
  ref: ParamRef | undefined,
  namespace: string,
  configMaps: readonly ConfigMap[],
): readonly (ConfigMap | undefined)[] | string {
  if (!spec.paramKind || !ref) return [undefined];
  const within = ref.namespace || namespace;
  const found = configMaps.filter(
    ({ metadata }) =>
      metadata.namespace === within && (ref.name ? metadata.name === ref.name : selects(ref.selector, metadata.labels ?? {})),
  );
  if (found.length > 0 || ref.parameterNotFoundAction !== 'Deny') return found;
  return 'no params found for policy binding with `Deny` parameterNotFoundAction';
}
