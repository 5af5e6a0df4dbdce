import fs, { type BigIntStats } from 'node:fs';
import path from 'node:path';
import { compareNumbers, isoTime, type MasterLink } from '../../layout/index.js';
import { ScanWriterError } from '../../scan/index.js';
import type { Hdf5File, Hdf5Library } from '../hdf5/index.js';
import { closeQuietly } from './existing.js';
import { onTarget } from './fsErrors.js';

/** An entry that a master is to lead to; `file` is absolute. */
export interface WantedLink extends MasterLink {
  /** When its scan was started, in seconds since the epoch; NaN when unknown. */
  readonly startTimestamp: number;
}

/** The scan that was started last, whichever was written last: it is what readers open first. */
export interface Newest {
  readonly name: string;
  /** ISO 8601 in UTC, so that texts are in the order of time; empty when unknown. */
  readonly startTime: string;
}

export interface MasterContent {
  /** By name; files are relative to the folder of the master. */
  readonly links: ReadonlyMap<string, MasterLink>;
  readonly newest: Newest | undefined;
}

/** What stands at the place of a master: `foreign` is another's, or no master yet; `broken` is no readable HDF5 file. */
export type Present = MasterContent | 'foreign' | 'broken';

const NOTHING: MasterContent = { links: new Map(), newest: undefined };
/** Of each session the masters of the dataset, the collection and the proposal. */
const KNOWN_MASTERS = 32;

/**
 * What masters hold, remembered as long as their files are the same ones: a master of 10,000 links takes 0.1 s to
 * read. A master is always made anew, so that one that another process wrote is another file with another time.
 */
export class KnownMasters {
  readonly #known = new Map<string, { readonly file: string; readonly present: Present }>();

  /** @throws ScanWriterError when the disk, not the file, is the reason that it cannot be read */
  read(master: string, hdf5: Hdf5Library): Present {
    const stat = onTarget('look at', master, () =>
      fs.lstatSync(master, { throwIfNoEntry: false, bigint: true }),
    );
    if (stat === undefined) return NOTHING;
    const known = this.#known.get(master);
    if (known?.file === identityOf(stat)) return known.present;
    const present = stat.isFile() ? readMaster(master, hdf5) : 'foreign';
    this.remember(master, stat, present);
    return present;
  }

  /** @param stat of the file, taken before anybody else could have replaced it */
  remember(master: string, stat: BigIntStats, present: Present): void {
    this.#known.delete(master);
    this.#known.set(master, { file: identityOf(stat), present });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > KNOWN_MASTERS) this.#known.delete(oldest);
  }
}

function identityOf({ dev, ino, mtimeNs, size }: BigIntStats): string {
  return [dev, ino, mtimeNs, size].join(' ');
}

/** One without any link is not ours: another writer may have just made it. */
function readMaster(master: string, hdf5: Hdf5Library): Present {
  let file;
  try {
    file = hdf5.openForReading(master);
    const links = new Map<string, MasterLink>();
    for (const [name, link] of file.linksIn('/')) {
      if (link.kind !== 'external') return 'foreign';
      links.set(name, { name, file: link.file, target: link.target });
    }
    return links.size === 0 ? 'foreign' : { links, newest: newestOf(file, links) };
  } catch (error) {
    // The disk, not the file, is at fault.
    if (error instanceof ScanWriterError && error.retryable) throw error;
    return 'broken';
  } finally {
    closeQuietly(file);
  }
}

function newestOf(file: Hdf5File, links: ReadonlyMap<string, MasterLink>): Newest | undefined {
  const attributes = file.attributesOf('/');
  const [name, startTime] = [attributes.get('default'), attributes.get('default_start_time')];
  if (typeof name !== 'string' || !links.has(name)) return undefined;
  return { name, startTime: typeof startTime === 'string' ? startTime : '' };
}

/**
 * What a master holds once it leads to more; the very same object when that changes nothing. No link is ever lost: a
 * name that leads to another file already gets `_r1`, `_r2` behind it.
 */
export function addLinks(
  present: MasterContent,
  wantedLinks: readonly WantedLink[],
  master: string,
): MasterContent {
  const { added, newest } = changesTo(present, wantedLinks, master);
  if (added.size === 0 && newest === present.newest) return present;
  return { links: new Map([...present.links, ...added]), newest };
}

/** Whether a master has these links already and opens with the right scan; as cheap for a master of many links. */
export function hasLinks(present: MasterContent, wanted: readonly WantedLink[], master: string): boolean {
  const { added, newest } = changesTo(present, wanted, master);
  return added.size === 0 && newest === present.newest;
}

function changesTo(
  present: MasterContent,
  wantedLinks: readonly WantedLink[],
  master: string,
): { added: Map<string, MasterLink>; newest: Newest | undefined } {
  const added = new Map<string, MasterLink>();
  const linkAt = (name: string): MasterLink | undefined => added.get(name) ?? present.links.get(name);
  let { newest } = present;
  for (const wanted of wantedLinks) {
    const file = path.relative(path.dirname(master), wanted.file);
    let { name } = wanted;
    for (let n = 1; leadsElsewhere(linkAt(name), file, wanted.target); n++) {
      name = `${wanted.name.replace(/_r\d+$/, '')}_r${n}`;
    }
    if (linkAt(name) === undefined) added.set(name, { name, file, target: wanted.target });
    newest = laterOf(newest, { name, startTime: isoTime(wanted.startTimestamp, 0) ?? '' });
  }
  return { added, newest };
}

/** Of scans that were started at the same time, as far as known, the one with the higher number; of its entries the first. */
function laterOf(a: Newest | undefined, b: Newest): Newest {
  if (a === undefined || a.startTime < b.startTime) return b;
  if (a.startTime > b.startTime) return a;
  const order = compareNumbers(numberIn(a.name), numberIn(b.name)) || compareNumbers(b.name, a.name);
  return order >= 0 ? a : b;
}

/** `12` of `12.1` and of `12.1_r1`. */
function numberIn(name: string): string {
  return name.replace(/\.\d+(_r\d+)?$/, '');
}

function leadsElsewhere(link: MasterLink | undefined, file: string, target: string): boolean {
  return link !== undefined && (link.file !== file || link.target !== target);
}
