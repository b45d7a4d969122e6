import * as v from 'valibot';
import type { Layout } from '../job/fields.ts';
import { parseProtectedKeys } from '../job/rules/protected-key.ts';

/** What the environment says, checked. */
export interface Config {
  /** Where CCI is: an origin, with an optional base path, without a slash at the end. */
  endpoint: string;
  /** Name or ARN of the secret that holds the CCI credentials. */
  secretId: string;
  layout: Layout;
  protectedKeys: string[];
  /** Sent as X-Project-Id where the account has sub-projects. */
  projectId: string | undefined;
  /** Whether live jobs are kept between requests, to save the read of the next. */
  liveCache: boolean;
  /** Where the prover of a rotation lists jobs; undefined: in all namespaces. */
  rotationNamespace: string | undefined;
  /** What all admission policies together may cost for one request, in CEL's units. */
  policyMaxCost: number;
}

/** Every mistake in the environment, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: string[];

  constructor(mistakes: string[]) {
    super(`the configuration has mistakes: ${mistakes.join('; ')}`);
    this.mistakes = mistakes;
  }
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]']);
/** An address as it is meant to be written. URL.parse mends others (`https:/a`, a space before it), which callers' clients and tokens do not. */
const written = /^https?:\/\/[^\s"\\/][^\s"\\]*$/i;

/** The mistake of an upstream address (https, or http on loopback; no userinfo, query or fragment), or undefined. */
export function endpointMistake(text: string): string | undefined {
  const url = URL.parse(text);
  if (!url) return 'is not a URL';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback.has(url.hostname)))
    return 'must be https (http only on loopback)';
  // The href keeps an empty query's `?` and an empty fragment's `#`; in a path both are escaped.
  if (url.username || url.password || /[?#]/.test(url.href)) return 'may not have userinfo, a query or a fragment';
  return written.test(text) ? undefined : 'is not a URL';
}

/** What every configuration says of NODE_TLS_REJECT_UNAUTHORIZED. */
export const checkedCertificates = v.optional(
  v.pipe(
    v.string(),
    v.check((value) => value !== '0', 'may not be 0: certificates must be checked'),
  ),
);

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'] as const;
/** What every configuration says of the log's level, of which the logger passes over a mistake (`info` is one) without a word. */
export const logLevel = v.optional(v.picklist(levels, `must be one of ${levels.join(', ')}`));

/** In CEL's units: what an API server grants to each binding. */
export const defaultPolicyMaxCost = 10_000_000;

/** A secret's name as Secrets Manager has them, or a whole ARN: a partial one, without what Secrets Manager added to the name, names none for IAM. */
const secretName = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
export const secretArn = /^arn:(aws[a-z-]*):secretsmanager:([a-z0-9-]+):(\d{12}):secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}$/;

/** What is said of each variable of what talks to CCI; deploy/parameters.ts says the same of the parameters that become these. */
export const upstreamVariables = {
  CCI_ENDPOINT: v.pipe(
    v.string('is missing'),
    v.rawCheck(({ dataset, addIssue }) => {
      const message = dataset.typed ? endpointMistake(dataset.value) : undefined;
      if (message) addIssue({ message });
    }),
  ),
  CCI_SECRET_ID: v.pipe(
    v.string('is missing'),
    v.check(
      (id) => secretName.test(id) || secretArn.test(id),
      'must be the name of a secret, or its whole ARN with the six characters at its end',
    ),
  ),
  LAYOUT: v.optional(v.picklist(['cci', 'kubeflow'], 'must be cci or kubeflow'), 'cci'),
  PROTECTED_KEYS: v.optional(
    v.pipe(
      v.string(),
      v.check(
        (list) => parseProtectedKeys(list) !== undefined,
        'must be keys, prefix/* or the word recommended, separated by commas, or none alone',
      ),
      v.transform((list) => parseProtectedKeys(list) ?? []),
    ),
    'recommended',
  ),
  CCI_PROJECT_ID: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a project id'))),
  LIVE_CACHE: v.optional(v.picklist(['on', 'off'], 'must be on or off'), 'on'),
  ROTATION_NAMESPACE: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a namespace'))),
  POLICY_MAX_COST: v.optional(
    v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/, 'must be an integer from 1 to 999999999'), v.transform(Number)),
    String(defaultPolicyMaxCost),
  ),
  NODE_TLS_REJECT_UNAUTHORIZED: checkedCertificates,
  POWERTOOLS_LOG_LEVEL: logLevel,
};
const Environment = v.looseObject(upstreamVariables);

/**
 * Reads environment variables by a schema; an empty one counts as unset. Throws ConfigError with every mistake named, never with a
 * value.
 */
export function parseEnvironment<S extends v.GenericSchema>(schema: S, env: Record<string, string | undefined>): v.InferOutput<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const { success, output, issues } = v.safeParse(schema, given);
  if (!success) throw new ConfigError(issues.map((issue) => `${v.getDotPath(issue)} ${mistake(issue)}`));
  return output;
}

/** The configuration of what talks to CCI. Throws as parseEnvironment does. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const output = parseEnvironment(Environment, env);
  return {
    endpoint: output.CCI_ENDPOINT.replace(/\/+$/, ''),
    secretId: output.CCI_SECRET_ID,
    layout: output.LAYOUT,
    protectedKeys: output.PROTECTED_KEYS,
    projectId: output.CCI_PROJECT_ID,
    liveCache: output.LIVE_CACHE === 'on',
    rotationNamespace: output.ROTATION_NAMESPACE,
    policyMaxCost: output.POLICY_MAX_COST,
  };
}

/** The layout alone, for what needs nothing else of the configuration. Throws as parseEnvironment does. */
export function parseLayout(env: Record<string, string | undefined>): Layout {
  return parseEnvironment(v.object({ LAYOUT: upstreamVariables.LAYOUT, POWERTOOLS_LOG_LEVEL: logLevel }), env).LAYOUT;
}

/** Whether jobs can be watched. Throws as parseEnvironment does. */
export function parseWatch(env: Record<string, string | undefined>): boolean {
  return parseEnvironment(v.object({ WATCH: v.optional(v.picklist(['on', 'off'], 'must be on or off'), 'off') }), env).WATCH === 'on';
}

// valibot's object says of a missing key that it expected the key; ours is shorter, and names no value.
function mistake(issue: v.BaseIssue<unknown>): string {
  return issue.input === undefined ? 'is missing' : issue.message;
}
