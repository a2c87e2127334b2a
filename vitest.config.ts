import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/order.ts';

/** No test is about how long it takes: this ends only what hangs. */
const HANGS_MS = 600_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    pool: 'forks',
    // One more than the two cores that the checks have: some tests wait for timers or for the database.
    maxWorkers: 3,
    // A worker loads the product once for all its files, as Node does: sources as they are, one copy of each module.
    isolate: false,
    experimental: { viteModuleRunner: false },
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/reporter.ts'],
  },
});
