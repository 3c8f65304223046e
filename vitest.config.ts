import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first, so that both cores have work to the end: flow tests, and the larger files of each sort before the smaller. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const short = ({ moduleId }: TestSpecification): number => (moduleId.includes('/test/flow/') ? 0 : 1);
    return sorted.sort((a, b) => short(a) - short(b));
  }
}

// Flow tests share one running stack per file and open real ports; the others are pure. Timings belong in the bench, so
// the timeouts here are generous: they only stop a hang.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/oracle/node_modules/**', 'node_modules/**'],
    globalSetup: 'test/scratch.ts',
    setupFiles: ['test/seed.ts', 'test/variables.ts'],
    // A module is loaded once for each worker, not for each file: half of the processor's time went into that. So a test takes
    // back what it puts into a module; test/variables.ts does it for the environment.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // By itself it would leave one of two cores to itself, where a flow test mostly waits for processes of its own.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
