import fs from 'node:fs';
import path from 'node:path';
import { afterAll } from 'vitest';
import { DEFAULT_LAYOUT } from '../../src/layout/index.js';
import type { InfoDict, ScanEvent } from '../../src/scan/index.js';
import {
  BufferPool,
  ByteBudget,
  DEFAULT_TEMPLATE,
  FileSystemThreads,
  Masters,
  PathMap,
  writeScan,
  type ScanEventSource,
  type ScanOutcome,
  type WriteScanOptions,
} from '../../src/writer/index.js';
import { ASCAN_CHAIN, EventsOf, infoOf, scanOf, type Plain } from '../support/scanInfo.js';
import { DIRECTORIES, FILES, SCAN_FILES, PROGRAM, temporaryDirectory } from './files/support.js';

/** Where a test writes scans, and what they said. */
export interface Bench {
  readonly directory: string;
  readonly options: WriteScanOptions;
  readonly warnings: string[];
  readonly budget: ByteBudget;
}

/** Shared by the tests of a file, since loading HDF5 takes its time. */
let threads: FileSystemThreads | undefined;
afterAll(() => threads?.close());

export function benchIn(
  directory = temporaryDirectory(),
  { budget = new ByteBudget(2 ** 20), ...rest }: Partial<WriteScanOptions> = {},
): Bench {
  threads ??= new FileSystemThreads();
  const warnings: string[] = [];
  const target = {
    map: new PathMap([]),
    roots: [directory],
    template: DEFAULT_TEMPLATE,
    acceptWriters: ['nexus'],
  };
  const options = {
    target,
    threads,
    masters: new Masters(),
    budget,
    buffers: new BufferPool(2 ** 20),
    flushMilliseconds: 20,
    force: false,
    linkAtStart: false,
    layout: DEFAULT_LAYOUT,
    images: 'link' as const,
    imagesMilliseconds: 0,
    directories: DIRECTORIES,
    files: FILES,
    disk: SCAN_FILES.disk,
    isRetried: false,
    program: PROGRAM,
    onWarning: (message: string) => warnings.push(message),
    ...rest,
  };
  return { directory, options, warnings, budget };
}

/** scan_info of an ascan that goes to `a.h5` of a directory. */
export function infoIn(directory: string, rest: Record<string, Plain | undefined> = {}): InfoDict {
  const filename = path.join(directory, 'a.h5');
  const saved = { save: true, data_writer: 'nexus', filename, scan_nb: 12n, npoints: 10n };
  return infoOf({ ...ASCAN_CHAIN, ...saved, title: 'ascan robx 0 1 9', ...rest });
}

export const eventsIn = (directory: string, rest?: Record<string, Plain | undefined>): EventsOf =>
  new EventsOf(scanOf(), infoIn(directory, rest));

/** A source that gives these events; functions are waited for. */
export function sourceOf(
  ...events: readonly (ScanEvent | ((signal: AbortSignal) => Promise<unknown>))[]
): ScanEventSource {
  return async function* (signal) {
    for (const event of events) {
      if (signal.aborted) return;
      if (typeof event === 'function') await event(signal);
      else yield event;
    }
  };
}

/** Waits until the source is told to stop. */
export const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

export async function write(
  bench: Bench,
  source: ScanEventSource,
  signal: AbortSignal = new AbortController().signal,
): Promise<ScanOutcome> {
  return writeScan(source, bench.options, signal);
}

/** Waits for a condition; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const SCAN_FILE = 'a_scan0012.h5';
export const scanFile = (bench: Bench): string => path.join(bench.directory, SCAN_FILE);
export const exists = (bench: Bench, name = SCAN_FILE): boolean =>
  fs.existsSync(path.join(bench.directory, name));
