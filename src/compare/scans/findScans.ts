import { realpathSync } from 'node:fs';
import path from 'node:path';
import { ScanWriterError } from '../../scan/index.js';
import { classOf, clauseOf, type GroupView, type OpenedFiles } from '../../reading/index.js';
import type { Tree } from './findFiles.js';

/** An entry of a file: one scan, or one of several top masters of it. */
export interface FoundScan {
  /** `12.1`; the name of an entry of another form as it is, and `/` for a file without entries. */
  readonly number: string;
  /** The file that holds it, and its path there. */
  readonly file: string;
  readonly path: string;
  /** Folder below the tree, and the name of the dataset: what its file is called without the scan's number. */
  readonly folder: string;
  readonly dataset: string;
  /** Seconds, undefined where it has none that can be read. */
  readonly start: number | undefined;
  readonly title: string | undefined;
}

/** A file that links to entries in other files. */
export interface FoundMaster {
  /** Below the tree. */
  readonly name: string;
  /** Names in its root, and the scan to which each leads: its file and path. */
  readonly links: ReadonlyMap<string, string>;
}

export interface FoundScans {
  readonly scans: readonly FoundScan[];
  readonly masters: readonly FoundMaster[];
  /** Names in the root of each file, by the file's name below the tree. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** Files, and links of masters, that cannot be read: a sentence each. */
  readonly unread: readonly string[];
}

/** The name of an entry, with the name of its dataset in front in the master of a collection. */
const NUMBER = /(?:^|_)(\d+\.\d+)(?:_r\d+)?$/;
/** What names of files have behind the name of the dataset. */
const OF_ONE_SCAN = /_scan\d+(_r\d+|_earlier\d+)?$/;

/** The identity of an entry, by whatever name it was found. */
export function idOf({ file, path: entry }: { readonly file: string; readonly path: string }): string {
  return `${realpathSync(file)}::${entry}`;
}

/** All entries in and behind the files of a tree, each once. */
export function findScans(tree: Tree, files: OpenedFiles): FoundScans {
  const scans = new Map<string, FoundScan>();
  const masters: FoundMaster[] = [];
  const names = new Map<string, ReadonlySet<string>>();
  const unread: string[] = [];
  const folder = tree.isFolder ? tree.root : path.dirname(tree.root);
  for (const file of tree.files) {
    const name = path.relative(folder, file);
    try {
      const root = files.rootOf(file);
      names.set(name, new Set(root.names()));
      const links = new Map<string, string>();
      for (const [child, entry, isLink] of entriesIn(root, unread)) {
        const scan = scanOf(entry, folder, child);
        scans.set(idOf(scan), scan);
        if (isLink) links.set(child, idOf(scan));
      }
      if (links.size > 0) masters.push({ name, links });
      if (links.size === 0 && !tree.isFolder && scans.size === 0) {
        const scan = scanOf(root, folder, '/');
        scans.set(idOf(scan), scan);
      }
    } catch (error) {
      if (!(error instanceof ScanWriterError) || !tree.isFolder) throw error;
      unread.push(`${file} was not compared: ${clauseOf(error)}`);
    }
  }
  const found = [...scans.values()];
  // Files of detectors have entries as well, which the scans lead to.
  const numbered = found.filter((scan) => NUMBER.test(scan.number));
  return { scans: numbered.length > 0 ? numbered : found, masters, names, unread };
}

function* entriesIn(
  root: GroupView,
  unread: string[],
): Generator<readonly [name: string, entry: GroupView, isLink: boolean]> {
  for (const name of root.names()) {
    const entry = root.at(name);
    if (entry.kind === 'broken') {
      unread.push(`/${name} in ${root.file} was not compared: ${entry.reason}`);
      continue;
    }
    if (entry.kind !== 'group') continue;
    if (NUMBER.test(name) || classOf(entry) === 'NXentry') yield [name, entry, entry.file !== root.file];
  }
}

function scanOf(entry: GroupView, folder: string, name: string): FoundScan {
  const own = path.posix.basename(entry.path);
  const number = NUMBER.exec(own)?.[1] ?? NUMBER.exec(name)?.[1] ?? (own === '' ? '/' : own);
  const file = path.relative(folder, entry.file);
  const start = Date.parse(textOf(entry, 'start_time') ?? '');
  return {
    number,
    file: entry.file,
    path: entry.path,
    folder: path.dirname(file),
    dataset: path.basename(file, path.extname(file)).replace(OF_ONE_SCAN, ''),
    start: Number.isNaN(start) ? undefined : start / 1000,
    title: textOf(entry, 'title'),
  };
}

/** Undefined also where it is damaged, which is said when the entry is compared. */
function textOf(entry: GroupView, name: string): string | undefined {
  try {
    const dataset = entry.has(name) ? entry.at(name) : undefined;
    return dataset?.kind === 'dataset' ? dataset.text() : undefined;
  } catch (error) {
    if (!(error instanceof ScanWriterError)) throw error;
    return undefined;
  }
}
