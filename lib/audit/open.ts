import * as v from 'valibot';
import type { Layout } from '../job/fields.ts';
import type { AuditPolicy } from '../policy/manifests.ts';
import { logLevel, parseEnvironment } from '../runtime/config.ts';
import { createLogger } from '../runtime/logger.ts';
import { countUntold } from '../runtime/metrics.ts';
import { notAudited } from '../status.ts';
import { type SecretAccess, secretTeller } from './secret.ts';
import { type Audit, createAudit, ofEvery, type Sink } from './trail.ts';

const Environment = v.looseObject({
  AUDIT: v.optional(v.picklist(['log', 'strict'], 'must be log or strict'), 'log'),
  AUDIT_STREAM: v.optional(v.string(), ''),
  POWERTOOLS_LOG_LEVEL: logLevel,
});

/** The policies that a function was built with, as far as the audit trail is concerned. */
interface AuditingPolicies {
  readonly digest: string;
  readonly audit?: AuditPolicy | undefined;
}

/** What tells of accesses to a secret, which no request stands for. */
interface SecretAudit {
  ofSecret(name: string): (access: SecretAccess) => void;
}

/**
 * Opens the audit trail: to the log, and with AUDIT=strict to a stream as well, without whose acknowledgement nothing is written. Throws
 * ConfigError for what the environment has wrong, and with strict where the policy leaves out anything of a write.
 */
export async function openAudit(
  env: Record<string, string | undefined>,
  layout: Layout,
  policies: AuditingPolicies | undefined,
): Promise<Audit & SecretAudit> {
  const { AUDIT, AUDIT_STREAM } = parseEnvironment(Environment, env);
  const policy = policies?.audit;
  const sink =
    AUDIT === 'strict'
      ? (await import('./strict.ts')).strictSink(AUDIT_STREAM, policy, layout, { print, refusal: notAudited, untold })
      : print;
  const [digest, configOf] = [policies?.digest, policy && (await import('./level.ts')).configBy(policy)];
  const ofSecret = (name: string) => secretTeller(name, configOf, ofEvery(digest), write);
  return { ...createAudit({ configOf, digest, sink }), ofSecret };
}

/** Not by way of the logger, whose level says nothing of what must be told. */
function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

const print: Sink = (line) => {
  write(line);
  return undefined;
};

function untold(note: Record<string, unknown>): void {
  createLogger().error('an audit event that the stream has not', note);
  countUntold();
}
