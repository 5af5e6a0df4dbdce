import path from 'node:path';
import { PROGRAM } from '../version.js';
import {
  FileSystemThreads,
  rebuildMaster,
  type MasterRebuild,
  type RebuildOptions,
} from '../writer/index.js';
import type { Settings } from './settings.js';

export type RebuildSettings = Pick<Settings, 'fileTemplate' | 'fileMode' | 'group' | 'force'>;

export interface RebuildRequest extends Pick<RebuildOptions, 'below' | 'signal'> {
  readonly masters: readonly string[];
  readonly settings: RebuildSettings;
  readonly onProgress?: (master: string, done: number, of: number) => void;
  /** A master cannot be made; the others are. */
  readonly onFailed: (master: string, error: unknown) => void;
}

/**
 * Makes masters from the files of their scans, one after the other; needs no Redis.
 * @returns those that were made
 */
export async function rebuildMasters(request: RebuildRequest): Promise<MasterRebuild[]> {
  const { masters, settings, below, signal, onProgress, onFailed } = request;
  const { fileTemplate: template, fileMode, group, force } = settings;
  const threads = new FileSystemThreads();
  const shared = { threads, template, below, force, signal, program: PROGRAM };
  const rebuilt: MasterRebuild[] = [];
  try {
    for (const master of new Set(masters.map((name) => path.resolve(name)))) {
      try {
        rebuilt.push(
          await rebuildMaster(master, {
            ...shared,
            directories: { dirMode: undefined, group },
            files: { fileMode, group },
            onProgress: (done, of) => onProgress?.(master, done, of),
          }),
        );
      } catch (error) {
        onFailed(master, error);
      }
    }
    return rebuilt;
  } finally {
    await threads.close();
  }
}
