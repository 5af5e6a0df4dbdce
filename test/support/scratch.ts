import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

/** An empty directory that is gone after the test file. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'scan-writer-test-'));
  afterAll(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
