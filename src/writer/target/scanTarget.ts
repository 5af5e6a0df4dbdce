import path from 'node:path';
import {
  booleanOf,
  dictOf,
  lookUp,
  nodeName,
  ScanWriterError,
  sessionOf,
  textOf,
  type InfoDict,
  type ScanIdentity,
} from '../../scan/index.js';
import { scanNumberOf } from '../../layout/index.js';
import { isBelowOrSame, type PathMap } from './pathMap.js';
import { fillTemplate } from './template.js';

/** Where scans may be written, and which ones (DESIGN decisions 4, 10 and 13). */
export interface TargetPolicy {
  readonly map: PathMap;
  /** Directories below which files may be written, besides the targets of the map. Absolute. */
  readonly roots: readonly string[];
  readonly template: string;
  /** Values of `data_writer` that mean us; a scan without the field is ours. */
  readonly acceptWriters: readonly string[];
  /** Directory for scans without a filename, if they are to be written. */
  readonly unnamed?: string;
  /** Just this file, whatever the scan says. */
  readonly output?: string;
}

/** Directories below which the files of scans that name one may be written. */
export function namedRoots({ roots, map }: Pick<TargetPolicy, 'roots' | 'map'>): string[] {
  return [...roots, ...map.targets];
}

export interface HigherMaster {
  readonly path: string;
  /** In front of the names of links: entries of all datasets stand in one file. */
  readonly prefix: string;
}

export interface ScanTarget {
  readonly file: string;
  /** The file at `scan_info["filename"]` that links to the scan; none when the scan stands there itself. */
  readonly master: string | undefined;
  /** Masters above: of the collection and of the proposal, whose links are named `{stem}_{n}.{i}` (LAYOUT 1.11). */
  readonly higherMasters: readonly HigherMaster[];
  /** Directories of which one must hold the file, also after links are resolved. */
  readonly roots: readonly string[];
}

/**
 * Where a scan goes. Only looks at names: nothing on disk is touched.
 * @throws ScanWriterError `unsaved` for a scan that is not ours to save, `usage` for a path outside every root
 */
export function scanTarget(scan: ScanIdentity, info: InfoDict, policy: TargetPolicy): ScanTarget {
  if (policy.output !== undefined) {
    const output = path.resolve(policy.output);
    return { file: output, master: undefined, higherMasters: [], roots: [path.dirname(output)] };
  }
  assertSaved(scan, info, policy);
  const filename = textOf(info.get('filename')) ?? '';
  if (filename === '') return unnamedTarget(scan, info, policy);
  const named = policy.map.apply(checkedPath(filename, scan));
  const fields = templateFields(scan, info, named);
  const file = path.resolve(fields.dir, fillTemplate(policy.template, fields));
  const roots = namedRoots(policy);
  for (const target of [file, named]) assertInside(target, roots, scan);
  return {
    file,
    master: file === named ? undefined : named,
    higherMasters: higherMasters(info, named, policy, roots),
    roots,
  };
}

/** Only below the roots: a master is a convenience, so one that is elsewhere is left out. */
function higherMasters(
  info: InfoDict,
  named: string,
  policy: TargetPolicy,
  roots: readonly string[],
): HigherMaster[] {
  const prefix = `${path.parse(named).name}_`;
  return [...dictOf(lookUp(info, 'nexuswriter', 'masterfiles')).values()].flatMap((value) => {
    const published = textOf(value);
    if (published === undefined || !path.isAbsolute(published) || published.includes('\0')) return [];
    const master = policy.map.apply(path.normalize(published));
    const isInside = roots.some((root) => isBelowOrSame(path.dirname(master), root));
    return isInside && master !== named ? [{ path: master, prefix }] : [];
  });
}

function assertSaved(scan: ScanIdentity, info: InfoDict, policy: TargetPolicy): void {
  const refuse = (why: string): never => {
    throw new ScanWriterError(
      'unsaved',
      `Scan ${scan.dbName} ${why}; --output FILE writes it all the same.`,
      {
        subject: scan.dbName,
      },
    );
  };
  if (booleanOf(info.get('save')) !== true) refuse('is not meant to be saved');
  const writer = textOf(info.get('data_writer'));
  if (writer !== undefined && !policy.acceptWriters.includes(writer)) {
    refuse(`is for the data writer "${writer}", not for us (--accept-writer ${writer} changes that)`);
  }
}

function unnamedTarget(scan: ScanIdentity, info: InfoDict, policy: TargetPolicy): ScanTarget {
  if (policy.unnamed === undefined) {
    throw new ScanWriterError(
      'unsaved',
      `Scan ${scan.dbName} names no file: --unnamed DIR or --output FILE says where to write it.`,
      { subject: scan.dbName },
    );
  }
  const root = path.resolve(policy.unnamed);
  const parts = scan.dbName.split(':').map((part) => part.replace(/[/\0]/g, '_').replace(/^\.\.?$/, '_'));
  const number = String(scanNumberOf(scan, info)).padStart(4, '0');
  const name = (parts.at(-1) ?? 'scan').replace(/^_?\d+_/, '');
  const file = path.join(root, ...parts, `${name}_scan${number}.h5`);
  return { file, master: undefined, higherMasters: [], roots: [root] };
}

function checkedPath(filename: string, scan: ScanIdentity): string {
  if (!path.isAbsolute(filename) || filename.includes('\0')) {
    throw new ScanWriterError(
      'usage',
      `Scan ${scan.dbName} names the file ${JSON.stringify(filename)}, which is no absolute path: use --output FILE.`,
      { subject: scan.dbName },
    );
  }
  return path.resolve(filename);
}

function templateFields(scan: ScanIdentity, info: InfoDict, filename: string) {
  return {
    dir: path.dirname(filename),
    stem: path.parse(filename).name,
    filename,
    scan_nb: scanNumberOf(scan, info),
    name: nodeName(scan.dbName),
    session: sessionOf(scan.dbName),
  };
}

function assertInside(file: string, roots: readonly string[], scan: ScanIdentity): void {
  if (roots.some((root) => isBelowOrSame(path.dirname(file), root))) return;
  const allowed = roots.length === 0 ? 'there are none' : roots.join(', ');
  throw new ScanWriterError(
    'usage',
    `${file} of scan ${scan.dbName} is outside the directories that may be written (${allowed}): add --root DIR or --map FROM=TO.`,
    { subject: scan.dbName },
  );
}
