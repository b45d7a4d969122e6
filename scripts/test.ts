/**
 * `npm test`: vitest with the arguments given, and what it prints is searched for credentials. A whole run must print logs.
 * `npm run test:browser`: those of tests/browser, in Debian's chromium or the one that CHROMIUM names.
 * `npm run test:slow`: the same of tests/slow, and of the tests of which `npm test` runs a part only (tests/exhaustive.ts).
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromiumPath } from '../tests/browser/chromium.ts';
import { runSearched } from './searched.ts';

// Vitest prints to a pipe, and would leave the colours out.
if (process.stdout.isTTY && !process.env.NO_COLOR) process.env.FORCE_COLOR ??= '1';
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const [first, ...rest] = process.argv.slice(2);
const isSlow = first === 'slow';
const isBrowser = first === 'browser';
if (isSlow) process.env.SLOW_TESTS = 'true';
if (isBrowser) process.env.BROWSER_TESTS = 'true';
const args = isSlow || isBrowser ? rest : process.argv.slice(2);
if (isBrowser && !existsSync(chromiumPath)) {
  console.error(`${chromiumPath} is not there: install Debian's chromium, or name a Chromium by CHROMIUM`);
  process.exitCode = 1;
} else process.exitCode = await runSearched([vitest, 'run', ...args], args.length === 0 && !isSlow && !isBrowser);
