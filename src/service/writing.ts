import { PROGRAM } from '../version.js';
import {
  BufferPool,
  ByteBudget,
  FileSystemThreads,
  Masters,
  namedRoots,
  PathMap,
  type LayoutOptions,
  type OnSilence,
  type TargetPolicy,
  type WriteScanOptions,
} from '../writer/index.js';
import type { Settings } from './settings.js';
import { shadowPolicy } from './shadow.js';

/** What of the memory is kept for what goes to the threads. */
const KEPT_SHARE = 8;

export type Shared = Pick<WriteScanOptions, 'threads' | 'masters' | 'budget' | 'buffers'>;

/** What all scans of this process share, until it is told to stop: threads, masters and the memory budget. */
export function sharedWriting(
  settings: Settings,
  stop: AbortSignal,
  onSilence?: OnSilence,
): Shared & { close(): Promise<void> } {
  const threads = new FileSystemThreads(onSilence);
  return {
    threads,
    masters: new Masters(stop),
    budget: new ByteBudget(settings.memory),
    buffers: new BufferPool(settings.memory / KEPT_SHARE),
    close: () => threads.close(),
  };
}

/** The options of one scan's writing. */
export function writeOptions(
  settings: Settings,
  shared: Shared,
  rest: Pick<
    WriteScanOptions,
    | 'flushMilliseconds'
    | 'linkAtStart'
    | 'imagesMilliseconds'
    | 'isRetried'
    | 'onOpen'
    | 'onWritten'
    | 'onProgress'
    | 'onWaiting'
    | 'onWarning'
  >,
): WriteScanOptions {
  const { group } = settings;
  return {
    ...shared,
    ...rest,
    target: targetPolicy(settings),
    force: settings.force,
    images: settings.images,
    layout: layoutOf(settings),
    directories: { dirMode: settings.dirMode, group },
    files: { fileMode: settings.fileMode, group },
    disk: diskOptions(settings),
    program: PROGRAM,
  };
}

export function diskOptions({ minFree, sync }: Settings): WriteScanOptions['disk'] {
  return { minFreeBytes: minFree, sync };
}

/** Where files may go. */
export function targetPolicy(settings: Settings): TargetPolicy {
  const { map, root, fileTemplate, acceptWriter, unnamed, output, shadow } = settings;
  const pathMap = new PathMap(map);
  if (shadow !== undefined) return shadowPolicy(shadow, fileTemplate, pathMap);
  return {
    map: pathMap,
    roots: root,
    template: fileTemplate,
    acceptWriters: acceptWriter,
    ...(unnamed === undefined ? {} : { unnamed }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Directories below which something may be written. */
export function writtenDirectories(settings: Settings): string[] {
  const policy = targetPolicy(settings);
  return [...new Set([...namedRoots(policy), ...(policy.unnamed === undefined ? [] : [policy.unnamed])])];
}

function layoutOf(settings: Settings): LayoutOptions {
  const { generic, keepShape, multivaluePositioners, scalarCt, compression, chunkSize } = settings;
  return {
    generic,
    keepShape,
    multivaluePositioners,
    scalarCt,
    compression,
    chunkBytes: chunkSize,
    mcaCalibrations: new Map(settings.mcaCalibration),
  };
}
