import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // What takes long is for CI: npm run test:slow.
    include: [process.env.SLOW_TESTS ? 'tests/slow/**/*.test.ts' : 'tests/!(slow)/**/*.test.ts'],
    globalSetup: 'tests/build.ts',
    // Many tests wait for pauses and deadlines; on two cores vitest would run one file at a time.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
