import { testManifests } from '../../manifests/manifest-tests.ts';

testManifests('kubeflow', 39);
