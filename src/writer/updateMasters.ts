import { messageOf } from '../scan/index.js';
import type { ScanTarget } from './target/index.js';
import { tryAgain } from './tryAgain.js';
import type { WriteScanOptions } from './writeScanOptions.js';

/** The file of a scan, as masters link to it. */
export interface LinkedScan {
  readonly file: string;
  readonly startTimestamp: number;
  /** `_r1`, `_r2` when other files had the name already, else empty. */
  readonly suffix: string;
  readonly entries: readonly { readonly name: string; readonly path: string }[];
}

export interface LinkedMasters {
  /** The scan's own, if it has one and that was written. */
  readonly master: string | undefined;
  /** Whether all of them lead to the scan. */
  readonly areMastersDone: boolean;
}

/** Adds a scan to its master and to those above. A master that cannot be written never costs the scan. */
export async function updateMasters(
  options: WriteScanOptions,
  { master: own, higherMasters, roots }: ScanTarget,
  { file, startTimestamp, suffix, entries }: LinkedScan,
  stop: AbortSignal,
): Promise<LinkedMasters> {
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
    const request = { master, roots, links, creatorVersion, fileTime, directories, files };
    try {
      return await tryAgain(
        // A template can put the master on another file system.
        async () => masters.update(await threads.of(master), request),
        options,
        stop,
      );
    } catch (error) {
      options.onWarning?.(messageOf(error));
      return undefined;
    }
  };
  const [master, ...others] = await Promise.all([
    own === undefined ? undefined : update(own, ''),
    ...higherMasters.map(({ path, prefix }) => update(path, prefix)),
  ]);
  const isOwnDone = own === undefined || master !== undefined;
  return { master, areMastersDone: isOwnDone && others.every((higher) => higher !== undefined) };
}
