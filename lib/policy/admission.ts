import type { UserInfo } from '../callers/user-info.ts';
import { type Authorize, type RegexEngine, UndecidedError } from '../cel/index.ts';
import type { JsonObject } from '../json/json.ts';
import { type Activations, activationsOf, withParams } from './activation.ts';
import type { Bundle } from './bundle.ts';
import { type CompiledPolicy, compilePolicy } from './compile-policy.ts';
import { type Decision, type Evaluated, evaluatePolicy, type Observation } from './evaluate.ts';
import type { ConfigMap, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation } from './manifests.ts';
import { type Matched, matches, mayMatch } from './match.ts';
import { paramsOf } from './params.ts';

/** An update of a job that is to be admitted: what would be written over what is live, and who wants it. */
export interface AdmissionRequest extends Matched {
  kind: string;
  user: UserInfo;
  dryRun: boolean;
  /** The query parameters as an API server would see them, e.g. `{fieldManager, fieldValidation}`. */
  options: JsonObject;
}

/** Why a policy denies; without a binding the policy itself cannot be evaluated. */
export interface Denial {
  policy: string;
  binding: string | undefined;
  message: string;
  reason: NonNullable<Validation['reason']>;
}
/** What the policies say of a request: it is admitted where there is no denial. */
export interface Verdict {
  denials: Denial[];
  /** What is told to the caller in Warning headers. */
  warnings: string[];
  /** By their keys, `policy/key`. */
  auditAnnotations: Record<string, string>;
  cost: number;
  /** Errors of our own inside the engine, each of which denied: for the log and an alarm. */
  faults: unknown[];
}
/** One evaluation of a policy, for whoever explains a verdict. */
export interface Explained extends Observation {
  policy: string;
  binding: string;
  params: ConfigMap | undefined;
}
type Explain = (explained: Explained) => void;

/** The admission policies of a bundle. */
export interface Admission {
  /** Whether any policy may be about a job of that name: then nothing is written before it was judged. */
  mayJudge(job: Omit<Matched, 'object' | 'oldObject'>): boolean;
  /** Judges a request. A fault of our own inside is a denial, never an admission. */
  review(request: AdmissionRequest, explain?: Explain): Verdict;
}

/** What of a bundle admission is made of. */
export type AdmissionObjects = Pick<Bundle, 'validatingAdmissionPolicies' | 'validatingAdmissionPolicyBindings' | 'configMaps'>;
export interface AdmissionOptions {
  /** Answers the variable `authorizer`. */
  authorize: Authorize;
  /** What all policies together may cost for one request, in CEL's units. */
  maxCost: number;
  /** RE2JS, where an expression has regular expressions. */
  engine?: RegexEngine | undefined;
}

const maxAnnotationBytes = 10 * 1024;
const maxFailures = 50;
const undecided = 'an expression takes longer than the gateway allows, so that nobody knows what it says';
const failureKey = 'validation.policy.admission.k8s.io/validation_failure';

/**
 * The ValidatingAdmissionPolicies of a bundle as kube-apiserver 1.37 decides by them (apiserver's policy/validating), but that they go by
 * name, and all that deny are told (docs/policies.md).
 */
export function createAdmission(bundle: AdmissionObjects, { authorize, maxCost, engine }: AdmissionOptions): Admission {
  const bound = bundle.validatingAdmissionPolicies.map((policy) => ({
    policy,
    bindings: bundle.validatingAdmissionPolicyBindings.filter(({ spec }) => spec.policyName === policy.metadata.name),
    compiled: undefined as CompiledPolicy | undefined,
  }));
  return {
    mayJudge: (job) =>
      bound.some(
        ({ policy, bindings }) =>
          mayMatch(policy.spec.matchConstraints, job) && bindings.some(({ spec }) => mayMatch(spec.matchResources, job)),
      ),
    review(request, explain) {
      const review = new Review(request, bundle.configMaps, authorize, maxCost, explain);
      for (const one of bound) {
        if (one.bindings.length === 0 || !matches(one.policy.spec.matchConstraints, request)) continue;
        one.compiled ??= compilePolicy(one.policy, engine);
        review.judge(one.compiled, one.bindings);
      }
      return review.verdict();
    },
  };
}

/** A failed validation as the audit annotation tells it. */
interface Failure {
  message: string;
  policy: string;
  binding: string;
  expressionIndex: number;
  validationActions: readonly string[];
}

/** The review of one request: what the policies said so far. */
class Review {
  private readonly denials: Denial[] = [];
  private readonly warnings: string[] = [];
  private readonly failures: Failure[] = [];
  private readonly annotations: Record<string, string> = {};
  private readonly faults: unknown[] = [];
  private cost = 0;
  private activations: Activations | undefined;
  private readonly request: AdmissionRequest;
  private readonly configMaps: readonly ConfigMap[];
  private readonly authorize: Authorize;
  private readonly maxCost: number;
  private readonly explain: Explain | undefined;

