import type { UserInfo } from '../../../lib/callers/user-info.ts';
import { askOracle } from '../cel/oracle.ts';
import type { Loose } from '../http.ts';
import type { DrawnBinding, DrawnPolicy, Matchable } from './manifests.ts';

/** An update as it is put before Kubernetes. */
export interface Update extends Matchable {
  user: UserInfo;
  options: { dryRun?: string[]; fieldManager?: string };
}
/** What all policies together say of an update. */
export interface Verdict {
  /** Why it is denied; empty where it is admitted. */
  denials: string[];
  /** How many policies were asked, and whether any expression of theirs ended in an error. */
  asked: number;
  failed: boolean;
}

/** Of one policy, as the oracle answers (cel-oracle/policies.go). */
interface PolicyVerdict {
  denials?: string[];
  annotationErrors?: string[];
  failed?: boolean;
}
interface Ask {
  policy: DrawnPolicy;
  binding: DrawnBinding;
  params: Loose;
  of: number[];
}

/**
 * What Kubernetes says of updates under some policies. Each expression is evaluated by its own code; which policies and bindings an update is
 * for is what the generator said when it drew them.
 */
export async function verdictsOf(
  oracle: string,
  folder: string,
  policies: readonly DrawnPolicy[],
  updates: readonly Update[],
): Promise<Verdict[]> {
  const verdicts = updates.map((): Verdict => ({ denials: [], asked: 0, failed: false }));
  const byNamespace = Map.groupBy(updates.keys(), (at) => (updates[at] as Update).namespace);
  const questions = [...byNamespace.values()].map((places) => ({ places, asks: asksOf(policies, places, updates, verdicts) }));
  const lines = questions.map(({ places, asks }) =>
    JSON.stringify({
      updates: places.map((at) => updates[at]),
      asks: asks.map(({ policy, params, of }) => ({ policy: policy.manifest, params, of: of.map((at) => places.indexOf(at)) })),
    }),
  );
  const answers = await askOracle<PolicyVerdict[][]>(oracle, lines, folder, ['-policies']);
  for (const [index, { asks }] of questions.entries())
    for (const [at, { policy, binding, of }] of asks.entries())
      for (const [which, place] of of.entries())
        take(verdicts[place] as Verdict, answers[index]?.[at]?.[which] as PolicyVerdict, policy, binding);
  return verdicts;
}

/** What is to be asked about the updates at some places; a binding without its parameters denies here and now. */
function asksOf(
  policies: readonly DrawnPolicy[],
  places: readonly number[],
  updates: readonly Update[],
  verdicts: readonly Verdict[],
): Ask[] {
  const namespace = updates[places[0] as number]?.namespace ?? '';
  const asks: Ask[] = [];
  for (const policy of policies)
    for (const binding of policy.bindings) {
      const of = places.filter((at) => [policy.criteria, binding.criteria].every(({ matches }) => matches(updates[at] as Update)));
      if (of.length === 0) continue;
      const params = binding.params(namespace);
      if (params !== 'denied') asks.push(...params.map((one) => ({ policy, binding, params: one, of })));
      else if (policy.manifest.spec.failurePolicy !== 'Ignore')
        for (const at of of) verdicts[at]?.denials.push(`${binding.manifest.metadata.name} has no parameters`);
    }
  return asks;
}

/** Audit annotations that fail deny, whatever the actions are; what else denies is what the binding's actions make of it. */
function take(verdict: Verdict, said: PolicyVerdict, { manifest }: DrawnPolicy, binding: DrawnBinding): void {
  const { denials = [], annotationErrors = [], failed = false } = said;
  const isDeny = binding.manifest.spec.validationActions.includes('Deny');
  verdict.asked += 1;
  verdict.failed ||= failed;
  for (const why of [...(isDeny ? denials : []), ...annotationErrors]) verdict.denials.push(`${manifest.metadata.name}: ${why}`);
}
