import { PROGRAM } from '../version.js';
import {
  ByteBudget,
  FileSystemThreads,
  Masters,
  PathMap,
  type LayoutOptions,
  type OnSilence,
  type TargetPolicy,
  type WriteScanOptions,
} from '../writer/index.js';
import type { Settings } from './settings.js';

export type Shared = Pick<WriteScanOptions, 'threads' | 'masters' | 'budget'>;

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
    close: () => threads.close(),
  };
}

/** The options of one scan's writing. */
export function writeOptions(
  settings: Settings,
  shared: Shared,
  rest: Pick<
    WriteScanOptions,
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
    flushMilliseconds: settings.flush,
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
  const { map, root, fileTemplate, acceptWriter, unnamed, output } = settings;
  return {
    map: new PathMap(map),
    roots: root,
    template: fileTemplate,
    acceptWriters: acceptWriter,
    ...(unnamed === undefined ? {} : { unnamed }),
    ...(output === undefined ? {} : { output }),
  };
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
