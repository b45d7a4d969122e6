/** `npm run policy -- COMMAND …`: what one who writes policies needs. Each command is a file of scripts/policy. */
import { PolicyError } from './manifests/mistakes.ts';
import { check } from './policy/check.ts';
import { explain } from './policy/explain.ts';
import { test } from './policy/test.ts';
import { UsageError } from './policy/usage.ts';

/** Runs with the arguments after the command's name, and returns the exit code: 2 where a manifest does not load. */
type Command = (args: string[]) => Promise<number>;
const commands: Readonly<Record<string, Command>> = { check, test, explain };

const [name = '', ...args] = process.argv.slice(2);
try {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`usage: npm run policy -- ${Object.keys(commands).join(' | ')} …`);
  process.exitCode = await command(args);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof PolicyError || isOfArguments(error))) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/** Whether parseArgs could not read the arguments. */
function isOfArguments(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}
