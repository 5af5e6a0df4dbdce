import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;

/** Whether file systems can be mounted: for root outside of containers that forbid it. Tests that need it are skipped. */
export const canMount = ((): boolean => {
  const directory = mkdtempSync(path.join(tmpdir(), 'mount-'));
  const can = mount('-t', 'tmpfs', '-o', 'size=64k', 'none', directory);
  if (can) spawnSync('umount', [directory]);
  rmSync(directory, { recursive: true });
  return can;
})();

/** A file system of its own, gone after the test. `options` as `mount -o` takes them: `size=1m`, `ro`. */
export function temporaryMount(options: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'mount-'));
  if (!mount('-t', 'tmpfs', '-o', options, 'none', directory)) throw new Error('mount does not work');
  onTestFinished(() => {
    spawnSync('umount', ['-l', directory]);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
