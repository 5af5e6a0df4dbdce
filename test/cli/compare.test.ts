import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backfillRecordings } from '../support/backfilling.js';
import { scanWriter, type CliResult } from '../support/cli.js';
import { hasReaders, runPython } from '../support/python.js';
import { recordingFolder } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis } from '../support/testRedis.js';

interface Json {
  readonly same: boolean;
  readonly scans: number;
  readonly counts: readonly { readonly part: string; readonly count: number }[];
  readonly differences: readonly { readonly part: string; readonly sentence: string }[];
  readonly allowed: {
    readonly kinds: readonly { readonly kind: string; readonly reason: string; readonly count: number }[];
    readonly differences: readonly { readonly kind: string; readonly scan: string; readonly path: string }[];
  };
  readonly not_compared: { readonly count: number };
}

const compare = (...args: string[]): Promise<CliResult> => scanWriter(['compare', ...args]);
const jsonOf = ({ stdout }: CliResult): Json => JSON.parse(stdout) as Json;

describe.skipIf(!hasReaders())('scan-writer compare', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await scratchDirectory();
    const script = path.join(import.meta.dirname, '../compare/make_files.py');
    const { status, stderr } = await runPython([script, folder]);
    expect(status, stderr).toBe(0);
  });
  const at = (name: string): string => path.join(folder, name);

  it('says nothing of a file and itself, and ends with 0', async () => {
    expect(await compare(at('types_a.h5'), at('types_a.h5'))).toEqual({
      status: 0,
      stdout: `A: ${at('types_a.h5')}\nB: ${at('types_a.h5')}\n1 scan compared: no difference\n`,
      stderr: '',
    });
  });

  it('ends with 5 when it has found a difference', async () => {
    const { status, stdout, stderr } = await compare(at('wide_a.h5'), at('wide_b.h5'));
    expect({ status, stderr }).toEqual({ status: 5, stderr: '' });
    expect(stdout.split('\n').slice(2, -1)).toEqual([
      'scan 1.1:',
      '  images wide: image 1 of 2, row 2999, column 999, differs: 0 in A, 1 in B (1 pixel differs)',
      '1 scan compared: 1 difference',
    ]);
  });

  it('prints twenty differences of a part and counts the others', async () => {
    const result = await compare(at('many_a.h5'), at('many_b.h5'));
    const lines = result.stdout.split('\n');
    expect(lines.filter((line) => line.includes('counter '))).toHaveLength(20);
    expect(lines).toContain('  and 5980 more in counters');
    expect(lines).toContain('  metadata steering: "\\u001b[2Ja" in A, "\\u001b[2Jb" in B');
    expect(result.stdout).not.toContain('\u001b');
    const json = jsonOf(await compare('--json', at('many_a.h5'), at('many_b.h5')));
    expect(json.counts).toContainEqual({ scan: '1.1', part: 'counter', count: 6000 });
    expect(json.differences[0]).toEqual({
      scan: '1.1',
      part: 'counter',
      aspect: 'missing',
      path: 'measurement/a0000',
      missing_in: 'B',
      sentence: 'counter a0000 is missing in B',
    });
    expect(json.differences.filter(({ part }) => part === 'counter')).toHaveLength(1000);
  });

  it('ends with 1 when something could not be read, and says what', async () => {
    const lists = await compare(at('lists_a.h5'), at('lists_b.h5'));
    expect(lists.status).toBe(1);
    expect(lists.stdout).toMatch(/not compared:\n {2}scan 1\.1: counter lists was not compared: .*\n1 scan/);
    expect(lists.stdout).toContain('1 scan compared: no difference; 1 part not compared\n');
    expect(await compare(at('cut.h5'), at('wide_a.h5'))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^scan-writer: Cannot open .*cut\.h5: truncated file.*\n$/) as string,
    });
  });

  it.each([
    ['nofile.h5', 'does not exist.'],
    ['text.h5', 'is not an HDF5 file.'],
  ])('ends with 2 when it cannot be meant: %s', async (name, why) => {
    const stderr = `scan-writer: ${at(name)} ${why}\n`;
    expect(await compare(at('plain.h5'), at(name))).toEqual({ status: 2, stdout: '', stderr });
    expect(await compare(at(name), at('plain.h5'))).toEqual({ status: 2, stdout: '', stderr });
  });

  it('ends with 2 without a second file', async () => {
    expect(await compare(at('plain.h5'))).toMatchObject({ status: 2, stdout: '' });
  });
});

describe.skipIf(!hasRedis() || !hasReaders())('scan-writer compare of files of two writers', () => {
  const recording = 'consecutive';
  const reference = path.join(recordingFolder(recording), 'reference', recording);
  let ours: string;
  beforeAll(async () => {
    const directory = await scratchDirectory();
    await backfillRecordings([recording], directory);
    ours = path.join(directory, recording);
  });
  const session = (folder: string, file: string): string => path.join(folder, 'inhse_session', file);

  it('takes folders, a dataset of one file, a master, and files of single scans', async () => {
    const dataset = session(reference, 'data.h5');
    for (const [a, b] of [
      [reference, ours],
      [ours, reference],
      [dataset, ours],
      [dataset, session(ours, 'data.h5')],
    ] as const) {
      const { status, stdout } = await compare(a, b);
      expect(stdout).toMatch(/\n4 scans compared: no difference\n\d+ allowed differences, of \d+ kinds/);
      expect(status).toBe(0);
    }
    const one = await compare(session(ours, 'data_scan0002.h5'), dataset);
    expect(one.stdout).toContain('1 scan compared: 3 differences');
    expect(one.stdout).toContain('scan 1.1:\n  the scan is missing in A (');
    expect(one.status).toBe(5);
  });

  it('lists what is allowed, with the reason', async () => {
    const { stdout } = await compare('--allowed', reference, ours);
    expect(stdout).toMatch(
      /^allowed, wider-type \(.*bool as uint8.*\):\n {2}scan 1\.1: metadata instrument/m,
    );
    const { same, scans, allowed, not_compared } = jsonOf(await compare('--json', reference, ours));
    expect({ same, scans, unread: not_compared.count }).toEqual({ same: true, scans: 4, unread: 0 });
    for (const { kind, reason, count } of allowed.kinds) {
      expect(reason).not.toBe('');
      expect(allowed.differences.filter((each) => each.kind === kind)).toHaveLength(count);
    }
  });
});
