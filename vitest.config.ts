import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// npm run test:slow: what takes long, and every test file of which `npm test` runs a part of the cases only.
const isExhaustive = (file: string) => /^import .*\/exhaustive\.ts';$/m.test(readFileSync(file, 'utf8'));
const slow = () => ['tests/slow/**/*.test.ts', ...globSync('tests/!(slow)/**/*.test.ts').filter(isExhaustive)];

export default defineConfig({
  test: {
    include: process.env.SLOW_TESTS ? slow() : ['tests/!(slow)/**/*.test.ts'],
    globalSetup: 'tests/build.ts',
    // Many tests wait for pauses and deadlines; on two cores vitest would run one file at a time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
