import fs from 'node:fs';
import type { DatasetHash, TreeOperation } from '../../layout/index.js';
import { messageOf, type NumericArray, type ScanIdentity } from '../../scan/index.js';
import {
  askClosed,
  BEAT_MILLISECONDS,
  buffersOf,
  checkDirectory,
  claimFile,
  deepestExisting,
  findLinks,
  findScanFile,
  finishLost,
  KnownMasters,
  lookAtImages,
  lookAtScan,
  planMaster,
  prepareDirectory,
  probeDirectory,
  rebuildMaster,
  roomAt,
  ScanFile,
  updateMaster,
  WrittenScan,
  type Checkpoint,
  type Claim,
  type ClaimRequest,
  type DirectoryFacts,
  type DirectoryOptions,
  type DiskOptions,
  type EarlierBlock,
  type EarlierChannel,
  type Ending,
  type Finished,
  type HashRequest,
  type JournalState,
  type MasterPlan,
  type MasterRequest,
  type PlanRequest,
  type PointBlock,
  type PointColumns,
  type PointPlace,
  type PointRequest,
  type RebuildRequest,
  type RebuiltMaster,
  type RefusedBlock,
  type ScanFileOptions,
  type SeenFile,
  type WriteTimes,
  type WrittenWords,
} from '../files/index.js';
import { readEdf, type EdfBatch, type EdfRequest } from '../edf/index.js';
import {
  hdf5Versions,
  loadHdf5,
  type GroveAnswer,
  type GroveRequest,
  type Hdf5Versions,
} from '../hdf5/index.js';
import type { FoundImages } from '../imagePlan.js';
import { Moved } from './messages.js';

/** A master that was brought up to date. */
export interface UpdatedMaster {
  readonly master: string;
  /** How long it kept this thread from everything else. */
  readonly milliseconds: number;
}

/** What came of a write. */
export interface Written {
  /** Points that the file cannot hold. */
  readonly refused: readonly RefusedBlock[];
  readonly times: WriteTimes;
  /** That of the points, which may be filled again. */
  readonly buffer?: ArrayBuffer;
}

/** Names an open file across the thread's border. */
export type FileHandle = number;

const open = new Map<FileHandle, ScanFile>();
/** Files that are read only. */
const written = new Map<FileHandle, WrittenScan>();
let handles = 0;
const knownMasters = new KnownMasters();

/** In this thread, so that a file system that hangs keeps the locks of its files silent. */
setInterval(() => {
  for (const file of open.values()) file.beat();
}, BEAT_MILLISECONDS).unref();

function fileOf(handle: FileHandle): ScanFile {
  const file = open.get(handle);
  if (file === undefined) throw new TypeError(`no open file ${handle}`);
  return file;
}

function writtenOf(handle: FileHandle): WrittenScan {
  const file = written.get(handle);
  if (file === undefined) throw new TypeError(`no open file ${handle}`);
  return file;
}

function movedAnswer(answer: GroveAnswer): Moved<GroveAnswer> {
  return new Moved(answer, answer.kind === 'numbers' ? [answer.array.bytes.buffer as ArrayBuffer] : []);
}

