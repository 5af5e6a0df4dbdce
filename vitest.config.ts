import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // What takes minutes is only run by `npm run faults`.
    include: ['test/**/*.test.ts', ...(process.env['SCAN_WRITER_FAULTS'] ? ['test/**/*.long.ts'] : [])],
    globalSetup: ['test/support/globalSetup.ts'],
    env: { TZ: 'UTC' },
    // one db that was lent to us cannot serve two test files at a time
    maxWorkers: process.env['SCAN_WRITER_TEST_REDIS'] ? 1 : 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/plainReporter.ts'],
  },
});
