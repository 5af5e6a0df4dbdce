import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];

// Here and not in the function: a hook that a running test or hook registers is never called.
afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true, force: true });
});

/** An empty directory that is gone after the test file. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'scan-writer-test-'));
  made.push(directory);
  return directory;
}
