import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with the one line that scripts read: `N passed, N failed, N skipped`.
 * A file or a hook that fails counts as one failure, else a broken import would look like success.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      counts.failed += [module, ...module.children.allSuites()].filter(
        (suite) => suite.errors().length > 0,
      ).length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'pending' ? 'skipped' : state] += 1;
      }
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
