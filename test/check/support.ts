import path from 'node:path';
import { expect } from 'vitest';
import { runPython } from '../support/python.js';

/** What silx says of the plot in each file; null where it ends with an error itself. */
export type SilxIssues = Readonly<Record<string, readonly string[] | null>>;

/** Makes a good file and all bad ones, see make_files.py. */
export async function makeFiles(folder: string): Promise<SilxIssues> {
  const script = path.join(import.meta.dirname, 'make_files.py');
  const { status, stdout, stderr } = await runPython([script, folder]);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as SilxIssues;
}
