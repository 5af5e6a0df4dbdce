import { elementCount, elements, type NumericArray } from '../../scan/index.js';
import { attributeAt, attributeNames, type AttributeContent } from './attributes.js';
import type { OpenFile } from './calls.js';
import { childNames, kindAt, linkAt, locate, metadataAt, readSlabAt, readTextsAt } from './reader.js';
import { dtypeOf, isText } from './storedType.js';
import { groveTypeOf, type GroveType } from './groveType.js';

/** What a browser of files asks of an object, in the words of h5grove, which h5web speaks. */
export type GroveRequest =
  | { readonly what: 'meta' | 'attr' | 'paths'; readonly path: string }
  | {
      readonly what: 'data';
      readonly path: string;
      /** Of each dimension an index, `[first, end]`, or null for all of it; undefined for the whole dataset. */
      readonly selection: readonly (number | readonly [number, number] | null)[] | undefined;
      readonly maxBytes: number;
    };

export type GroveAnswer =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'numbers'; readonly array: NumericArray }
  /** Nothing is at this path. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'tooLarge'; readonly bytes: number }
  /** It has no such selection, or values that this cannot give. */
  | { readonly kind: 'refused'; readonly why: string };

interface GroveAttribute {
  readonly name: string;
  readonly type: GroveType;
  readonly shape: readonly number[] | null;
}

/** Object of a file, as h5grove describes it. Links that lead nowhere, or into other files, are told and not followed. */
export type GroveEntity = { readonly name: string } & (
  | { readonly kind: 'soft_link'; readonly target_path: string }
  | { readonly kind: 'external_link'; readonly target_file: string; readonly target_path: string }
  | { readonly kind: 'other' }
  | {
      readonly kind: 'group';
      readonly attributes: readonly GroveAttribute[];
      readonly children?: readonly GroveEntity[];
    }
  | {
      readonly kind: 'dataset';
      readonly attributes: readonly GroveAttribute[];
      readonly type: GroveType;
      readonly shape: readonly number[] | null;
      readonly chunks: readonly number[] | null;
    }
);

/** Paths that a search looks through. */
const MOST_PATHS = 20_000;
const MOST_ATTRIBUTE_BYTES = 1024 * 1024;

/** Answers one question about a file that is open. @throws Hdf5Error when that part of it cannot be read */
export function groveAnswer(file: OpenFile, request: GroveRequest): GroveAnswer {
  const located = locate(file, request.path);
  if (located === undefined) return { kind: 'nothing' };
  switch (request.what) {
    case 'meta':
      return json(entityAt(file, located, nameOf(request.path), true));
    case 'attr':
      return json(attributeValues(file, located));
    case 'paths':
      return json(pathsBelow(file, located));
    case 'data':
      return valuesAt(file, located, request);
  }
}

function json(value: unknown): GroveAnswer {
  return { kind: 'json', value };
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? '';
}

function entityAt(file: OpenFile, located: string, name: string, withChildren: boolean): GroveEntity {
  const kind = kindAt(file, located);
  if (kind === 'group') {
    const attributes = attributesOf(file, located);
    if (!withChildren) return { name, kind, attributes };
    return { name, kind, attributes, children: childrenOf(file, located) };
  }
  if (kind !== 'dataset') return { name, kind: 'other' };
  const metadata = metadataAt(file, located);
  const { shape, chunks } = metadata;
  return { name, kind, attributes: attributesOf(file, located), type: groveTypeOf(metadata), shape, chunks };
}

function childrenOf(file: OpenFile, group: string): GroveEntity[] {
  return childNames(file, group).map((name) => {
    const path = childPath(group, name);
    const link = linkAt(file, path);
    if (link.kind === 'external') {
      return { name, kind: 'external_link', target_file: link.file, target_path: link.target };
    }
    const located = link.kind === 'hard' ? path : locate(file, path);
    if (located !== undefined) return entityAt(file, located, name, false);
    return { name, kind: 'soft_link', target_path: link.kind === 'soft' ? link.target : '' };
  });
}

function childPath(group: string, name: string): string {
  return `${group === '/' ? '' : group}/${name}`;
}

function attributesOf(file: OpenFile, located: string): GroveAttribute[] {
  return attributeNames(file, located).map((name) => {
    const metadata = file.run('look at attributes of', located, (module, id) =>
      module.get_attribute_metadata(id, located, name),
    );
    return { name, type: groveTypeOf(metadata), shape: metadata.shape };
  });
}

function attributeValues(file: OpenFile, located: string): Record<string, unknown> {
  const values = attributeNames(file, located).map((name) => {
    return [name, plainValue(attributeAt(file, located, name, MOST_ATTRIBUTE_BYTES))];
  });
  return Object.fromEntries(values) as Record<string, unknown>;
}

function plainValue(content: AttributeContent): unknown {
  if (typeof content !== 'object' || !('dtype' in content)) return content ?? null;
  return content.shape.length === 0 ? elements(content)[0] : elements(content);
}

/** Every path below that hard links make. */
function pathsBelow(file: OpenFile, located: string): string[] {
  const found = [located];
  for (let index = 0; index < found.length && found.length < MOST_PATHS; index++) {
    const path = found[index] ?? '/';
    if (kindAt(file, path) !== 'group') continue;
    for (const name of childNames(file, path)) {
      const child = childPath(path, name);
      if (linkAt(file, child).kind === 'hard') found.push(child);
    }
  }
  return found;
}

function valuesAt(
  file: OpenFile,
  located: string,
  { selection, maxBytes }: Extract<GroveRequest, { what: 'data' }>,
): GroveAnswer {
  if (kindAt(file, located) !== 'dataset') return { kind: 'refused', why: 'is no dataset' };
  const metadata = metadataAt(file, located);
  const { shape, size } = metadata;
  if (shape === null) return json(null);
  if (isText(metadata)) {
    const bytes = elementCount(shape) * size;
    if (bytes > maxBytes) return { kind: 'tooLarge', bytes };
    const texts = readTextsAt(file, located);
    return json(shape.length === 0 ? texts[0] : texts);
  }
  if (dtypeOf(metadata) === undefined) return { kind: 'refused', why: 'holds values that cannot be shown' };
  const slab = slabOf(shape, selection);
  if (slab === undefined) return { kind: 'refused', why: `has the shape (${shape.join(', ')})` };
  const bytes = elementCount(slab.count) * size;
  if (bytes > maxBytes) return { kind: 'tooLarge', bytes };
  return { kind: 'numbers', array: readSlabAt(file, located, slab.first, slab.count) };
}

/** @returns undefined when the selection does not fit the shape */
function slabOf(
  shape: readonly number[],
  selection: Extract<GroveRequest, { what: 'data' }>['selection'],
): { first: number[]; count: number[] } | undefined {
  if (selection !== undefined && selection.length !== shape.length) return undefined;
  const ranges = shape.map((length, dimension): readonly [number, number] => {
    const wanted = selection?.[dimension] ?? null;
    if (wanted === null) return [0, length];
    return typeof wanted === 'number' ? [wanted, wanted + 1] : wanted;
  });
  if (ranges.some(([first, end], dimension) => first > end || end > (shape[dimension] ?? 0)))
    return undefined;
  return { first: ranges.map(([first]) => first), count: ranges.map(([first, end]) => end - first) };
}
