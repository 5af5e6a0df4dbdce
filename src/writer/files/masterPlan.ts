import fs from 'node:fs';
import path from 'node:path';
import type { MasterLink } from '../../layout/index.js';
import { ScanWriterError } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { filesOfTemplate } from '../target/index.js';
import { onTarget } from './fsErrors.js';
import { KnownMasters, type MasterContent } from './masterContent.js';
import { placesOf } from './masterFile.js';
import { lookAtScan } from './ownScans.js';

export interface PlanRequest {
  /** The master to make, absolute; it may be there already. */
  readonly master: string;
  /** How the files of its scans are named. */
  readonly template: string;
  /** Whether it is to lead to the scans of all datasets below its directory: the master of a collection or proposal. */
  readonly below: boolean;
}

/** A file that is a scan of the master by its name. */
export interface CandidateFile {
  readonly file: string;
  /** Around the names of its entries: the dataset in front when several stand in one master, `_r1` behind. */
  readonly prefix: string;
  readonly suffix: string;
}

/** What a directory tells about a master that is to be made anew. */
export interface MasterPlan {
  readonly master: string;
  readonly candidates: readonly CandidateFile[];
  /** What masters there lead to under which name, the present one first; files are absolute. */
  readonly links: readonly MasterLink[];
}

/** The name of a scan's file by the default template, and the dataset in it. */
const SCAN_FILE = /^(?<dataset>.+)_scan\d+(?:_r\d+)?\.h5$/;
const ENTRY = /^\d+\.\d+(?:_r\d+)?$/;
/** Files that were set aside; see `earlier.ts`. */
const EARLIER = /_earlier\d+$/;
/** Where BLISS lets detectors save: thousands of files, and none of ours. */
const IMAGES_FOLDER = /^scan\d+$/;

/**
 * Finds what can belong to a master, by the names of files and by the masters that are there.
 * @throws ScanWriterError `usage` for a place where no master can be; `target` when a directory cannot be read
 */
export function planMaster(request: PlanRequest, hdf5: Hdf5Library): MasterPlan {
  const known = new KnownMasters();
  const master = besideWhichItStands(request.master, known, hdf5);
  assertPlace(master, hdf5);
  const present = presentLinks(master, known, hdf5);
  const isOfDatasets = present.some(({ name }) => !ENTRY.test(name));
  if (request.below && present.length > 0 && !isOfDatasets) {
    throw new ScanWriterError('usage', `${master} is the master of one dataset: leave --below out for it.`, {
      subject: master,
    });
  }
  if (request.below || isOfDatasets) {
    const found = findBelow(master, known, hdf5);
    return { master, candidates: found.candidates, links: [...present, ...found.links] };
  }
  const { directory, depth, pattern } = filesOfTemplate(request.template, master);
  const candidates = [...walk(directory, depth)]
    .filter((file) => pattern.test(file) && !isEarlier(file))
    .map((file) => ({ file, prefix: '', suffix: suffixOf(file) }));
  return { master, candidates, links: present };
}

/** `a_master.h5` beside the `a.h5` of another writer is asked for as either. */
function besideWhichItStands(master: string, known: KnownMasters, hdf5: Hdf5Library): string {
  const { dir, name, ext } = path.parse(master);
  const other = path.join(dir, `${name.replace(/_master$/, '')}${ext}`);
  return other !== master && typeof known.read(other, hdf5) === 'string' ? other : master;
}

function assertPlace(master: string, hdf5: Hdf5Library): void {
  const directory = path.dirname(master);
  const wrong = (why: string): ScanWriterError => new ScanWriterError('usage', why, { subject: master });
  const [there, stat] = [directory, master].map((name) =>
    onTarget('look at', name, () => fs.statSync(name, { throwIfNoEntry: false })),
  );
  if (there?.isDirectory() !== true)
    throw wrong(`There is no directory ${directory}: name the master with its path.`);
  if (stat?.isDirectory() === true)
    throw wrong(`${master} is a directory: name the master in it, such as sample_0001.h5.`);
  if (stat !== undefined && lookAtScan(master, hdf5).kind === 'ours')
    throw wrong(`${master} is the file of a scan: name the master beside it.`);
}

function presentLinks(master: string, known: KnownMasters, hdf5: Hdf5Library): MasterLink[] {
  for (const place of placesOf(master)) {
    const present = known.read(place, hdf5);
    if (typeof present !== 'string') return absoluteLinks(present, place);
  }
  return [];
}

function absoluteLinks({ links }: MasterContent, master: string, prefix = ''): MasterLink[] {
  return [...links.values()].map(({ name, file, target }) => {
    return { name: `${prefix}${name}`, file: path.resolve(path.dirname(master), file), target };
  });
}

/** The scans of all datasets in and below the directory of a master, and what the masters of those datasets say. */
function findBelow(
  master: string,
  known: KnownMasters,
  hdf5: Hdf5Library,
): Pick<MasterPlan, 'candidates' | 'links'> {
  const candidates: CandidateFile[] = [];
  const links: MasterLink[] = [];
  for (const file of walk(path.dirname(master), Infinity)) {
    if (!file.endsWith('.h5') || isEarlier(file) || placesOf(master).includes(file)) continue;
    const { dataset } = SCAN_FILE.exec(path.basename(file))?.groups ?? {};
    if (dataset !== undefined) {
      candidates.push({ file, prefix: `${dataset}_`, suffix: suffixOf(file) });
      continue;
    }
    const content = known.read(file, hdf5);
    if (typeof content === 'string' || [...content.links.keys()].some((name) => !ENTRY.test(name))) continue;
    links.push(
      ...absoluteLinks(content, file, `${path.parse(besideWhichItStands(file, known, hdf5)).name}_`),
    );
  }
  return { candidates, links };
}

function isEarlier(file: string): boolean {
  return EARLIER.test(path.parse(file).name);
}

function suffixOf(file: string): string {
  return /_r\d+$/.exec(path.parse(file).name)?.[0] ?? '';
}

/** The files in a directory and so many levels below it, in the order of their names; hidden ones are drafts and locks. */
function* walk(directory: string, depth: number): Generator<string> {
  const entries = onTarget('read', directory, () => fs.readdirSync(directory, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = path.join(directory, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) {
      if (depth > 0 && !IMAGES_FOLDER.test(entry.name)) yield* walk(name, depth - 1);
    } else if (entry.isFile() || entry.isSymbolicLink()) yield name;
  }
}
