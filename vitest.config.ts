import { defineConfig } from 'vitest/config';

/** What runs beside others: files that assert what happened, and no time but a generous deadline. */
const beside = [
  'test/unit/**/*.test.ts',
  'test/integration/{ledger,results,serve,state,steps}/**/*.test.ts',
  'test/integration/environment/{data,database,services,snapshot}*.test.ts',
  'test/e2e/{ci-files,ci-formats,command-line,compare,names,package,trend}.test.ts',
];

// Real Postgres, real processes and 2 cores: the other files run one after another, so that a planted stall is
// measured against an otherwise quiet machine. No retries: a flaky test is a bug.
export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 120_000,
    retry: 0,
    // For the tests that say `concurrent`: as many as 2 cores bear.
    maxConcurrency: 4,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: { name: 'beside', include: beside, maxWorkers: 3, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ['test/{unit,integration,e2e}/**/*.test.ts'],
          exclude: beside,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
