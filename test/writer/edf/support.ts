import { elementCount, itemSize, type DType } from '../../../src/scan/index.js';

/** EDF's own word for a type, as Lima writes it. */
export const DATA_TYPES: Readonly<Partial<Record<DType, string>>> = {
  int8: 'SignedByte',
  uint8: 'UnsignedByte',
  int16: 'SignedShort',
  uint16: 'UnsignedShort',
  int32: 'SignedInteger',
  uint32: 'UnsignedInteger',
  int64: 'Signed64',
  uint64: 'Unsigned64',
  float32: 'FloatValue',
  float64: 'DoubleValue',
};

export interface BlockRequest {
  readonly dtype?: DType;
  /** Height and width. */
  readonly shape?: readonly [number, number];
  readonly pixels?: Uint8Array;
  /** Fields that replace those that Lima writes, or come after them; undefined leaves one out. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

/** A header as Lima writes it, filled up to a multiple of 512 bytes. */
export function headerOf({ dtype = 'uint16', shape = [2, 3], fields = {} }: BlockRequest = {}): Buffer {
  const written = {
    HeaderID: 'EH:000001:000000:000000',
    Image: '1',
    ByteOrder: 'LowByteFirst',
    DataType: DATA_TYPES[dtype],
    Size: String(elementCount(shape) * itemSize(dtype)),
    Dim_1: String(shape[1]),
    Dim_2: String(shape[0]),
    acq_frame_nb: '0',
    ...fields,
  };
  const lines = Object.entries(written)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key} = ${value ?? ''} ;\n`);
  const text = `{\n${lines.join('')}`;
  return Buffer.from(`${text.padEnd(Math.ceil((text.length + 2) / 512) * 512 - 2)}}\n`, 'latin1');
}

/** Pixels that are all different where their type has room, and are those of image `seed` only. */
export function pixelsOf(seed: number, dtype: DType, shape: readonly number[]): Buffer {
  const bytes = Buffer.alloc(elementCount(shape) * itemSize(dtype));
  for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7 + seed * 31 + 1) % 120;
  return bytes;
}

/** A header with its pixels. */
export function edfBlock(request: BlockRequest = {}, seed = 0): Buffer {
  const { dtype = 'uint16', shape = [2, 3] } = request;
  return Buffer.concat([headerOf(request), request.pixels ?? pixelsOf(seed, dtype, shape)]);
}

/** A file of images 0, 1 ... as Lima writes it with several frames a file. */
export function edfFile(count: number, request: BlockRequest = {}, first = 0): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => edfBlock(request, first + index)));
}
