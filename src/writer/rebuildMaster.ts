import path from 'node:path';
import type { WriterProgram } from '../layout/index.js';
import { ScanWriterError } from '../scan/index.js';
import type {
  DirectoryOptions,
  FileOptions,
  MasterPlan,
  RebuiltMaster,
  SeenFile,
  WantedLink,
} from './files/index.js';
import type { FileSystemThreads } from './thread/index.js';

export interface RebuildOptions {
  readonly threads: FileSystemThreads;
  readonly template: string;
  /** Make the master of all datasets below its directory. */
  readonly below: boolean;
  /** Also replace a file that cannot be read. */
  readonly force: boolean;
  readonly directories: DirectoryOptions;
  readonly files: FileOptions;
  readonly program: WriterProgram;
  readonly signal: AbortSignal;
  /** How many of the scans' files were looked at. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** A master as it was made from its directory. */
export interface MasterRebuild extends RebuiltMaster {
  /** Where it was asked for. */
  readonly asked: string;
  /** Files that can be neither read nor linked; links to them that were there are kept. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

/** Looked at in one call: some 0.2 s of the thread's time. */
const FILES_A_CALL = 50;

/**
 * Makes a master from the files of its scans and from what it leads to already. A directory says less than the scans
 * did: files elsewhere are known from the present master only.
 * @param master absolute; naming it is the permission to write it
 * @throws ScanWriterError `usage` when there is no such place or nothing to link; `target`, `locked`, `foreign`, `hdf5`
 */
export async function rebuildMaster(master: string, options: RebuildOptions): Promise<MasterRebuild> {
  const { threads, template, below, force, directories, files, program } = options;
  const thread = await threads.of(master);
  const plan = await thread.call('planMaster', [{ master, template, below }]);
  const seen = await lookAtFiles(plan, options);
  const rebuilt = await thread.call('rebuildMaster', [
    {
      master: plan.master,
      roots: [path.dirname(plan.master)],
      links: linksTo(plan, seen),
      dangling: plan.links.filter(({ file, target }) => {
        const found = seen.get(file);
        return found?.kind === 'ours' && !found.entries.includes(target.slice(1));
      }),
      force,
      creatorVersion: `${program.name} ${program.version}`,
      fileTime: new Date().toISOString(),
      directories,
      files,
    },
  ]);
  const unreadable = [...seen.values()].flatMap((found) =>
    found.kind === 'unreadable' ? [{ file: found.file, reason: found.reason }] : [],
  );
  return { ...rebuilt, asked: plan.master, unreadable };
}

/** Files that links lead to can be on other file systems. */
async function lookAtFiles(plan: MasterPlan, options: RebuildOptions): Promise<Map<string, SeenFile>> {
  const wanted = new Set([...plan.candidates, ...plan.links].map(({ file }) => file));
  const byDirectory = new Map<string, string[]>();
  for (const file of wanted) {
    const directory = path.dirname(file);
    const files = byDirectory.get(directory);
    if (files === undefined) byDirectory.set(directory, [file]);
    else files.push(file);
  }
  const seen = new Map<string, SeenFile>();
  for (const files of byDirectory.values()) {
    const thread = await options.threads.of(files[0] ?? '');
    for (let at = 0; at < files.length; at += FILES_A_CALL) {
      if (options.signal.aborted)
        throw new ScanWriterError('target', `Stopped: ${plan.master} was left as it is.`);
      const found = await thread.call('lookAtScans', [files.slice(at, at + FILES_A_CALL)]);
      for (const file of found) seen.set(file.file, file);
      options.onProgress?.(seen.size, wanted.size);
    }
  }
  return seen;
}

/** Every entry once, under the name that it had. */
function linksTo({ candidates, links }: MasterPlan, seen: ReadonlyMap<string, SeenFile>): WantedLink[] {
  const wanted = new Map<string, WantedLink>();
  const add = (name: string, file: string, target: string): void => {
    const found = seen.get(file);
    if (found?.kind !== 'ours' || !found.entries.includes(target.slice(1))) return;
    const key = `${file}\0${target}`;
    if (!wanted.has(key)) wanted.set(key, { name, file, target, startTimestamp: found.startTimestamp });
  };
  for (const { name, file, target } of links) add(name, file, target);
  for (const { file, prefix, suffix } of candidates) {
    const found = seen.get(file);
    const entries = found?.kind === 'ours' ? found.entries : [];
    for (const entry of entries) add(`${prefix}${entry}${suffix}`, file, `/${entry}`);
  }
  return [...wanted.values()];
}
