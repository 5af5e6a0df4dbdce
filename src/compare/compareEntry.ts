import { ScanWriterError } from '../scan/index.js';
import {
  classOf,
  clauseOf,
  namesOf,
  type Broken,
  type GroupView,
  type ObjectView,
  type Reached,
} from '../reading/index.js';
import { allowedKind, type Scene } from './allowed/index.js';
import { compareAttributes, type Say } from './compareAttributes.js';
import { compareDatasets } from './compareDatasets.js';
import { otherSide, type Candidate, type Side } from './difference.js';
import type { Report } from './report.js';
import { Columns, principalOf, subjectOf, type Subject } from './subjects.js';
import type { ValueComparison } from './values/compareValues.js';

/** So many pairs of objects are compared in one scan: more have groups that lead to each other again and again. */
const MOST_OBJECTS = 200_000;
const DEEPEST = 100;

interface Place {
  /** Within the scan. */
  readonly path: readonly string[];
  /** Path of the plot it is in. */
  readonly plot: string | undefined;
}

/** Compares all that two entries lead to, each pair of objects once, columns first. */
export class EntryComparison {
  readonly #scan: string;
  readonly #scene: Scene;
  readonly #report: Report;
  readonly #values: ValueComparison;
  readonly #columns: { readonly A: Columns; readonly B: Columns };
  readonly #met = new Set<string>();
  readonly #lacking = new Set<string>();

  constructor(scan: string, scene: Scene, report: Report, values: ValueComparison) {
    this.#scan = scan;
    this.#scene = scene;
    this.#report = report;
    this.#values = values;
    const { A, B } = scene.entry;
    this.#columns = { A: new Columns(A), B: new Columns(B) };
  }

  run(): void {
    const { A, B } = this.#scene.entry;
    this.#pair({ path: [], plot: undefined }, A, B);
  }

  #pair(place: Place, A: ObjectView, B: ObjectView): void {
    const key = [A.file, A.address, B.file, B.address].join('\0');
    if (this.#met.has(key)) return;
    this.#met.add(key);
    const path = place.path.join('/');
    if (place.path.length > DEEPEST) {
      this.#cannot(path, `Groups are nested deeper than ${DEEPEST} levels: the rest was not compared`);
      return;
    }
    if (this.#met.size > MOST_OBJECTS) {
      if (this.#met.size === MOST_OBJECTS + 1)
        this.#cannot(path, `The scan has more than ${MOST_OBJECTS} objects: the rest was not compared`);
      return;
    }
    const inPlot = isPlot(A) || isPlot(B) ? { path: place.path, plot: place.plot ?? path } : place;
    try {
      this.#pairIn(inPlot, A, B);
    } catch (error) {
      if (!(error instanceof ScanWriterError)) throw error;
      this.#cannot(path, `${this.#subject(inPlot, A, B).words} was not compared: ${clauseOf(error)}`);
    }
  }

  #pairIn(place: Place, A: ObjectView, B: ObjectView): void {
    const subject = this.#subject(place, A, B);
    const path = place.path.join('/');
    const context = { ...subject, path };
    const say: Say = (found) => {
      this.#judge({ part: subject.part, ...found, path, A, B });
    };
    const cannot = (sentence: string): void => {
      this.#cannot(path, sentence);
    };
    if (A.kind !== B.kind) {
      const [a, b] = [A, B].map(({ kind }) => (kind === 'other' ? 'neither group nor values' : NOUNS[kind]));
      say({ aspect: 'type', sentence: `${subject.words} is ${a} in A, ${b} in B` });
      return;
    }
    compareAttributes(context, A, B, say, cannot);
    if (A.kind === 'group' && B.kind === 'group') this.#groups(place, A, B);
    if (A.kind === 'dataset' && B.kind === 'dataset')
      compareDatasets(context, A, B, this.#values, say, cannot);
  }

  #groups(place: Place, A: GroupView, B: GroupView): void {
    for (const group of [A, B]) {
      const listed = group.names().length;
      if (listed < group.size)
        this.#cannot(place.path.join('/'), `Only the first ${listed} of ${group.size} names were compared`);
    }
    for (const name of columnsFirst([...new Set([...A.names(), ...B.names()])])) {
      const at = (group: GroupView): Reached | undefined => (group.has(name) ? group.at(name) : undefined);
      const child = { path: [...place.path, name], plot: place.plot };
      this.#children(child, { A: at(A), B: at(B) });
    }
  }

