import { clauseOf, openFiles, type GroupView, type OpenedFiles } from '../reading/index.js';
import { ScanWriterError } from '../scan/index.js';
import { PROGRAM } from '../version.js';
import { loadHdf5 } from '../writer/index.js';
import { allowedKind, FAILED_EARLY, type Scene } from './allowed/index.js';
import { compareAttributes } from './compareAttributes.js';
import { EntryComparison } from './compareEntry.js';
import { otherSide, type Side } from './difference.js';
import { Report, type Comparison } from './report.js';
import { compareMasters, type ComparedScans } from './scans/compareMasters.js';
import { findFiles } from './scans/findFiles.js';
import { findScans, idOf, type FoundScan, type FoundScans } from './scans/findScans.js';
import { matchScans, namesOfScans, type Match } from './scans/matchScans.js';
import { ValueComparison } from './values/compareValues.js';

export interface Watch {
  /** Called again and again as long as the reading goes on. */
  readonly beat: () => void;
  readonly progress: (text: string) => void;
}

const UNWATCHED: Watch = { beat: () => undefined, progress: () => undefined };

/**
 * Compares two HDF5 files, or all below two folders, scan by scan and value by value, in bounded memory. Blocks as long
 * as the disk does, and for ever with some damaged files: `CompareThread` does not.
 * @throws ScanWriterError `usage` if one is not there or no HDF5, `hdf5` if it cannot be opened
 */
export async function compareTrees(
  pathOfA: string,
  pathOfB: string,
  watch: Watch = UNWATCHED,
): Promise<Comparison> {
  const trees = { A: findFiles(pathOfA), B: findFiles(pathOfB) };
  const files = openFiles(await loadHdf5(), watch.beat);
  try {
    const found = { A: findScans(trees.A, files), B: findScans(trees.B, files) };
    const report = new Report();
    for (const sentence of new Set([...found.A.unread, ...found.B.unread]))
      report.cannotCompare({ scan: '', path: '', sentence });
    const compared = new TreeComparison(files, report, watch).run(found);
    if (trees.A.isFolder && trees.B.isFolder) compareMasters(found, compared, report);
    return report.comparison;
  } finally {
    files.close();
  }
}

class TreeComparison {
  readonly #files: OpenedFiles;
  readonly #report: Report;
  readonly #watch: Watch;
  readonly #values = new ValueComparison();
  /** Pairs of files of which the roots were compared. */
  readonly #roots = new Set<string>();
  readonly #alone = new Set<string>();
  readonly #theirs = new Map<string, Side>();

  constructor(files: OpenedFiles, report: Report, watch: Watch) {
    this.#files = files;
    this.#report = report;
    this.#watch = watch;
  }

  run({ A, B }: Readonly<Record<Side, FoundScans>>): ComparedScans {
    const matches = matchScans(A.scans, B.scans);
    const names = namesOfScans(matches);
    for (const [index, match] of matches.entries()) {
      const scan = names.get(match) ?? '';
      this.#watch.progress(`scan ${scan}, ${index + 1} of ${matches.length}`);
      try {
        this.#compare(scan, match);
      } catch (error) {
        if (!(error instanceof ScanWriterError)) throw error;
        this.#report.cannotCompare({ scan, path: '', sentence: `It was not compared: ${clauseOf(error)}` });
      }
    }
    return { alone: this.#alone, theirs: this.#theirs };
  }

  #compare(scan: string, { A, B }: Match): void {
    if (A === undefined || B === undefined) {
      if (A !== undefined) this.#lacks(scan, A, 'B');
      if (B !== undefined) this.#lacks(scan, B, 'A');
      return;
    }
    const scene = sceneOf(this.#entry(A), this.#entry(B));
    this.#report.compared++;
    if (scene.theirs !== undefined) this.#theirs.set(idOf(scene.theirs === 'A' ? B : A), scene.theirs);
    if (A.path !== '/' && B.path !== '/') this.#rootAttributes(A, B, scene);
    new EntryComparison(scan, scene, this.#report, this.#values).run();
  }

  #entry(scan: FoundScan): GroupView {
    const entry = this.#files.rootOf(scan.file).at(scan.path);
    if (entry.kind === 'group') return entry;
    throw new ScanWriterError('hdf5', `${scan.path} in ${scan.file} is no group any more.`, {
      subject: scan.file,
    });
  }

  #rootAttributes(A: FoundScan, B: FoundScan, scene: Scene): void {
    const key = `${A.file}\0${B.file}`;
    if (this.#roots.has(key)) return;
    this.#roots.add(key);
    const [a, b] = [this.#files.rootOf(A.file), this.#files.rootOf(B.file)];
    const report = this.#report;
    const scan = '';
    compareAttributes(
      { part: 'metadata', words: 'the file' },
      a,
      b,
      (found) => {
        const candidate = { part: 'metadata', ...found, path: '/', A: a, B: b } as const;
        const { part, path, aspect, sentence } = candidate;
        const kind = allowedKind(candidate, scene);
        if (kind === undefined) report.differs({ scan, part, path, aspect, sentence });
        else report.allows({ scan, part, path, aspect, sentence, kind });
      },
      (sentence) => {
        report.cannotCompare({ scan, path: '/', sentence });
      },
    );
  }

  #lacks(scan: string, found: FoundScan, missingIn: Side): void {
    this.#alone.add(idOf(found));
    const title = found.title === undefined ? '' : ` (${found.title})`;
    const sentence = `the scan is missing in ${missingIn}${title}`;
    const difference = { scan, part: 'scan', aspect: 'missing', path: '', missingIn, sentence } as const;
    if (this.#failedEarly(found)) this.#report.allows({ ...difference, kind: FAILED_EARLY.kind });
    else this.#report.differs(difference);
  }

  #failedEarly(scan: FoundScan): boolean {
    const entry = this.#entry(scan);
    const reason = entry.has('end_reason') ? entry.at('end_reason') : undefined;
    const hasFailed = reason?.kind === 'dataset' && reason.text() === 'FAILURE';
    return isOurs(entry) && hasFailed && !entry.has('measurement');
  }
}

function sceneOf(A: GroupView, B: GroupView): Scene {
  const ours = { A: isOurs(A), B: isOurs(B) };
  const theirs = ours.A === ours.B ? undefined : otherSide(ours.A ? 'A' : 'B');
  return { theirs, isOurs: ours.A && ours.B, entry: { A, B } };
}

/** Whether this program wrote an entry. */
function isOurs(entry: GroupView): boolean {
  const program = entry.at('writer/program');
  return program.kind === 'dataset' && program.text() === PROGRAM.name;
}
