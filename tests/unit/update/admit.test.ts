import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { createPolicies } from '../../../lib/policy/policies.ts';
import { createRequestContext } from '../../../lib/runtime/request-context.ts';
import { admit } from '../../../lib/update/admit.ts';
import { bundleOf } from '../../policies.ts';
import { cci, ref } from '../job/jobs.ts';

const update = {
  kind: cci,
  ref,
  user: { username: 'ann', uid: '', groups: [], extra: {} },
  mayRead: true,
  dryRun: false,
  options: {},
  conditional: false,
  rules: {},
  requested: () => ({}),
};
/** What the engine cannot read, as a mistake of its own would be. */
const broken = {
  get kind(): never {
    throw new TypeError('secret');
  },
} as JsonObject;

describe('a fault of our own inside the engine', () => {
  it('denies the write, is counted for an alarm, and is noted without its message', async () => {
    const rules = { resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['UPDATE'], resources: ['*'] }] };
    const validations = [{ expression: "object.kind == 'TFJob'" }];
    const manifests = [
      {
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'p' },
        spec: { failurePolicy: 'Ignore', matchConstraints: rules, validations },
      },
      { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'p' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    ];
    const context = createRequestContext(Date.now() + 1000, () => undefined);
    const policies = await createPolicies(bundleOf(manifests), 1_000_000);
    let error: unknown;
    try {
      admit(policies, update, {}, broken, context);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ status: { code: 422, message: expect.stringContaining('the policy could not be evaluated') } });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(error).toMatchObject({ note: { faults: [{ name: 'TypeError' }] } });
    expect(context.counts.policyFaults).toBe(1);
  });
});
