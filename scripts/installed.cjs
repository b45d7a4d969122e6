// Says in one line what is missing where the packages were not installed as the scripts need them, whatever Node runs this. Without it
// the first script would end in an error about its own file type.
const [major] = process.versions.node.split('.');
const problem = Number(major) < 24 ? `this is Node ${process.versions.node}` : missing(['esbuild', 'vitest']);
if (problem) {
  console.error(`${problem}: run npm ci, without NODE_ENV=production, --omit or --ignore-scripts (it brings Node 24 along)`);
  process.exit(1);
}

function missing(names) {
  return names.map((name) => (isThere(name) ? undefined : `the package ${name} is not installed`)).find(Boolean);
}

function isThere(name) {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}
