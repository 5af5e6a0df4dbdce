import type { DType } from '../../scan/index.js';
import type { PointType } from '../../layout/operation.js';
import type { H5Module } from './module.js';

/** The types we write. bool is stored as uint8 and float16 as float32: h5wasm can write neither (DESIGN 11). */
export type StoredType = Exclude<DType, 'bool' | 'float16'> | 'text';

export function storedTypeOf(type: PointType): StoredType {
  if (type === 'bool') return 'uint8';
  return type === 'float16' ? 'float32' : type;
}

type Metadata = ReturnType<H5Module['get_dataset_metadata']>;
type WriteMetadata = Parameters<H5Module['create_dataset']>[3];
type TypeMetadata = Omit<WriteMetadata, 'shape' | 'maxshape'>;

/** H5T_class_t */
const INTEGER = 0;
const FLOAT = 1;
const STRING = 3;
const BIT_FIELD = 4;
const OPAQUE = 5;
const COMPOUND = 6;
const ENUM = 8;

const UTF8 = 1;
const SPACE_PADDED = 2;
const UNLIMITED = 18446744073709551615n;

/** What h5wasm wants to know to create a dataset or an attribute. */
export function metadataOf(
  type: StoredType,
  shape: readonly number[],
  chunks?: readonly number[],
): WriteMetadata & { readonly chunks: bigint[] | null } {
  const dimensions = shape.map(BigInt);
  return {
    ...typeMetadata(type),
    shape: dimensions,
    maxshape: chunks === undefined ? dimensions : chunks.map(() => UNLIMITED),
    chunks: chunks === undefined ? null : chunks.map(BigInt),
  };
}

function typeMetadata(type: StoredType): TypeMetadata {
  const plain = { signed: false, vlen: false, littleEndian: true, total_size: 0 };
  if (type === 'text') return { ...plain, type: STRING, size: 4, vlen: true, cset: UTF8 };
  if (type === 'complex64' || type === 'complex128') {
    const part = { ...typeMetadata(type === 'complex64' ? 'float32' : 'float64') };
    const { size } = part;
    const members = ['r', 'i'].map((name, index) => {
      return { ...part, name, offset: index * size, shape: [], maxshape: null, chunks: null };
    });
    return { ...plain, type: COMPOUND, size: 2 * size, compound_type: { members, nmembers: 2 } };
  }
  const size = Number(/\d+/.exec(type)?.[0]) / 8;
  if (type.startsWith('float')) return { ...plain, type: FLOAT, size };
  return { ...plain, type: INTEGER, size, signed: type.startsWith('int') };
}

/** The type that a dataset or attribute of any file has, undefined for those that we cannot read. */
export function dtypeOf(metadata: Metadata): DType | undefined {
  const { type, size, signed } = metadata;
  if (type === INTEGER && [1, 2, 4, 8].includes(size)) {
    return `${signed ? 'int' : 'uint'}${8 * size}` as DType;
  }
  if (type === FLOAT && [2, 4, 8].includes(size)) return `float${8 * size}` as DType;
  // How h5py stores bool.
  if (type === ENUM && size === 1 && metadata.enum_type?.members['TRUE'] === 1) return 'bool';
  return type === COMPOUND ? complexOf(metadata) : undefined;
}

function complexOf(metadata: Metadata): DType | undefined {
  const [real, imaginary, ...others] = metadata.compound_type?.members ?? [];
  if (real === undefined || imaginary === undefined || others.length > 0) return undefined;
  if (real.name !== 'r' || imaginary.name !== 'i' || !real.littleEndian) return undefined;
  const parts = [dtypeOf(real), dtypeOf(imaginary)].join();
  if (parts === 'float32,float32' && metadata.size === 8) return 'complex64';
  return parts === 'float64,float64' && metadata.size === 16 ? 'complex128' : undefined;
}

/** What readers can do with values: `number` also for types that we do not read, `other` for records, lists, references. */
export type ValueKind = 'number' | 'complex' | 'text' | 'other';

export function valueKindOf(metadata: Metadata): ValueKind {
  if (isText(metadata)) return 'text';
  if ([INTEGER, FLOAT, BIT_FIELD, ENUM].includes(metadata.type)) return 'number';
  return complexOf(metadata) === undefined ? 'other' : 'complex';
}

/** How values can be read: as numbers, as texts, as bytes that mean the same in every file, or not at all. */
export type Stored =
  | { readonly kind: 'numbers'; readonly dtype: DType }
  /** Bytes of one text, or of what stands for it where texts differ in length. */
  | { readonly kind: 'texts'; readonly bytes: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'unreadable' };

export function storedAs(metadata: Metadata): Stored {
  const dtype = dtypeOf(metadata);
  if (dtype !== undefined) return { kind: 'numbers', dtype };
  if (isText(metadata)) return { kind: 'texts', bytes: metadata.size };
  return isPlain(metadata) ? { kind: 'bytes', bytes: metadata.size } : { kind: 'unreadable' };
}

const PLAIN = [INTEGER, FLOAT, BIT_FIELD, OPAQUE, ENUM];

/** Neither a pointer nor an address in a file is in it. */
function isPlain(metadata: Metadata): boolean {
  if (metadata.type === COMPOUND)
    return (metadata.compound_type?.members ?? []).every((member) => isPlain(member));
  return PLAIN.includes(metadata.type) || (isText(metadata) && !metadata.vlen);
}

export function isText(metadata: Metadata): boolean {
  return metadata.type === STRING;
}

export function isSpacePadded(metadata: Metadata): boolean {
  return metadata.strpad === SPACE_PADDED;
}
