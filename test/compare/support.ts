import { cp } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { compareTrees } from '../../src/compare/index.js';
import { runPython } from '../support/python.js';
import { scratchDirectory } from '../support/scratch.js';

/** A copy of a folder in which one thing is different, see mutate.py. */
export async function mutated(folder: string, mutation: string): Promise<string> {
  const copy = path.join(await scratchDirectory(), 'copy');
  await cp(folder, copy, { recursive: true });
  const script = path.join(import.meta.dirname, 'mutate.py');
  const { status, stderr } = await runPython([script, copy, mutation]);
  expect(status, stderr).toBe(0);
  return copy;
}

/** The sentences of all differences, and of what was not compared. */
export async function foundBetween(A: string, B: string): Promise<string[]> {
  const { differences, notCompared } = await compareTrees(A, B);
  return [...differences, ...notCompared].map(({ sentence }) => sentence);
}
