const { globSync, readFileSync } = require('node:fs');

/**
 * With audit=strict, refuses a deployment of functions that were built with an audit policy that leaves out anything of a write: none of
 * them would start. Says which policy decides: `policy`, or `default` where they were built without one.
 */
module.exports = async ({ resolveVariable }) => {
  const [audit, layout] = [await resolveVariable('param:audit'), await resolveVariable('param:layout')];
  const policy = builtWith();
  if (policy && audit === 'strict') {
    const { omittedWrites } = await import('../../lib/audit/strict-policy.ts');
    const omitted = omittedWrites(policy, layout);
    if (omitted.length > 0)
      throw new Error(
        `audit is strict, and the audit policy with which the functions were built ${omitted.join(', and ')} (docs/audit.md)`,
      );
  }
  return policy ? 'policy' : 'default';
};

/** What is deployed is what was built, whatever is in policies/ by now. */
function builtWith() {
  const [file] = globSync('dist/*/policies.json');
  return file && JSON.parse(readFileSync(file, 'utf8')).auditPolicies[0];
}
