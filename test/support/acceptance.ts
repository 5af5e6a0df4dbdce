import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { checkFile } from '../../src/check/index.js';
import { compareTrees } from '../../src/compare/index.js';
import { runReader } from './python.js';
import { recordingFolder } from './recordings.js';

/** `/mnt/beamline00` of the recordings, mapped to a directory of a test. */
export const mapTo = (directory: string): string => `/mnt/beamline00=${directory}`;

/** All files below a directory whose names match, sorted; none where there is no directory. */
export async function filesBelow(directory: string, pattern: RegExp): Promise<string[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Puts the files of a recording's detectors where BLISS had them, as seen through {@link mapTo}. */
export async function copyDetectorFiles(recording: string, directory: string): Promise<void> {
  const reference = path.join(recordingFolder(recording), 'reference');
  for (const file of await filesBelow(reference, /./)) {
    if (!/\/scan\d{4}\/[^/]+$/.test(file)) continue;
    const copy = path.join(directory, path.relative(reference, file));
    await mkdir(path.dirname(copy), { recursive: true });
    await copyFile(file, copy);
  }
}

export interface Comparison {
  readonly status: number | null;
  /** One for each difference. */
  readonly lines: readonly string[];
}

/**
 * Holds our files of a recording against those of the facility's own writer, in all parts.
 * @param folder of the recording
 * @param reference the folder in it with the files of the facility's writer
 */
export async function compareWithReference(
  folder: string,
  directory: string,
  reference = 'reference',
): Promise<Comparison> {
  const args = [folder, directory, '--all', '--reference', reference];
  const { status, stdout, stderr } = await runReader('compare_with_reference.py', args);
  if (status !== 0 && status !== 1) throw new Error(stderr);
  // The last line counts.
  return { status, lines: stdout.trim().split('\n').slice(0, -1) };
}

/** Our files of a recording hold what the files of the facility's own writer hold, and no reader fails with them. */
export async function expectLikeReference(recording: string, directory: string): Promise<void> {
  expect(await compareWithReference(recordingFolder(recording), directory)).toEqual({ status: 0, lines: [] });
  await expectCompared(path.join(recordingFolder(recording), 'reference'), directory);
  await expectSound(recording, directory);
}

/**
 * `compare` says of our files and those of the facility's own writer only what it may, and that if it may; here in this
 * process to save time.
 */
export async function expectCompared(
  reference: string,
  directory: string,
  said: RegExp = /^$/,
): Promise<void> {
  // No scan of the recording is saved.
  if (!existsSync(reference)) return;
  // Beside each other in the directory are files of other recordings.
  for (const top of await readdir(reference)) {
    const { differences, notCompared } = await compareTrees(
      path.join(reference, top),
      path.join(directory, top),
    );
    const sentences = differences.map(({ sentence }) => sentence);
    expect(sentences.filter((sentence) => !said.test(sentence))).toEqual([]);
    expect(notCompared).toEqual([]);
    if (!said.test('')) expect(sentences).not.toEqual([]);
  }
}

/** Our check finds no error in our files and masters of a recording, here in this process to save time. */
export async function expectSound(recording: string, directory: string): Promise<void> {
  const reference = path.join(recordingFolder(recording), 'reference');
  // No scan of the recording is saved.
  if (!existsSync(reference)) return;
  const tops = await readdir(reference);
  const files = await Promise.all(tops.map((top) => filesBelow(path.join(directory, top), /\.h5$/)));
  const ours = files.flat().filter((file) => !/\/scan\d{4}\/[^/]+$/.test(file));
  expect(ours).not.toHaveLength(0);
  for (const file of ours) {
    const { findings } = await checkFile(file);
    expect(
      findings.filter(({ severity }) => severity === 'error'),
      file,
    ).toEqual([]);
  }
}

interface Seen {
  readonly entries: Record<
    string,
    {
      title: string;
      scanned: string[];
      counters: string[];
      motors?: Record<string, number | string>;
      mca: string[];
      mca_info: Record<string, Record<string, string>>;
      spectra: Record<string, Record<string, { McaLiveTime?: unknown; total?: number }>>;
    }
  >;
}

/** What PyMca's own code sees of a file. */
async function seenByPyMca(file: string): Promise<Seen> {
  const result = await runReader('read_like_pymca.py', [file]);
  expect(result.status, result.stderr).toBe(0);
  return JSON.parse(result.stdout) as Seen;
}

/** PyMca finds in our file all that it finds in the reference's: titles, motors, counters, spectra with live time. */
export async function expectPyMcaSeesTheSame(ours: string, reference: string): Promise<void> {
  const [here, there] = await Promise.all([seenByPyMca(ours), seenByPyMca(reference)]);
  expect(Object.keys(there.entries)).not.toHaveLength(0);
  for (const [name, expected] of Object.entries(there.entries)) {
    const seen = here.entries[name];
    expect(seen, name).toMatchObject({ title: expected.title, scanned: expected.scanned });
    expect(seen?.counters).toEqual(expect.arrayContaining(expected.counters));
    expect(seen?.motors ?? {}).toMatchObject(expected.motors ?? {});
    expect(seen?.mca).toEqual(expect.arrayContaining(expected.mca));
    for (const mca of expected.mca) {
      expect(seen?.spectra[mca]?.['sum']).toEqual(expected.spectra[mca]?.['sum']);
      expect(Object.keys(seen?.mca_info[mca] ?? {})).toEqual(
        expect.arrayContaining(Object.keys(expected.mca_info[mca] ?? {})),
      );
    }
  }
}
