/** What the suite has found: counts per part, and every failure in full. */
const parts = new Map<string, { passed: number; failed: number }>();
const failures: string[] = [];
const begun = performance.now();

/** One line to whoever watches, with the seconds since the start. */
export function say(line: string): void {
  process.stdout.write(`[${Math.round((performance.now() - begun) / 1000)} s] ${line}\n`);
}

/** Counts one check of a part. `mistake` is what went wrong, or undefined where nothing did. */
export function check(part: string, title: string, mistake: string | undefined): void {
  const counts = parts.get(part) ?? { passed: 0, failed: 0 };
  parts.set(part, counts);
  if (mistake === undefined) {
    counts.passed += 1;
    return;
  }
  counts.failed += 1;
  failures.push(`${part}: ${title}: ${mistake.split('\n', 1)[0]?.slice(0, 300)}`);
  say(`FAILED ${part}: ${title}\n${mistake.replace(/^/gm, '    ')}`);
}

/** Adds the counts of a part that counts for itself and has said what is wrong. */
export function count(part: string, { passed, failed }: { passed: number; failed: number }): void {
  parts.set(part, { passed, failed });
  if (failed > 0) failures.push(`${part}: see above`);
}

/** Runs a check that throws what is wrong. */
export async function checked(part: string, title: string, body: () => Promise<void> | void): Promise<void> {
  try {
    await body();
    check(part, title, undefined);
  } catch (error) {
    check(part, title, (error as Error).message);
  }
}

/** Prints the counts of all parts and the closing line, which begins with the program's name; the exit code of the run. */
export function summary(program = 'conformance'): number {
  const total = { passed: 0, failed: 0 };
  process.stdout.write('\n');
  for (const [part, { passed, failed }] of parts) {
    process.stdout.write(`${part.padEnd(52)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed\n`);
    total.passed += passed;
    total.failed += failed;
  }
  for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
  process.stdout.write(`${program}: ${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
