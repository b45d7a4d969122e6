/** A part of CloudWatch Logs' filter patterns: what the archive of the audit trail is filtered by. */

/**
 * Whether a pattern takes a line, as CloudWatch says of patterns for JSON: `{ $.member = "text" }`, the one form that is read here, takes a line
 * that is a JSON object with this text in this member. The empty pattern takes every line. Throws for any other pattern.
 */
export function takes(pattern: string, line: string): boolean {
  if (pattern === '') return true;
  const [, member, text] = /^\{ \$\.(\w+) = "([^"*]+)" \}$/.exec(pattern) ?? [];
  if (member === undefined) throw new Error(`a pattern that is not read here: ${pattern}`);
  try {
    const value = JSON.parse(line) as Record<string, unknown> | null;
    return typeof value === 'object' && value !== null && value[member] === text;
  } catch {
    return false;
  }
}
