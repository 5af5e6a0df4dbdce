import { messageOf } from '../scan/index.js';
import type { ScanTarget } from './target/index.js';
import type { WriteScanOptions } from './writeScanOptions.js';

/** The file of a scan, as masters link to it. */
export interface LinkedScan {
  readonly file: string;
  readonly startTimestamp: number;
  /** `_r1`, `_r2` when other files had the name already, else empty. */
  readonly suffix: string;
  readonly entries: readonly { readonly name: string; readonly path: string }[];
}

/**
 * Adds a scan to its master and to those above. A master that cannot be written never costs the scan.
 * @returns the path of the scan's own master, if it has one and that was written
 */
export async function updateMasters(
  options: WriteScanOptions,
  { master: own, higherMasters, roots }: ScanTarget,
  { file, startTimestamp, suffix, entries }: LinkedScan,
): Promise<string | undefined> {
  const { masters, threads, directories, files, program } = options;
  const update = async (master: string, prefix: string): Promise<string | undefined> => {
    const links = entries.map(({ name, path }) => ({
      name: `${prefix}${name}${suffix}`,
      file,
      target: path,
      startTimestamp,
    }));
    const creatorVersion = `${program.name} ${program.version}`;
    const fileTime = new Date().toISOString();
    try {
      // A template can put the master on another file system.
      const thread = await threads.of(master);
      return await masters.update(thread, {
        master,
        roots,
        links,
        creatorVersion,
        fileTime,
        directories,
        files,
      });
    } catch (error) {
      options.onWarning?.(messageOf(error));
      return undefined;
    }
  };
  const [written] = await Promise.all([
    own === undefined ? undefined : update(own, ''),
    ...higherMasters.map(({ path, prefix }) => update(path, prefix)),
  ]);
  return written;
}
