import { testManifests } from '../../manifests/manifest-tests.ts';

testManifests('cci', 25);
