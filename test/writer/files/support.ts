import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { DEFAULT_LAYOUT, ScanTree, type ScanReport, type WriterStatus } from '../../../src/layout/index.js';
import type { InfoDict, ScanIdentity } from '../../../src/scan/index.js';
import { claimFile, ScanFile, type Claim, type ClaimRequest } from '../../../src/writer/files/index.js';
import { lockPath } from '../../../src/writer/files/lock.js';
import type { Hdf5Library } from '../../../src/writer/hdf5/index.js';
import { ASCAN_CHAIN, arrayOf, channelOf, infoOf, scanOf } from '../../support/scanInfo.js';

export const FILE_MODE = 0o444;
export const PROGRAM = { name: 'scan-writer', version: '1.0' };
export const DIRECTORIES = { dirMode: undefined, group: undefined };
export const FILES = { fileMode: FILE_MODE, group: undefined };
export const SCAN_FILES = { ...FILES, disk: { minFreeBytes: undefined, sync: 'auto' } } as const;
export const INFO = infoOf({ ...ASCAN_CHAIN, scan_nb: 12n, npoints: 10n });
export const COUNTER = channelOf('ctrl:diode1');

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  onTestFinished(() => {
    fs.rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

export function claimIn(directory: string, hdf5: Hdf5Library, rest: Partial<ClaimRequest> = {}): Claim {
  const file = path.join(directory, 'a_scan0012.h5');
  return claimFile(
    {
      file,
      roots: [directory],
      scan: scanOf(),
      force: false,
      directories: DIRECTORIES,
      layout: 'one',
      ...rest,
    },
    hdf5,
  );
}

export function claimedIn(
  directory: string,
  hdf5: Hdf5Library,
  rest: Partial<ClaimRequest> = {},
): Extract<Claim, { kind: 'claimed' }> {
  const claim = claimIn(directory, hdf5, rest);
  if (claim.kind !== 'claimed') throw new Error(`the file is ${claim.kind}`);
  return claim;
}

/** The file of a scan of one counter, from its claim to its end. */
export class WrittenScan {
  readonly tree: ScanTree;
  readonly file: ScanFile;
  #points = 0;

  constructor(
    claim: Extract<Claim, { kind: 'claimed' }>,
    hdf5: Hdf5Library,
    { scan = scanOf(), info = INFO }: { scan?: ScanIdentity; info?: InfoDict } = {},
  ) {
    this.tree = new ScanTree(scan, info, {
      program: PROGRAM,
      fileName: claim.file,
      now: 0,
      layout: DEFAULT_LAYOUT,
    });
    this.file = ScanFile.open(claim, this.tree.start(), SCAN_FILES, hdf5);
    this.file.write(this.tree.addChannel(COUNTER), [], { datasets: [] });
  }

  add(...values: number[]): this {
    const operations = this.#points === 0 ? this.tree.firstPoints(COUNTER, 'float64', []) : [];
    const points = arrayOf('float64', [values.length], values);
    const dataset = this.tree.datasetOf(COUNTER);
    const first = this.#points;
    this.#points += values.length;
    const { name: channel } = COUNTER;
    const kind = { dataset, channel, type: 'float64' as const, shape: [], extents: [], hasLengths: false };
    const checkpoint = { datasets: [{ ...kind, next: this.#points, received: this.#points }] };
    this.file.write(operations, [{ dataset, first, points }], checkpoint);
    return this;
  }

  /** @returns earlier files that were kept */
  finish(status: WriterStatus = 'SUCCEEDED', report: Partial<ScanReport> = {}): string[] {
    const counts = new Map([[COUNTER, this.#points]]);
    const nothing = {
      message: '',
      now: 1,
      missing: [],
      manifest: [],
      info: INFO,
      rows: counts,
      positions: new Map(),
      devices: [],
      dataset: new Map(),
    };
    this.file.write(this.tree.end({ ...nothing, state: 'DONE', counts, ...report }), [], undefined);
    const { kept } = this.file.finish({
      lastWords: this.tree.status(status),
      isComplete: status === 'SUCCEEDED',
      points: [
        {
          channel: COUNTER.name,
          dataset: this.tree.datasetOf(COUNTER),
          received: this.#points,
          pointElements: 1,
          missing: (report.missing ?? []).filter(({ channel }) => channel === COUNTER),
        },
      ],
      virtualImages: [],
    });
    return [...kept];
  }
}

/** A lock as a writer leaves it. */
export function writeLock(file: string, owner: Record<string, unknown>): void {
  const { dbName, startTimestamp } = scanOf();
  const whole = { host: os.hostname(), pid: 1, processStart: '', scan: dbName, startTimestamp, ...owner };
  fs.writeFileSync(lockPath(file), `${JSON.stringify(whole)}\n`);
}

export const filesIn = (directory: string): string[] => fs.readdirSync(directory).sort();
export const modeOf = (file: string): number => fs.statSync(file).mode & 0o7777;
