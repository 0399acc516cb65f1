import { defineConfig } from 'vitest/config';

// Real Postgres, real processes and 2 cores: files run one after another, so that a planted
// stall is measured against an otherwise quiet machine. No retries: a flaky test is a bug.
export default defineConfig({
  test: {
    include: ['test/{unit,integration,e2e}/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    retry: 0,
    // For the tests that say `concurrent`: as many as 2 cores bear.
    maxConcurrency: 4,
    pool: 'forks',
  },
});