  #children(place: Place, found: Readonly<Record<Side, Reached | undefined>>): void {
    const { A, B } = found;
    const path = place.path.join('/');
    for (const broken of [A, B]) {
      if (broken?.kind === 'broken' && (broken.why === 'unreadable' || broken.why === 'name')) {
        this.#cannot(path, `${path} was not compared: ${broken.reason}`);
        return;
      }
    }
    const [a, b] = [objectOf(A), objectOf(B)];
    if (a !== undefined && b !== undefined) {
      this.#link(place, a, b);
      if (!this.#isOtherScan(a, 'A') && !this.#isOtherScan(b, 'B')) this.#pair(place, a, b);
    } else if (a !== undefined) this.#lacks('B', place, a, B);
    else if (b !== undefined) this.#lacks('A', place, b, A);
    else this.#bothBroken(path, [A, B]);
  }

  /** What leads nowhere on both sides is the same; images that are not at hand are not. */
  #bothBroken(path: string, links: readonly (Reached | undefined)[]): void {
    const [broken] = links.filter((link): link is Broken => link?.kind === 'broken' && link.why === 'file');
    if (broken !== undefined)
      this.#cannot(path, `${path} was not compared: ${broken.reason}, which it leads to`);
  }

  #lacks(missingIn: Side, place: Place, object: ObjectView, other: Reached | undefined): void {
    const here = otherSide(missingIn);
    const inPlot =
      isPlot(object) && place.plot === undefined ? { ...place, plot: place.path.join('/') } : place;
    const subject = this.#subjectOfOne(inPlot, object, here);
    // A column that is missing is missing in its device, in `measurement` and in plots.
    const key = `${missingIn} ${subject.words}`;
    if (this.#lacking.has(key)) return;
    this.#lacking.add(key);
    const why = other?.kind === 'broken' ? `: its link leads nowhere there (${other.reason})` : '';
    const sentence = `${subject.words} is missing in ${missingIn}${why}`;
    const path = place.path.join('/');
    this.#judge({ part: subject.part, aspect: 'missing', path, missingIn, [here]: object, sentence });
  }

  /** A column has to be the points of the same device on both sides. */
  #link(place: Place, A: ObjectView, B: ObjectView): void {
    if (place.path[0] !== 'measurement' || A.kind !== 'dataset' || B.kind !== 'dataset') return;
    const [a, b] = [this.#columns.A.pathOf(A), this.#columns.B.pathOf(B)];
    if (a === b) return;
    const { part, words } = this.#subject(place, A, B);
    const [inA, inB] = [a, b].map((path) => path ?? 'values of its own');
    const sentence = `${words} leads to ${inA} in A, ${inB} in B`;
    this.#judge({ part, aspect: 'link', path: place.path.join('/'), A, B, sentence });
  }

  /** A link to another scan, such as a member of a group, which is compared by itself. */
  #isOtherScan(object: ObjectView, side: Side): boolean {
    if (object.kind !== 'group' || namesOf(object.path).length > 1) return false;
    const entry = this.#scene.entry[side];
    return object.file !== entry.file || object.address !== entry.address;
  }

  #subject({ path, plot }: Place, A: ObjectView, B: ObjectView): Subject {
    const known = this.#columns.A.nameOf(A) ?? this.#columns.B.nameOf(B);
    const objects = [
      { object: A, columns: this.#columns.A },
      { object: B, columns: this.#columns.B },
    ];
    return subjectOf(path, known, objects, plot);
  }

  /** A device that only one side has is what its user calls its points. */
  #subjectOfOne({ path, plot }: Place, object: ObjectView, side: Side): Subject {
    const isDevice = path.length === 2 && path[0] === 'instrument' && object.kind === 'group';
    const points = isDevice ? principalOf(object) : undefined;
    const columns = this.#columns[side];
    const known = columns.nameOf(points ?? object);
    return subjectOf(path, known, [{ object: points ?? object, columns }], plot);
  }

  #judge(candidate: Candidate): void {
    const { part, aspect, path, sentence, missingIn } = candidate;
    const difference = {
      scan: this.#scan,
      part,
      aspect,
      path,
      sentence,
      ...(missingIn === undefined ? {} : { missingIn }),
    };
    const kind = allowedKind(candidate, this.#scene);
    if (kind === undefined) this.#report.differs(difference);
    else this.#report.allows({ ...difference, kind });
  }

  #cannot(path: string, sentence: string): void {
    this.#report.cannotCompare({ scan: this.#scan, path, sentence });
  }
}

const NOUNS = { group: 'a group', dataset: 'values' } as const;

function isPlot(object: ObjectView): boolean {
  return object.kind === 'group' && classOf(object) === 'NXdata';
}

function objectOf(reached: Reached | undefined): ObjectView | undefined {
  return reached === undefined || reached.kind === 'broken' ? undefined : reached;
}

/** What a difference is called by is best known of a column. */
function columnsFirst(names: readonly string[]): string[] {
  const rank = (name: string): number => ['measurement', 'instrument'].indexOf(name) + 1 || 3;
  return names.toSorted((one, other) => rank(one) - rank(other));
}
