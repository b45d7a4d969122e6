const { globSync, readFileSync } = require('node:fs');

const both = [
  'with auth=jwt whoever has a token may change the five fields of every job, unless RBAC manifests say who may do what: put some into',
  'policies/ and build again (docs/policies.md), or deploy with --param authorization=allow-authenticated if that is what you want',
].join(' ');

/**
 * Who decides what a caller may do: `rbac` where the functions were built with manifests of RBAC, else `allow-authenticated`. With bearer
 * tokens that has to be said, by the parameter authorization.
 */
module.exports = async ({ resolveVariable }) => {
  const [auth, authorization] = [await resolveVariable('param:auth'), await resolveVariable('param:authorization')];
  if (!['', 'allow-authenticated'].includes(authorization)) throw new Error('authorization is allow-authenticated, or not given');
  const hasRbac = builtWithRbac();
  if (hasRbac && authorization)
    throw new Error('authorization=allow-authenticated, but the functions were built with RBAC manifests, which decide');
  if (auth === 'jwt' && !hasRbac && !authorization) throw new Error(both);
  return hasRbac ? 'rbac' : 'allow-authenticated';
};

/** What is deployed is what was built, whatever is in policies/ by now. */
function builtWithRbac() {
  return globSync('dist/*/policies.json').some((file) => {
    const { roles, clusterRoles, roleBindings, clusterRoleBindings } = JSON.parse(readFileSync(file, 'utf8'));
    return [roles, clusterRoles, roleBindings, clusterRoleBindings].some((list) => list.length > 0);
  });
}
