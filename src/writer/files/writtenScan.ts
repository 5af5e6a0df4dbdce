import type { MissingPoints } from '../../layout/index.js';
import {
  elementCount,
  elements,
  ScanWriterError,
  type NumericArray,
  type ScanIdentity,
} from '../../scan/index.js';
import { storedText, type Hdf5File, type Hdf5Library } from '../hdf5/index.js';
import { DatasetHashes } from './datasetHashes.js';
import { ownEntries } from './existing.js';
import { countOf } from './pointBlock.js';
import { readColumns, type PointColumns, type PointPlace, type PointRequest } from './pointColumns.js';

/** A channel of a scan as its file has it. */
export interface WrittenChannel {
  /** `12.1` */
  readonly entry: string;
  readonly name: string;
  readonly dataset: string;
  /** Points that are in the file. */
  readonly received: number;
  /** Whether its values are in this very file: not so for images that are linked or listed. */
  readonly isStored: boolean;
  /** Whether `measurement` leads to them. */
  readonly isLinked: boolean;
}

/** What a file of ours says of itself. */
export interface WrittenWords {
  readonly scan: ScanIdentity;
  readonly status: string;
  readonly channels: readonly WrittenChannel[];
  readonly missing: readonly MissingPoints[];
}

/** The file of a scan that was written, to be held against what was published. */
export class WrittenScan {
  readonly words: WrittenWords;
  readonly #file: Hdf5File;
  readonly #texts = new Map<string, readonly string[]>();

  private constructor(file: Hdf5File, words: WrittenWords) {
    this.#file = file;
    this.words = words;
  }

  /** @throws ScanWriterError `target` when the file is none of ours, or its writing has not ended */
  static open(path: string, hdf5: Hdf5Library): WrittenScan {
    const file = hdf5.openForReading(path);
    try {
      return new WrittenScan(file, readWords(file, path));
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Indices of the points that are not stored as they are given. */
  differentPoints(dataset: string, first: number, points: NumericArray | readonly string[]): number[] {
    const all = Array.from({ length: countOf(points) }, (_, n) => first + n);
    if (!this.#file.has(dataset) || this.#file.isText(dataset) === 'dtype' in points) return all;
    if ('dtype' in points) return this.#file.differentPoints(dataset, first, points);
    const stored = this.#texts.get(dataset) ?? this.#file.readTexts(dataset);
    this.#texts.set(dataset, stored);
    return all.filter((index, n) => stored[index] !== storedText(points[n] ?? ''));
  }

  /**
   * Points of several channels.
   * @param channels names
   * @throws ScanWriterError `usage` for a channel whose values are not in this file
   */
  readPoints(channels: readonly string[], request: PointRequest): PointColumns {
    const places = channels.map((name) => {
      const channel = this.words.channels.find((each) => each.name === name && each.isStored);
      if (channel !== undefined) return this.#placeOf(channel);
      throw new ScanWriterError('usage', `${this.#file.path} has no values of a channel "${name}".`, {
        subject: name,
      });
    });
    return readColumns(this.#file, places, request);
  }

  #placeOf({ name, dataset, received }: WrittenChannel): PointPlace {
    const shape = this.#file.shapeOf(dataset);
    const holes = this.words.missing.filter(({ channel, count }) => channel === name && count > 0);
    const rows = received + holes.reduce((sum, { count }) => sum + count, 0);
    // As few dimensions as the points need, from the first on: in the shape of a mesh there are several.
    const ranks = shape.map((_, rank) => rank + 1);
    const scanRank = ranks.find((rank) => elementCount(shape.slice(0, rank)) >= received) ?? shape.length;
    const places = elementCount(shape.slice(0, scanRank));
    return {
      dataset,
      isText: this.#file.isText(dataset),
      pointRank: shape.length - scanRank,
      rows: Math.min(rows, places),
    };
  }

  /** Datasets that are not what they were when the writing ended. */
  changedDatasets(): string[] {
    const hashes = new DatasetHashes();
    return manifestOf(this.#file).flatMap(({ dataset, sha256 }) => {
      if (!this.#file.has(dataset)) return [dataset];
      const isText = this.#file.isText(dataset);
      const isScalar = this.#file.shapeOf(dataset).length === 0;
      return hashes.of(this.#file, { dataset, isText, isScalar }) === sha256 ? [] : [dataset];
    });
  }

  close(): void {
    this.#file.close();
  }
}

/** @throws ScanWriterError `target` when the file is none of ours, or its writing has not ended */
export function readWords(file: Hdf5File, path: string): WrittenWords {
  const entries = ownEntries(file);
  const [first] = entries;
  if (first === undefined) {
    throw new ScanWriterError('target', `${path} is not the file of a scan that this program wrote.`, {
      subject: path,
    });
  }
  const status = file.readText(`/${first.name}/writer/status`) ?? '';
  const names = entries
    .map(({ name }) => name)
    .filter((name) => file.has(`/${name}/writer/channels/dataset`));
  if (names.length === 0) {
    throw new ScanWriterError(
      'target',
      `${path} has the status ${status}: its writing has not ended, so there is nothing to hold it against.`,
      { subject: path },
    );
  }
  return {
    scan: first.scan,
    status,
    channels: names.flatMap((name) => channelsOf(file, name)),
    missing: names.flatMap((name) => missingOf(file, name)),
  };
}

function channelsOf(file: Hdf5File, entry: string): WrittenChannel[] {
  const group = `/${entry}/writer/channels`;
  const datasets = file.readTexts(`${group}/dataset`);
  const received = elements(file.readNumbers(`${group}/received`)).map(Number);
  const linked = linkedIn(file, `/${entry}/measurement`);
  const stored = new Set(manifestOf(file).map((hash) => hash.dataset));
  return file.readTexts(`${group}/name`).map((name, index) => {
    const dataset = datasets[index] ?? '';
    return {
      entry,
      name,
      dataset,
      received: received[index] ?? 0,
      isStored: stored.has(dataset),
      isLinked: linked.has(dataset),
    };
  });
}

function linkedIn(file: Hdf5File, measurement: string): Set<string> {
  if (!file.has(measurement)) return new Set();
  const links = [...file.linksIn(measurement)];
  return new Set(links.flatMap(([, link]) => (link.kind === 'soft' ? [link.target] : [])));
}

function missingOf(file: Hdf5File, entry: string): MissingPoints[] {
  const group = `/${entry}/writer/missing`;
  const [first = [], count = []] = ['first', 'count'].map((name) =>
    elements(file.readNumbers(`${group}/${name}`)).map(Number),
  );
  const reasons = file.readTexts(`${group}/reason`);
  return file.readTexts(`${group}/channel`).map((channel, index) => {
    return { channel, first: first[index] ?? 0, count: count[index] ?? -1, reason: reasons[index] ?? '' };
  });
}

function manifestOf(file: Hdf5File): { dataset: string; sha256: string }[] {
  return ownEntries(file).flatMap(({ name }) => {
    const group = `/${name}/writer/manifest`;
    if (!file.has(group)) return [];
    const hashes = file.readTexts(`${group}/sha256`);
    return file
      .readTexts(`${group}/dataset`)
      .map((dataset, index) => ({ dataset, sha256: hashes[index] ?? '' }));
  });
}
