import type { AttributeContent, Link, Stored, ValueKind } from '../writer/index.js';

/**
 * A file as the rules see it: names, links, types, shapes and small texts, read when they are asked for. All but the
 * links throw `ScanWriterError` where the file is damaged.
 */
interface Common {
  /** The file that holds the object: links can lead into another. */
  readonly file: string;
  /** Of hard links, from the root of that file. */
  readonly path: string;
  /** The same for all hard links of a file to one object. */
  readonly address: bigint;
  readonly attributeNames: readonly string[];
  /** Undefined also for an attribute that is very large, has no value, or a type without equivalent here. */
  attribute(name: string): AttributeContent;
}

export interface GroupView extends Common {
  readonly kind: 'group';
  /** How many names there are. */
  readonly size: number;
  /** In the order of their creation where the file knows it; of a very large group the first ones. */
  names(): readonly string[];
  has(name: string): boolean;
  /** The link of that name; the name has to be there. */
  link(name: string): Link;
  /** What a path leads to, from here or with a slash in front from the root, through links of every kind. */
  at(path: string): Reached;
}

export interface DatasetView extends Common {
  readonly kind: 'dataset';
  readonly values: ValueKind;
  /** `[]` for a single value, null for a dataset that can hold none. */
  readonly shape: readonly number[] | null;
  readonly stored: Stored;
  /** What HDF5 reads from the disk in one piece, where it is one of several. */
  readonly chunks: readonly number[] | null;
  /** Fills `target` with the values of a part, `count` in each dimension, as little-endian bytes in C order. */
  read(first: readonly number[], count: readonly number[], target: Uint8Array): void;
  /** The texts of a part, in C order. */
  readTexts(first: readonly number[], count: readonly number[]): string[];
  /** The text of a dataset with one short text. */
  text(): string | undefined;
  /** What a virtual dataset is made of; `[]` for any other. */
  readonly sources: readonly VirtualSource[];
  sourceAt(source: VirtualSource): Reached;
}

export interface OtherView extends Common {
  readonly kind: 'other';
}

export interface VirtualSource {
  readonly file: string;
  readonly dataset: string;
}

export type ObjectView = GroupView | DatasetView | OtherView;

/** Where a path ends that leads to nothing. */
export interface Broken {
  readonly kind: 'broken';
  readonly why: 'missing' | 'circle' | 'file' | 'name' | 'unreadable';
  /** A clause: `/1.1/x does not exist`. */
  readonly reason: string;
}

export type Reached = ObjectView | Broken;

/** A link other than a hard one. */
export type SymbolicLink = Exclude<Link, { readonly kind: 'hard' }>;

export function classOf(object: Reached): string | undefined {
  if (object.kind === 'broken') return undefined;
  const value = object.attribute('NX_class');
  // A list of one is the same to some readers; that it is a list is a finding of its own.
  return typeof value === 'string' ? value : Array.isArray(value) ? String(value[0]) : undefined;
}

/** `/1.1/measurement` of `/1.1` and `measurement`. */
export function joined(group: string, name: string): string {
  return group === '/' ? `/${name}` : `${group}/${name}`;
}

export function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}

/** All that a group leads to, by name. */
export function* childrenOf(group: GroupView): Generator<readonly [name: string, child: Reached]> {
  for (const name of group.names()) yield [name, group.at(name)];
}
