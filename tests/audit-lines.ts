import { alsoSearched } from './credentials.ts';
import type { Loose } from './scenarios/gateway.ts';

/** How the line of an audit event begins, and no other that a handler prints. */
const beginning = '{"kind":"Event","apiVersion":"audit.k8s.io/v1",';

/** Whether a line is an audit event. */
export function isAuditLine(line: string): boolean {
  return line.startsWith(beginning);
}

/** Whether an audit event tells of an access to the secret, which a process does whenever it is time, for no request of its own. */
export function isOfSecret(line: string): boolean {
  return line.includes('"objectRef":{"resource":"secrets"');
}

let kept: string[] = [];

/** Handlers print audit events whatever the log level is: they are kept for a test that asks for them instead, and searched. Each test file begins with it (vitest.config.ts). */
const { write } = process.stdout;
process.stdout.write = ((chunk: unknown, ...more: never[]): boolean => {
  const line = String(chunk);
  if (!isAuditLine(line)) return write.call(process.stdout, chunk as string, ...more);
  kept.push(line.trimEnd());
  alsoSearched(line);
  return true;
}) as typeof write;

/** The lines of the audit events since it was last asked, oldest first, but those of the secret. */
export function takeAuditLines(): string[] {
  const lines = kept.filter((line) => !isOfSecret(line));
  kept = kept.filter(isOfSecret);
  return lines;
}

/** Of the secret the audit events since it was last asked, oldest first. */
export function takeSecretEvents(): Loose[] {
  const lines = kept.filter(isOfSecret);
  kept = kept.filter((line) => !isOfSecret(line));
  return lines.map((line) => JSON.parse(line));
}

/** The audit events since it was last asked, oldest first. */
export function takeAuditEvents(): Loose[] {
  return takeAuditLines().map((line) => JSON.parse(line));
}
