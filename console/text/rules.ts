/** What somebody may do with jobs, read from the rules that the gateway tells. */

/** A rule of a SelfSubjectRulesReview. */
export interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}
/** What somebody may do in one namespace. */
export interface Rights {
  rules: Rule[];
  /** The rules are not all. */
  incomplete: boolean;
}

const has = (list: string[] | undefined, wanted: string) => list?.some((one) => one === '*' || one === wanted) ?? false;

/** The rules that are about jobs. */
export function rulesOfJobs(rights: Rights | undefined): Rule[] {
  return rights?.rules.filter(({ apiGroups }) => has(apiGroups, 'kubeflow.org')) ?? [];
}

/** Whether rights allow a verb on a job. Where nobody has said, or not all, it may be tried. */
export function may(rights: Rights | undefined, verb: string, plural: string, name: string): boolean {
  if (!rights || rights.incomplete) return true;
  return rulesOfJobs(rights).some(
    ({ verbs, resources, resourceNames = [] }) =>
      has(verbs, verb) && has(resources, plural) && (resourceNames.length === 0 || resourceNames.includes(name)),
  );
}
