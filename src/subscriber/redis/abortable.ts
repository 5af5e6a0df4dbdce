import { setMaxListeners } from 'node:events';

/**
 * What the work gives, or undefined as soon as one of the signals is aborted; what becomes of the work then is nobody's
 * concern.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  ...signals: readonly AbortSignal[]
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      resolve(undefined);
    };
    const settled = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', giveUp);
    };
    // One signal can end any number of reads; Node takes more than ten for a leak.
    setMaxListeners(0, ...signals);
    for (const signal of signals) {
      if (signal.aborted) giveUp();
      else signal.addEventListener('abort', giveUp, { once: true });
    }
    work.then(resolve, reject).finally(settled);
  });
}