  constructor(request: AdmissionRequest, configMaps: readonly ConfigMap[], authorize: Authorize, maxCost: number, explain?: Explain) {
    this.request = request;
    this.configMaps = configMaps;
    this.authorize = authorize;
    this.maxCost = maxCost;
    this.explain = explain;
  }

  judge(compiled: CompiledPolicy, bindings: readonly ValidatingAdmissionPolicyBinding[]): void {
    const collected = new Map<string, Set<string>>();
    for (const binding of bindings) {
      if (!matches(binding.spec.matchResources, this.request)) continue;
      const params = paramsOf(compiled.policy, binding.spec.paramRef, this.request.namespace, this.configMaps);
      if (typeof params === 'string') this.misconfigured(compiled.policy, binding, params);
      else for (const param of params) this.take(compiled, binding, param, collected);
    }
    const name = compiled.policy.metadata.name;
    for (const [key, values] of collected) this.annotations[`${name}/${key}`] = [...values].join(', ');
  }

  verdict(): Verdict {
    if (this.failures.length > 0) this.annotations[failureKey] = JSON.stringify(this.failures.slice(0, maxFailures));
    const { denials, warnings, annotations: auditAnnotations, cost, faults } = this;
    return { denials, warnings: [...new Set(warnings)], auditAnnotations, cost, faults };
  }

  private misconfigured({ metadata, spec }: ValidatingAdmissionPolicy, binding: ValidatingAdmissionPolicyBinding, why: string): void {
    if (spec.failurePolicy === 'Ignore') return;
    const message = `failed to configure binding: ${why}`;
    this.denials.push({ policy: metadata.name, binding: binding.metadata.name, message, reason: 'Invalid' });
  }

  /**
   * Undefined where nobody can say what the policy would have said: for a fault of our own and for its cost it denies, whatever its
   * failurePolicy says, and where a limit of our own ended an expression it does what the binding says of a denial.
   */
  private evaluate(
    compiled: CompiledPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    params: ConfigMap | undefined,
  ): Evaluated | undefined {
    const { explain } = this;
    const named = { policy: compiled.policy.metadata.name, binding: binding.metadata.name, params };
    try {
      return evaluatePolicy(compiled, {
        ...this.activationsWith(params),
        charge: (cost) => this.charge(cost),
        observe: explain && ((observation) => explain({ ...observation, ...named })),
      });
    } catch (error) {
      if (error instanceof UndecidedError) {
        this.act(compiled.policy, binding, { isDenied: true, isError: true, message: undecided, reason: 'Invalid' }, 0);
        return undefined;
      }
      if (!(error instanceof TooCostly)) this.faults.push(error);
      this.deny(compiled.policy, binding, error instanceof TooCostly ? error.message : 'the policy could not be evaluated');
      return undefined;
    }
  }

  private activationsWith(params: ConfigMap | undefined): Activations {
    this.activations ??= activationsOf(this.request, this.authorize);
    return params ? withParams(this.activations, params) : this.activations;
  }

  private charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.maxCost) throw new TooCostly(`the policies of this request cost more than ${this.maxCost}`);
  }

  private take(
    compiled: CompiledPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    param: ConfigMap | undefined,
    collected: Map<string, Set<string>>,
  ): void {
    if (this.cost > this.maxCost) return;
    const evaluated = this.evaluate(compiled, binding, param);
    if (!evaluated) return;
    const { policy } = compiled;
    const { decisions, annotations } = evaluated;
    for (const [index, decision] of decisions.entries()) if (decision.isDenied) this.act(policy, binding, decision, index);
    for (const { key, value, error } of annotations) {
      if (error !== undefined) this.deny(policy, binding, error);
      if (value === undefined) continue;
      const values = collected.get(key) ?? new Set();
      collected.set(key, values.add(Buffer.from(value).subarray(0, maxAnnotationBytes).toString()));
    }
  }

  private act(
    policy: ValidatingAdmissionPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    { message, reason }: Decision,
    expressionIndex: number,
  ): void {
    const [name, bindingName] = [policy.metadata.name, binding.metadata.name];
    const { validationActions } = binding.spec;
    for (const action of validationActions) {
      if (action === 'Deny') this.deny(policy, binding, message, reason);
      else if (action === 'Warn')
        this.warnings.push(`Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${bindingName}': ${message}`);
      else this.failures.push({ message, policy: name, binding: bindingName, expressionIndex, validationActions });
    }
  }

  private deny(
    policy: ValidatingAdmissionPolicy,
    binding: ValidatingAdmissionPolicyBinding,
    message: string,
    reason: Validation['reason'] = 'Invalid',
  ): void {
    this.denials.push({ policy: policy.metadata.name, binding: binding.metadata.name, message, reason });
  }
}

/** All policies of a request together cost more than the gateway allows. */
class TooCostly extends Error {}
