import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backfillRecordings } from '../support/backfilling.js';
import { hasReaders, PYTHONS, runReader } from '../support/python.js';
import { accesses, READABLE_SCANS, scanFile } from '../support/readableScans.js';
import { recordingFolder } from '../support/recordings.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis } from '../support/testRedis.js';

/** What a script of test/readers says of a scan, see seen.py. */
interface Answer {
  readonly seen?: {
    readonly entries: readonly [name: string, title: string][];
    readonly spectra?: Readonly<Record<string, { readonly calibration: readonly number[] }>>;
  };
  /** By h5py. */
  readonly sources?: readonly string[];
}

/** Every scan through every file that leads to it. */
const VIEWS = READABLE_SCANS.flatMap((scan) =>
  accesses(scan).map((access) => ({ ...scan, ...access, scanFile: scanFile(scan) })),
);

type View = (typeof VIEWS)[number];
type Answers = ReadonlyMap<View, Answer>;

/** Of the MCA simu1; simu2 has none. */
const CALIBRATION = [0.5, 0.01, 0];

const RECORDINGS = [...new Set(READABLE_SCANS.map(({ recording }) => recording))];

describe.skipIf(!hasRedis() || !hasReaders())('backfilled scans of every kind', () => {
  let directory: string;
  let expected: Answers;

  const inOurs = ({ file }: View): string => path.join(directory, file);

  beforeAll(async () => {
    directory = await scratchDirectory();
    await backfillRecordings(RECORDINGS, directory, ['--mca-calibration', `simu1=${CALIBRATION.join()}`]);
    expected = await readReference(await read('read_h5py.py', inOurs));
  }, 180_000);

  describe.each(PYTHONS)('with $readers', ({ python }) => {
    let h5py: Answers;
    let silx: Answers;
    let pymca: Answers;

    beforeAll(async () => {
      [h5py, silx, pymca] = await Promise.all([
        read('read_h5py.py', inOurs, python),
        read('read_silx.py', inOurs, python),
        read('read_pymca.py', inOurs, python),
      ]);
    }, 180_000);

    describe.each(VIEWS)('$kind of $recording through $through', (view) => {
      it('are in h5py what the reference holds, by links that can be moved', () => {
        const { seen, sources } = expected.get(view) ?? {};
        expect(h5py.get(view)).toEqual({ seen, sources, link: linkTo(view) });
      });

      it('are in silx what the reference holds, with plots that are valid', () => {
        expect(silx.get(view)).toEqual({
          seen: expected.get(view)?.seen,
          plots: expect.arrayContaining(['plotselect']) as string[],
          issues: [],
          default: {
            scan: expect.objectContaining({ axes: view.axes }) as unknown,
            file: expect.objectContaining({ signal: expect.any(String) as string }) as unknown,
          },
        });
      });

      it('are in PyMca what the reference holds', () => {
        expect(pymca.get(view)).toEqual({ seen: expected.get(view)?.seen });
      });

      if (view.kind === 'spectra') {
        it('have the calibration that was given, in PyMca', () => {
          const spectra = Object.entries(pymca.get(view)?.seen?.spectra ?? {});
          expect(spectra).not.toHaveLength(0);
          for (const [name, { calibration }] of spectra) {
            expect(calibration, name).toEqual(name.includes('simu1_') ? CALIBRATION : [0, 1, 0]);
          }
        });
      }
    });
  });
});

/** What a reader sees of all views, in one process. */
async function read(script: string, fileOf: (view: View) => string, python?: string): Promise<Answers> {
  const requests = VIEWS.map((view) => {
    const { kind, entry, x, y } = view;
    return { kind, entry, x, y, file: fileOf(view) };
  });
  const options = { timeoutMs: 150_000, ...(python === undefined ? {} : { python }) };
  const result = await runReader(script, [JSON.stringify(requests)], options);
  expect(result.status, result.stderr).toBe(0);
  const answers = JSON.parse(result.stdout) as Answer[];
  return new Map(VIEWS.map((view, index) => [view, answers[index] ?? {}]));
}

/**
 * What h5py reads in the files of the facility's own writer: scans are in the master of the dataset there, and the
 * higher masters have the same names. It writes no calibration: readers have to find the one that is beside our spectra.
 */
async function readReference(ours: Answers): Promise<Answers> {
  const reference = await read('read_h5py.py', ({ recording, file, masters, scanFile: own }) =>
    path.join(recordingFolder(recording), 'reference', file === own ? masters[0] : file),
  );
  return new Map(
    [...reference].map(([view, { seen, sources = [] }]) => {
      expect(seen, view.file).toBeDefined();
      const entries =
        seen?.entries.filter(([name]) => view.file !== view.scanFile || name === view.entry) ?? [];
      const spectra = Object.entries(seen?.spectra ?? {}).map(([name, spectrum]) => {
        const calibration = ours.get(view)?.seen?.spectra?.[name]?.calibration ?? [];
        return [name, { ...spectrum, calibration }] as const;
      });
      const calibrated = seen?.spectra && { spectra: Object.fromEntries(spectra) };
      return [view, { seen: { ...seen, entries, ...calibrated }, sources }];
    }),
  );
}

/** The external link of a master, relative to it: file and path. */
function linkTo({ file, scanFile: own, entry }: View): [string, string] | null {
  if (file === own) return null;
  return [path.relative(path.dirname(file), own), `/${entry.replace(/^.*_/, '')}`];
}
