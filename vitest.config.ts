import { globSync, readFileSync } from 'node:fs';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';

// npm run test:slow: what takes long, and every test file of which `npm test` runs a part of the cases only.
const isExhaustive = (file: string) => /^import .*\/exhaustive\.ts';$/m.test(readFileSync(file, 'utf8'));
const slow = () => [...globSync('tests/slow/**/*.test.ts'), ...quick().filter(isExhaustive)];
const browser = () => globSync('tests/browser/**/*.test.ts');
const quick = () => globSync('tests/!(slow|browser)/**/*.test.ts');
const files = process.env.SLOW_TESTS ? slow() : process.env.BROWSER_TESTS ? browser() : quick();

/** Some of the test files, which share processes, or have one each. Those of a higher order run afterwards. */
function project(name: string, isolate: boolean, isOne: (file: string) => boolean, groupOrder = 0): TestProjectConfiguration {
  return { extends: true, test: { name, isolate, include: files.filter(isOne), sequence: { groupOrder } } };
}
// What measures the browser runs when nothing else does.
const isMeasured = (file: string) => file === 'tests/browser/speed.test.ts';
// What these leave behind in their process is nothing that another file sees.
const isTidy = (file: string) => /^tests\/(unit|property)\//.test(file);

export default defineConfig({
  test: {
    projects: [
      project('modules', false, isTidy),
      project('processes', true, (file) => !isTidy(file) && !isMeasured(file)),
      project('measures', true, isMeasured, 1),
    ],
    globalSetup: 'tests/build.ts',
    setupFiles: 'tests/audit-lines.ts',
    // Handlers are imported as they are built; Vite would parse each of their many instances again.
    server: { deps: { external: [/\/dist(-\w+)?\//] } },
    // Many tests wait for pauses and deadlines; on two cores vitest would run one file at a time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A browser on two busy cores takes its time; nothing waits longer than it must.
    expect: { poll: { timeout: 10_000 } },
  },
});
