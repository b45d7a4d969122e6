/** What the console says that a caller may do, beside what kubectl says of him at the API server. */
import { may, type Rights, rulesOfJobs } from '../../../console/text/rules.ts';
import type { Sides } from '../admission.ts';
import { kinds } from '../crds.ts';
import { type Endpoint, sendOk } from '../http.ts';
import type { Output } from '../processes.ts';
import { check, checked } from '../report.ts';
import type { Caller } from './draw.ts';

const verbs = ['get', 'list', 'watch', 'update', 'patch', 'delete'] as const;
const part = 'admission, console';

/** Runs kubectl at the API server for a caller. */
export type Kubectl = (caller: Caller, args: readonly string[]) => Promise<Output>;

/** Every resource, name and verb of rules about jobs, one by one, `*` as it is written. */
function atoms(rules: readonly { resources?: string[]; resourceNames?: string[]; verbs: string[] }[]): string[] {
  const all = rules.flatMap(({ resources = [], resourceNames = [], verbs }) =>
    resources.flatMap((one) =>
      (resourceNames.length > 0 ? resourceNames : ['']).flatMap((name) => verbs.map((verb) => `${verb} ${one} ${name}`)),
    ),
  );
  return [...new Set(all)].sort();
}

/** The rows of `kubectl auth can-i --list` that are about jobs. */
function rowsOf(text: string) {
  return text.split('\n').flatMap((line) => {
    const [, resource = '', names = '', allowed = ''] = /^(\S+)\s+\[.*?\]\s+\[(.*?)\]\s+\[(.*?)\]$/.exec(line.trimEnd()) ?? [];
    const [plural = '', group] = resource.split(/\.(.*)/s);
    if (group !== 'kubeflow.org' && group !== '*') return [];
    return [{ resources: [plural], resourceNames: names.split(' ').filter((name) => name !== ''), verbs: allowed.split(' ') }];
  });
}

/** Compares, for each caller and namespace, the rules that the page lists and what it offers by them. */
export async function consoleRights({ gateway, tokens }: Sides, kubectl: Kubectl): Promise<void> {
  let compared = 0;
  for (const caller of ['ada', 'bob', 'eve', 'dan', 'mia'] as const) {
    for (const namespace of ['kube-test', 'other']) {
      await checked(part, `${caller} may do in ${namespace} what kubectl says`, async () => {
        const rights = await rightsOf({ ...gateway.endpoint, token: tokens[caller] }, namespace);
        const listed = await kubectl(caller, ['auth', 'can-i', '--list', '--namespace', namespace]);
        const [page, theirs] = [atoms(rulesOfJobs(rights)), atoms(rowsOf(listed.stdout))];
        compared += page.length;
        if (String(page) !== String(theirs)) throw new Error(`the page lists ${page}\nkubectl ${theirs}\n${listed.stdout}`);
        for (const { plural } of kinds.cci) {
          for (const verb of verbs) {
            const { code } = await kubectl(caller, ['auth', 'can-i', verb, `${plural}/typed`, '--quiet', '--namespace', namespace]);
            if ((code === 0) !== may(rights, verb, plural, 'typed')) throw new Error(`${verb} ${plural}: kubectl ends with ${code}`);
          }
        }
      });
    }
  }
  check(part, 'there was something to compare', compared > 20 ? undefined : `${compared} rules`);
}

async function rightsOf(endpoint: Endpoint, namespace: string): Promise<Rights> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const { status } = await sendOk(endpoint, { method: 'POST', path, body });
  return { rules: status.resourceRules, incomplete: status.incomplete };
}
