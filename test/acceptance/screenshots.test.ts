import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { backfillRecordings } from '../support/backfilling.js';
import { hasReaders, runOnDisplay } from '../support/python.js';
import { accesses, READABLE_SCANS, type ReadableScan, type ScanKind } from '../support/readableScans.js';
import { scratchDirectory } from '../support/scratch.js';
import { hasRedis } from '../support/testRedis.js';

/** Where the pictures stay after the tests. */
const ARTEFACTS = path.resolve(process.env['SCAN_WRITER_ARTEFACTS'] ?? 'artifacts');
const SPECTRUM = 'instrument/simu1_det0/data';

/** What test/readers/picture.py says of the plot in a picture. */
interface Plot {
  readonly contents: readonly [name: string, shape: readonly number[]][];
  readonly labels: readonly [x: string, y: string];
  /** The part of the points that is found in the picture. */
  readonly drawn: number;
}

interface Wanted {
  readonly kind: ScanKind;
  readonly x?: readonly string[];
  readonly y?: string;
}

describe.skipIf(!hasRedis() || !hasReaders())('pictures of backfilled scans', () => {
  const [curve, spectra, mesh, images] = (['curve', 'spectra', 'mesh', 'images'] as const).map(shownScan) as [
    ReadableScan,
    ReadableScan,
    ReadableScan,
    ReadableScan,
  ];
  let directory: string;

  beforeAll(async () => {
    directory = await scratchDirectory();
    await mkdir(ARTEFACTS, { recursive: true });
    const recordings = [curve, spectra, mesh, images].map(({ recording }) => recording);
    await backfillRecordings([...new Set(recordings)], directory);
  }, 180_000);

  /** Opens the master that is highest, makes a plot of each kind and takes a picture of each. */
  async function shoot(program: string, wanted: readonly Wanted[]): Promise<Plot[]> {
    const requests = wanted.map(({ kind, ...columns }) => {
      const { file = '', entry } = accesses(shownScan(kind)).at(-1) ?? {};
      const picture = path.join(ARTEFACTS, `${program}-${kind}.png`);
      return { kind, ...columns, file: path.join(directory, file), entry, picture };
    });
    const result = await runOnDisplay(`shoot_${program}.py`, [JSON.stringify(requests)], {
      timeoutMs: 170_000,
    });
    expect(result.status, `${result.stderr}${result.stdout}`).toBe(0);
    // programs print other things too
    const answer = result.stdout.split('\n').find((line) => line.startsWith('[{')) ?? '[]';
    return JSON.parse(answer) as Plot[];
  }

  it('show in PyMca what was ticked', async () => {
    const plots = await shoot('pymca', [
      { kind: 'curve', x: ['robx'], y: 'diode3' },
      { kind: 'spectra', y: SPECTRUM },
      { kind: 'mesh', x: ['robx', 'roby'], y: 'diode3' },
      { kind: 'images', x: [], y: 'lima_simulator' },
    ]);
    expect(plots).toMatchObject([
      {
        labels: ['robx', 'diode3'],
        contents: [[expect.stringContaining('diode3 vs robx'), [curve.points]]],
        drawn: 1,
      },
      { labels: ['Channel', 'Counts'], contents: [[expect.stringContaining('sum'), [1024]]], drawn: 1 },
      { labels: ['robx', 'roby'], contents: [[expect.anything(), [mesh.points]]], drawn: 1 },
      { labels: ['Column', 'Row'], contents: [['image', [64, 48]]], drawn: 1 },
    ]);
  }, 180_000);

  it('show in silx view the default plots and the images that were clicked', async () => {
    const plots = await shoot('silx', [
      { kind: 'curve' },
      { kind: 'mesh' },
      { kind: 'images', y: 'lima_simulator' },
    ]);
    expect(plots).toMatchObject([
      { labels: ['robx', expect.any(String)], drawn: 1 },
      { labels: ['robx', 'roby'], contents: [[expect.anything(), [mesh.points]]], drawn: 1 },
      { contents: [[expect.anything(), [64, 48]]], drawn: 1 },
    ]);
    expect(plots[0]?.contents).toContainEqual(['diode3', [curve.points]]);
  }, 180_000);
});

/** A scan of a kind, with higher masters where they are recorded. */
function shownScan(kind: ScanKind): ReadableScan {
  const scan = READABLE_SCANS.findLast((one) => one.kind === kind);
  if (scan === undefined) throw new Error(`There is no recording of ${kind}.`);
  return scan;
}
