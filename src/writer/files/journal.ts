import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { MissingPoints, PointType } from '../../layout/index.js';
import { isSameScan, sameItems, type ScanIdentity } from '../../scan/index.js';
import { onTarget } from './fsErrors.js';
import type { RefusedBlock } from './scanFile.js';

/** How far the points of one channel are in the file, and what it takes to go on with them. */
const DatasetProgress = z.object({
  dataset: z.string(),
  /** Full name. */
  channel: z.string(),
  type: z.string().transform((type) => type as PointType),
  /** Of the first point. */
  shape: z.array(z.int().nonnegative()),
  /** Of the longest point in each dimension. */
  extents: z.array(z.int().nonnegative()),
  /** Whether the lengths of the points stand beside them. */
  hasLengths: z.boolean(),
  /** Index of the point after the last one in the file. */
  next: z.int().nonnegative(),
  /** Points in the file. */
  received: z.int().nonnegative(),
});
export type DatasetProgress = z.infer<typeof DatasetProgress>;

/** What is in the file once a flush has succeeded. */
export interface Checkpoint {
  /** Those that have changed. */
  readonly datasets: readonly DatasetProgress[];
  /** All that is missing from `from` on in the list of what is missing; the rest is as it was. */
  readonly missing?: { readonly from: number; readonly points: readonly MissingPoints[] };
}

const Header = z.object({
  scan: z.string(),
  startTimestamp: z.number().nullable(),
  /** Which layout and which version of the writer; another one names and orders things otherwise. */
  layout: z.string(),
  /** What a kernel wrote before it went down may not be on the disk. */
  boot: z.string(),
});
type Header = z.infer<typeof Header>;

const Missing = z.object({
  channel: z.string(),
  first: z.int().nonnegative(),
  count: z.int(),
  reason: z.string(),
});
const Line = z.object({
  /** Datasets that are new or changed otherwise than by more points. */
  is: z.array(DatasetProgress),
  /** `[place in the list of datasets, next, received]` */
  has: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()])),
  missing: z.tuple([z.int().nonnegative(), z.array(Missing)]),
  /** Size of the file. */
  bytes: z.int().nonnegative(),
});
type Line = z.output<typeof Line>;

/** What the journal of a file tells. */
export interface JournalState {
  readonly scan: ScanIdentity;
  readonly layout: string;
  /**
   * The file is exactly as the last checkpoint says: no change was under way when its writer ended, no crash of the
   * machine can have taken anything back, and nobody else has changed it.
   */
  readonly isExact: boolean;
  readonly datasets: readonly DatasetProgress[];
  readonly missing: readonly MissingPoints[];
}

/** Says that the file is being changed, until the next checkpoint. */
const CHANGING = '~\n';
/** A journal that is longer is written anew. */
const LONGEST_BYTES = 512 * 1024;
/** No journal of ours comes near. */
const MOST_BYTES = 256 * 1024 * 1024;

