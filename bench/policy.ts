import { type Endpoint, send, sendOk } from '../tests/conformance/http.ts';

/**
 * What somebody who runs the API server would do: a ValidatingAdmissionPolicy (CEL) that lets only the five fields of a job change.
 * It holds in one namespace, so that the same server can be asked with and without it. Both directions: nothing else may differ, come
 * or go. What the server owns is the server's business.
 */
function policy(namespace: string): Record<string, object> {
  const same = (object: string, free: string[]) => {
    const list = JSON.stringify(free);
    const within = (a: string, b: string) =>
      `${a}.${object}.all(k, k in ${list} || (k in ${b}.${object} && ${a}.${object}[k] == ${b}.${object}[k]))`;
    return { expression: `${within('object', 'oldObject')} && ${within('oldObject', 'object')}`, message: `only five fields may change` };
  };
  const serverOwned = ['resourceVersion', 'generation', 'managedFields', 'creationTimestamp', 'selfLink', 'uid'];
  return {
    validatingadmissionpolicies: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'five-fields' },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [{ apiGroups: ['kubeflow.org'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['tfjobs'] }],
        },
        validations: [
          same('spec', ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy']),
          same('metadata', ['labels', 'annotations', ...serverOwned]),
        ],
      },
    },
    validatingadmissionpolicybindings: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'five-fields' },
      spec: {
        policyName: 'five-fields',
        validationActions: ['Deny'],
        matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
      },
    },
  };
}

/**
 * Installs the policy and waits until it holds. Throws unless it refuses another image, tells why, and lets the TTL change: a policy
 * that does nothing would cost nothing.
 */
export async function installPolicy(endpoint: Endpoint, namespace: string, path: string): Promise<void> {
  for (const [plural, body] of Object.entries(policy(namespace))) {
    await sendOk(endpoint, { method: 'POST', path: `/apis/admissionregistration.k8s.io/v1/${plural}`, body });
  }
  const put = async (edit: (job: Record<string, never>) => void) => {
    const job = await sendOk(endpoint, { path });
    edit(job);
    return send(endpoint, { method: 'PUT', path, body: job });
  };
  const spoil = (job: { spec?: { backoffLimit?: number } }) => {
    if (job.spec) job.spec.backoffLimit = (job.spec.backoffLimit ?? 0) + 1;
  };
  for (const deadline = Date.now() + 30_000; ; ) {
    const { status, text } = await put(spoil);
    if (status === 422 && text.includes('five fields')) break;
    if (Date.now() > deadline) throw new Error(`the admission policy does not hold: ${status} ${text.slice(0, 500)}`);
  }
  const allowed = await put((job: { spec?: { ttlSecondsAfterFinished?: number } }) => {
    if (job.spec) job.spec.ttlSecondsAfterFinished = 77;
  });
  if (allowed.status !== 200) throw new Error(`the admission policy refuses the TTL: ${allowed.text.slice(0, 500)}`);
}
