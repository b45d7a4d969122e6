import type { Library } from '../overload.ts';
import { authorizer } from './authorizer.ts';
import { cidr } from './cidr.ts';
import { format } from './format.ts';
import { ip } from './ip.ts';
import { listExtensions } from './list-extensions.ts';
import { lists } from './lists.ts';
import { quantity } from './quantity.ts';
import { semver } from './semver.ts';
import { sets } from './sets.ts';
import { strings } from './strings.ts';
import { url } from './url.ts';

/**
 * Kubernetes' libraries of k8s.io/apiserver/pkg/cel/environment/base.go at 1.37 that stand in both its environments; `includes` is new in
 * 1.37, and `regex` takes its engine.
 */
export const kubernetesLibraries: readonly Library[] = [
  authorizer,
  cidr,
  format,
  ip,
  listExtensions,
  lists,
  quantity,
  semver,
  sets,
  strings,
  url,
];
