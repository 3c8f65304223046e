import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Flow tests share one running stack per file and open real ports; the others are pure. Timings belong in the bench, so
// the timeouts here are generous: they only stop a hang.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/oracle/node_modules/**', 'node_modules/**'],
    setupFiles: ['test/seed.ts'],
    // By itself it would leave one of two cores to itself, where a flow test mostly waits for processes of its own.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