/** What a file system's thread can be asked to do. */
export const methods = {
  /** `stat.dev` of the deepest directory on the way to a path that exists. */
  device(target: string): number {
    return fs.statSync(deepestExisting(target)).dev;
  },

  /** Makes the directory of a file below a root that exists. */
  makeDirectory(file: string, roots: readonly string[], options: DirectoryOptions): void {
    prepareDirectory(file, roots, options);
  },

  /** Why a file cannot be made, undefined when it can, and how many bytes may be written there. */
  target(
    file: string,
    roots: readonly string[],
    options: DiskOptions,
  ): { whyNot: string | undefined; freeBytes: number } {
    try {
      return { whyNot: undefined, freeBytes: roomAt(checkDirectory(file, roots), options) };
    } catch (error) {
      return { whyNot: messageOf(error), freeBytes: NaN };
    }
  },

  /** Bytes that may still be written into a directory. */
  room(directory: string, options: DiskOptions): number {
    return roomAt(directory, options);
  },

  /** Tries what the writer does in a directory, and leaves nothing there. */
  async probe(directory: string, disk: DiskOptions, group: number | undefined): Promise<DirectoryFacts> {
    return probeDirectory(directory, disk, group, await loadHdf5());
  },

  /** Of the library, which is loaded for that. */
  async hdf5Versions(): Promise<Hdf5Versions> {
    await loadHdf5();
    return hdf5Versions();
  },

  async claim(request: ClaimRequest): Promise<Claim> {
    return claimFile(request, await loadHdf5());
  },

  /** Makes the file, or goes on with the one that was claimed. */
  async open(
    claim: Extract<Claim, { kind: 'claimed' }>,
    operations: readonly TreeOperation[],
    options: ScanFileOptions,
  ): Promise<{ handle: FileHandle; resumed: JournalState | undefined }> {
    const file = ScanFile.open(claim, operations, options, await loadHdf5());
    open.set(++handles, file);
    return { handle: handles, resumed: file.resumed };
  },

  /**
   * @param checkpoint what is in the file then; undefined for the last changes of all
   * @param buffer that of the points, which goes back
   */
  write(
    file: FileHandle,
    operations: readonly TreeOperation[],
    blocks: readonly PointBlock[],
    checkpoint: Checkpoint | undefined,
    buffer: ArrayBuffer,
  ): Moved<Written> {
    const scanFile = fileOf(file);
    const refused = scanFile.write(operations, blocks, checkpoint);
    return new Moved({ refused, times: scanFile.times, buffer }, [buffer]);
  },

  /** As `write`, with what was given to the one that failed. */
  writeAgain(file: FileHandle): Written {
    const scanFile = fileOf(file);
    return { refused: scanFile.writeAgain(), times: scanFile.times };
  },

  /** Points of an open file that were flushed. */
  readPoints(file: FileHandle, places: readonly PointPlace[], request: PointRequest): Moved<PointColumns> {
    const columns = fileOf(file).readPoints(places, request);
    return new Moved(columns, buffersOf(columns));
  },

  /** What a browser of files wants to know of one that is being written. */
  ask(file: FileHandle, request: GroveRequest): Moved<GroveAnswer> {
    return movedAnswer(fileOf(file).ask(request));
  },

  /** As `ask`, of a file that is not open here. */
  async askClosed(path: string, scan: ScanIdentity, request: GroveRequest): Promise<Moved<GroveAnswer>> {
    return movedAnswer(askClosed(path, scan, request, await loadHdf5()));
  },

  /** What earlier files of the scan hold of its channels, the newest file first. */
  earlierChannels(file: FileHandle): (EarlierChannel & { readonly file: string })[] {
    return fileOf(file).earlierChannels();
  },

  /** Takes points from an earlier file. @returns how many there are in this file now, from the first on */
  takeEarlier(file: FileHandle, block: EarlierBlock, dataset: string, pointRank: number): number {
    return fileOf(file).takeEarlier(block, dataset, pointRank);
  },

  /** What the files of a detector have now; undefined for one that is not there or cannot be read. */
  async lookAtImages(files: readonly string[], dataset: string | undefined): Promise<FoundImages[]> {
    const hdf5 = await loadHdf5();
    return files.map((file) => lookAtImages(hdf5, file, dataset));
  },

  /** The next images of a detector's EDF files. */
  readEdf(request: EdfRequest): Moved<EdfBatch> {
    const batch = readEdf(request);
    return new Moved(batch, [batch.bytes.buffer]);
  },

  /** All values of datasets of real numbers. */
  numbers(file: FileHandle, datasets: readonly string[]): number[][] {
    return datasets.map((dataset) => fileOf(file).numbers(dataset));
  },

  /** Hashes rows of a dataset that will not change any more, some at a time. @returns whether it has all */
  hashSoFar(file: FileHandle, dataset: string): boolean {
    return fileOf(file).hashSoFar(dataset);
  },

  hash(file: FileHandle, datasets: readonly HashRequest[]): DatasetHash[] {
    return fileOf(file).hash(datasets);
  },

  finish(file: FileHandle, ending: Ending): Finished {
    const finished = fileOf(file).finish(ending);
    open.delete(file);
    return finished;
  },

  /**
   * @param goesOn whether somebody may go on with the file later
   * @returns where earlier files of the scan stand
   */
  giveUp(file: FileHandle, operations: readonly TreeOperation[], goesOn: boolean): string[] {
    const earlier = fileOf(file).giveUp(operations, goesOn);
    open.delete(file);
    return earlier;
  },

  /** Ends the file of a scan of which no more will come. @returns false when there was nothing to end */
  async finishLost(file: string, scan: ScanIdentity, fileMode: number, why: string): Promise<boolean> {
    return finishLost(file, scan, fileMode, why, await loadHdf5());
  },

  /** The path of the master that leads to all that is wanted already; undefined when it has to be updated. */
  async findLinks(request: MasterRequest): Promise<string | undefined> {
    return findLinks(request, await loadHdf5(), knownMasters);
  },

  async updateMaster(request: MasterRequest): Promise<UpdatedMaster> {
    const hdf5 = await loadHdf5();
    const start = performance.now();
    const master = updateMaster(request, hdf5, knownMasters);
    return { master, milliseconds: performance.now() - start };
  },

  /** What a directory tells about a master that is to be made anew. */
  async planMaster(request: PlanRequest): Promise<MasterPlan> {
    return planMaster(request, await loadHdf5());
  },

  /** Which of these files are scans of ours. */
  async lookAtScans(files: readonly string[]): Promise<SeenFile[]> {
    const hdf5 = await loadHdf5();
    return files.map((file) => lookAtScan(file, hdf5));
  },

  /** The file of a scan at this place, or with `_r1`, `_r2` behind its name; undefined when there is none. */
  async findScanFile(place: string, scan: ScanIdentity): Promise<string | undefined> {
    return findScanFile(place, scan, await loadHdf5());
  },

  async openWritten(path: string): Promise<{ handle: FileHandle; words: WrittenWords }> {
    const file = WrittenScan.open(path, await loadHdf5());
    written.set(++handles, file);
    return { handle: handles, words: file.words };
  },

  /** @param channels names */
  readWritten(handle: FileHandle, channels: readonly string[], request: PointRequest): Moved<PointColumns> {
    const columns = writtenOf(handle).readPoints(channels, request);
    return new Moved(columns, buffersOf(columns));
  },

  /** Indices of the points that are not stored as they are given. */
  differentPoints(
    handle: FileHandle,
    dataset: string,
    first: number,
    points: NumericArray | readonly string[],
  ): number[] {
    return writtenOf(handle).differentPoints(dataset, first, points);
  },

  /** Datasets that are not what they were when the writing ended. */
  changedDatasets(handle: FileHandle): string[] {
    return writtenOf(handle).changedDatasets();
  },

  closeWritten(handle: FileHandle): void {
    writtenOf(handle).close();
    written.delete(handle);
  },

  async rebuildMaster(request: RebuildRequest): Promise<RebuiltMaster> {
    return rebuildMaster(request, await loadHdf5());
  },
};

export type Methods = typeof methods;
export type MethodName = keyof Methods;
export type Arguments<M extends MethodName> = Parameters<Methods[M]>;
type Returned<M extends MethodName> = Awaited<ReturnType<Methods[M]>>;
export type Result<M extends MethodName> = Returned<M> extends Moved<infer T> ? T : Returned<M>;
