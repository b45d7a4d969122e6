/**
 * Reads PORT (3000 where it is not set). Takes the list of mistakes found so far and adds its own.
 */
export function readPort(env: NodeJS.ProcessEnv, mistakes: string[]): number {
  const text = env.PORT || '3000';
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) mistakes.push(`PORT must be a number from 1 to 65535, not ${JSON.stringify(text)}`);
  return port;
}

/** Ends the process with code 0 on SIGINT (Ctrl-C) and SIGTERM, after closing what was started. */
export function endOnSignals(closeAll: () => Promise<unknown>): void {
  let ending = false;
  const end = () => {
    // npm passes Ctrl-C on to a process that has it from the terminal already.
    if (ending) return;
    ending = true;
    closeAll().then(
      () => process.exit(0),
      (error: Error) => fail([error.message]),
    );
  };
  process.on('SIGINT', end).on('SIGTERM', end);
}

/** Ends the process with code 1, one line on stderr for each mistake. */
export function fail(mistakes: readonly string[]): never {
  for (const mistake of mistakes) console.error(mistake);
  process.exit(1);
}
