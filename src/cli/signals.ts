import type { Logger } from 'pino';

/** Aborted by the first SIGTERM or SIGINT; the second SIGINT stops at once. */
export function stopSignal(others: readonly NodeJS.Signals[] = []): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  for (const name of ['SIGTERM', 'SIGINT', ...others]) process.once(name, stop);
  return controller.signal;
}

/** SIGUSR2 begins to log details, and ends it again. */
export function toggleDebug(log: Logger): void {
  process.on('SIGUSR2', () => {
    const level = log.level === 'debug' ? 'info' : 'debug';
    log.level = level;
    log.info({ logLevel: level }, `logging from level ${level} on`);
  });
}
