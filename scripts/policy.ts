/** `npm run policy -- COMMAND …`: what one who writes policies needs. Each command is a file of scripts/policy. */
import { fail } from '../local/process.ts';
import { check } from './policy/check.ts';

/** Runs with the arguments after the command's name, and returns the exit code. */
type Command = (args: string[]) => Promise<number>;
const commands: Readonly<Record<string, Command>> = { check };

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command) fail([`usage: npm run policy -- ${Object.keys(commands).join(' | ')} …`]);
process.exitCode = await command(args);