/** `.{file}.journal` beside a file (DESIGN decision 7). */
export function journalPath(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.journal`);
}

/**
 * The checkpoints of a file while it is written, a line of JSON each. Before every change of the file it says so: a
 * writer that is killed meanwhile leaves a file that is not trusted.
 */
export class Journal {
  readonly #path: string;
  readonly #header: Header;
  #descriptor: number;
  readonly #datasets: DatasetProgress[];
  readonly #places: Map<string, number>;
  #missing: readonly MissingPoints[];
  #fileBytes: number;
  #isExact = true;
  /** Of the journal. */
  #bytes = 0;

  private constructor(file: string, fileBytes: number, header: Header, state?: JournalState) {
    this.#path = journalPath(file);
    this.#fileBytes = fileBytes;
    this.#header = header;
    this.#datasets = [...(state?.datasets ?? [])];
    this.#places = new Map(this.#datasets.map(({ dataset }, place) => [dataset, place]));
    this.#missing = state?.missing ?? [];
    this.#descriptor = this.#rewrite();
  }

  /** Begins a journal, empty or with what one says that is gone on with. */
  static begin(
    file: string,
    fileBytes: number,
    scan: ScanIdentity,
    layout: string,
    state?: JournalState,
  ): Journal {
    const startTimestamp = Number.isNaN(scan.startTimestamp) ? null : scan.startTimestamp;
    return new Journal(file, fileBytes, { scan: scan.dbName, startTimestamp, layout, boot: bootId() }, state);
  }

  /** Whether the file is as the last checkpoint says. */
  get isExact(): boolean {
    return this.#isExact;
  }

  /** The file is going to be changed. */
  change(): void {
    this.#isExact = false;
    this.#append(CHANGING);
  }

  /**
   * The file has been changed and flushed, and is of this size now.
   * @param refused points that are not in it
   */
  checkpoint(
    fileBytes: number,
    { datasets: changed, missing = { from: this.#missing.length, points: [] } }: Checkpoint,
    refused: readonly RefusedBlock[],
  ): void {
    const lost = [...this.#missing.slice(0, missing.from), ...missing.points];
    const progresses = changed.map((given) => {
      let { received } = given;
      const { channel } = given;
      for (const { first, count, reason } of refused.filter(({ dataset }) => dataset === given.dataset)) {
        received -= count;
        lost.push({ channel, first, count, reason });
      }
      return { ...given, received };
    });
    const line: Line = {
      is: [],
      has: [],
      missing: [missing.from, lost.slice(missing.from)],
      bytes: fileBytes,
    };
    for (const progress of progresses) {
      const place = this.#places.get(progress.dataset);
      const known = place === undefined ? undefined : this.#datasets[place];
      if (place === undefined || known === undefined || !isLike(known, progress)) line.is.push(progress);
      else line.has.push([place, progress.next, progress.received]);
    }
    this.#append(`${JSON.stringify(line)}\n`);
    this.#missing = lost;
    this.#fileBytes = fileBytes;
    this.#isExact = true;
    for (const progress of progresses) {
      const place = this.#places.get(progress.dataset) ?? this.#datasets.length;
      this.#places.set(progress.dataset, place);
      this.#datasets[place] = progress;
    }
    if (this.#bytes > LONGEST_BYTES) this.#compact();
  }

  /** Leaves the journal for whoever goes on with the file. */
  close(): void {
    fs.closeSync(this.#descriptor);
  }

  /** The file is finished. */
  remove(): void {
    this.close();
    removeJournal(this.#path);
  }

  #append(text: string): void {
    onTarget('write', this.#path, () => {
      this.#bytes += fs.writeSync(this.#descriptor, text);
    });
  }

  #compact(): void {
    const old = this.#descriptor;
    this.#descriptor = this.#rewrite();
    fs.closeSync(old);
  }

  /** Makes the journal with all that it says now, in one step. */
  #rewrite(): number {
    const all: Line = {
      is: this.#datasets,
      has: [],
      missing: [0, [...this.#missing]],
      bytes: this.#fileBytes,
    };
    const text = `${JSON.stringify(this.#header)}\n${JSON.stringify(all)}\n`;
    const draft = `${this.#path}.${process.pid}.tmp`;
    return onTarget('make', this.#path, () => {
      const descriptor = fs.openSync(draft, 'w', 0o644);
      try {
        fs.writeSync(descriptor, text);
        fs.renameSync(draft, this.#path);
      } catch (error) {
        fs.closeSync(descriptor);
        fs.rmSync(draft, { force: true });
        throw error;
      }
      this.#bytes = Buffer.byteLength(text);
      return descriptor;
    });
  }
}

/** What the journal beside a file says; undefined when there is none, or none that can be read. */
export function readJournal(file: string): JournalState | undefined {
  const journal = journalPath(file);
  const stat = onTarget('look at', journal, () => fs.statSync(journal, { throwIfNoEntry: false }));
  if (stat?.isFile() !== true || stat.size > MOST_BYTES) return undefined;
  const text = onTarget('read', journal, () => fs.readFileSync(journal, 'utf8'));
  const [first = '', ...lines] = text.split('\n');
  const header = parse(Header, first);
  if (header === undefined) return undefined;
  const datasets: DatasetProgress[] = [];
  const missing: MissingPoints[] = [];
  let last: Line | undefined;
  // What is behind the last line end was cut off while it was written.
  const cutOff = lines.pop();
  for (const line of lines) {
    last = parse(Line, line);
    if (last !== undefined) applyLine(last, datasets, missing);
  }
  const { scan, layout, boot } = header;
  const bytes = onTarget('look at', file, () => fs.statSync(file, { throwIfNoEntry: false })?.size);
  return {
    scan: { dbName: scan, startTimestamp: header.startTimestamp ?? NaN },
    layout,
    isExact: last?.bytes === bytes && cutOff === '' && boot === bootId(),
    datasets,
    missing,
  };
}

/** The journal beside a file, if it is this scan's. */
export function journalOf(file: string, scan: ScanIdentity): JournalState | undefined {
  const journal = readJournal(file);
  return journal !== undefined && isSameScan(journal.scan, scan) ? journal : undefined;
}

/** Removes a journal, if it is there. */
export function removeJournal(journal: string): void {
  onTarget('remove', journal, () => {
    fs.rmSync(journal, { force: true });
  });
}

function applyLine(line: Line, datasets: DatasetProgress[], missing: MissingPoints[]): void {
  for (const progress of line.is) {
    const place = datasets.findIndex(({ dataset }) => dataset === progress.dataset);
    if (place < 0) datasets.push(progress);
    else datasets[place] = progress;
  }
  for (const [place, next, received] of line.has) {
    const known = datasets[place];
    if (known !== undefined) datasets[place] = { ...known, next, received };
  }
  missing.splice(line.missing[0], Infinity, ...line.missing[1]);
}

/** Whether only more points have come: all else of a dataset never changes. */
function isLike(a: DatasetProgress, b: DatasetProgress): boolean {
  return a.hasLengths === b.hasLengths && sameItems(a.extents, b.extents);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

let knownBootId: string | undefined;

/** Of the kernel that runs now; empty where it cannot be known. */
export function bootId(): string {
  knownBootId ??= readBootId();
  return knownBootId;
}

function readBootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}
