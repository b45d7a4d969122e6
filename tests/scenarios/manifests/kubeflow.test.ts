import { someOf } from '../../exhaustive.ts';
import { testManifests } from '../../manifests/manifest-tests.ts';

testManifests('kubeflow', 39, (pairs) => someOf(pairs, 8));
