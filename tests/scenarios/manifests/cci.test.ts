import { someOf } from '../../exhaustive.ts';
import { testManifests } from '../../manifests/manifest-tests.ts';

testManifests('cci', 25, (pairs) => someOf(pairs, 8));
