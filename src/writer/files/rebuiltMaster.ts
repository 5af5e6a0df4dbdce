import path from 'node:path';
import type { MasterLink } from '../../layout/index.js';
import { ScanWriterError } from '../../scan/index.js';
import type { Hdf5Library } from '../hdf5/index.js';
import { addLinks, KnownMasters, type MasterContent, type Newest } from './masterContent.js';
import { replaceMaster, type MasterRequest } from './masterFile.js';
import { isRegularFile } from './ownScans.js';

export interface RebuildRequest extends MasterRequest {
  /** Links that lead to files of ours without such an entry; files are absolute. */
  readonly dangling: readonly MasterLink[];
  /** Whether to replace a file that cannot be read, and so may be anything. */
  readonly force: boolean;
}

/** A link of the former master that leads nowhere. */
export interface DroppedLink {
  readonly link: string;
  readonly file: string;
  readonly reason: string;
}

export interface RebuiltMaster {
  readonly file: string;
  /** How many it has now. */
  readonly links: number;
  readonly dropped: readonly DroppedLink[];
  /** Why it does not stand where it was asked for: another writer's file is there, or one that cannot be read. */
  readonly avoided: 'foreign' | 'broken' | undefined;
}

/**
 * Makes a master anew of what was found and of what the present one leads to elsewhere. Its links are read again now
 * that nobody else can add one: a scan may have begun since the files were looked at.
 * @throws ScanWriterError as `updateMaster`; `usage` when there is nothing to link, and then all stays as it was
 */
export function rebuildMaster(request: RebuildRequest, hdf5: Hdf5Library): RebuiltMaster {
  let avoided: RebuiltMaster['avoided'];
  let made: MasterContent | undefined;
  let dropped: DroppedLink[] = [];
  const file = replaceMaster(request, hdf5, new KnownMasters(), (present, master) => {
    if (present === 'foreign' || (present === 'broken' && !request.force)) {
      avoided ??= present;
      return undefined;
    }
    const former =
      present === 'broken' ? { links: new Map<string, MasterLink>(), newest: undefined } : present;
    const kept = new Map<string, MasterLink>();
    dropped = [];
    for (const [name, link] of former.links) {
      const reason = whyDropped(link, master, request);
      if (reason === undefined) kept.set(name, link);
      else dropped.push({ link: name, file: absolute(link, master), reason });
    }
    const newest = stillNewest(former.newest, kept, master, request);
    made = addLinks({ links: kept, newest }, request.links, master);
    if (made.links.size === 0) throw nothingToLink(request.master, dropped.length);
    return made;
  });
  return { file, links: made?.links.size ?? 0, dropped, avoided };
}

function whyDropped(link: MasterLink, master: string, { dangling }: RebuildRequest): string | undefined {
  const file = absolute(link, master);
  if (!isRegularFile(file)) return 'the file does not exist';
  const isDangling = dangling.some((other) => other.file === file && other.target === link.target);
  return isDangling ? `the file has no ${link.target}` : undefined;
}

/** What a scan's own file says of its start counts more, so the master is believed only for what was not looked at. */
function stillNewest(
  newest: Newest | undefined,
  kept: ReadonlyMap<string, MasterLink>,
  master: string,
  { links }: RebuildRequest,
): Newest | undefined {
  const link = kept.get(newest?.name ?? '');
  if (link === undefined) return undefined;
  const file = absolute(link, master);
  const wasSeen = links.some((seen) => seen.file === file && seen.target === link.target);
  return wasSeen ? undefined : newest;
}

function absolute(link: MasterLink, master: string): string {
  return path.resolve(path.dirname(master), link.file);
}

function nothingToLink(master: string, dropped: number): ScanWriterError {
  const why =
    dropped === 0
      ? `No scan of ours belongs to ${master} by its name: see --below and --file-template.`
      : `None of the ${dropped} files that ${master} leads to is there, so it was left as it is: is their disk mounted?`;
  return new ScanWriterError('usage', why, { subject: master });
}
