import { itemSize, type DType } from '../../scan/index.js';

/** What every image of a dataset has in common. */
export interface PixelType {
  readonly dtype: DType;
  /** Height and width. */
  readonly frameShape: readonly number[];
}

/** One block of an EDF file: a header in text, then the pixels of one image. */
export interface EdfBlock {
  /** Undefined for a block that only describes the file. */
  readonly pixels: PixelType | undefined;
  readonly isBigEndian: boolean;
  /** The pixels begin behind so many bytes. */
  readonly headerBytes: number;
  readonly pixelBytes: number;
  /** To the next block; may be more than the pixels take. */
  readonly blockBytes: number;
}

/** Why images cannot be had, as the end of a sentence that begins with the name of their file. */
export interface EdfProblem {
  readonly why: string;
}

/** As much as the facility's own readers go through. */
export const MAX_HEADER_BYTES = 256 * 1024;
/** HDF5 has 2 GiB in a thread, and an image needs its size more than once. */
export const MAX_FRAME_BYTES = 512 * 1024 * 1024;
const MAX_LENGTH = 2 ** 31;

/** Names of Lima and of older writers, in small letters. `Long` has always been 32 bits wide. */
const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['signedbyte', 'int8'],
  ['signed8', 'int8'],
  ['unsignedbyte', 'uint8'],
  ['unsigned8', 'uint8'],
  ['signedshort', 'int16'],
  ['signed16', 'int16'],
  ['unsignedshort', 'uint16'],
  ['unsigned16', 'uint16'],
  ['signedinteger', 'int32'],
  ['signedlong', 'int32'],
  ['signed32', 'int32'],
  ['unsignedinteger', 'uint32'],
  ['unsignedlong', 'uint32'],
  ['unsigned32', 'uint32'],
  ['signed64', 'int64'],
  ['unsigned64', 'uint64'],
  ['float', 'float32'],
  ['float32', 'float32'],
  ['floatvalue', 'float32'],
  ['floatieee32', 'float32'],
  ['double', 'float64'],
  ['doublevalue', 'float64'],
  ['floatieee64', 'float64'],
  ['doubleieee64', 'float64'],
]);

/** Keys that say how pixels are stored. Any other is a remark. */
const KEYS = new Set([
  'byteorder',
  'compression',
  'datatype',
  'dim_1',
  'dim_2',
  'dim_3',
  'edf_binaryfilename',
  'edf_binarysize',
  'edf_dataformatversion',
  'edf_headersize',
  'size',
]);

/** Bytes of a header's text from its opening to the line end behind its closing brace; undefined when that is not here. */
export function headerTextBytes(bytes: Buffer): number | undefined {
  for (let brace = bytes.indexOf('}'); brace >= 0; brace = bytes.indexOf('}', brace + 1)) {
    const [next, afterNext] = [bytes[brace + 1], bytes[brace + 2]];
    if (next === LINE_FEED) return brace + 2;
    if (next === CARRIAGE_RETURN && afterNext === LINE_FEED) return brace + 3;
  }
  return undefined;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * What the header of a block says of its pixels.
 * @param text from its opening brace to its end, see {@link headerTextBytes}
 */
export function parseHeader(text: Buffer): EdfBlock | EdfProblem {
  // Pixels where text should be: the end that was found is none.
  if (text.some(isControl)) return { why: 'has a header that is not text' };
  const fields = fieldsIn(text.toString('latin1'));
  if ('why' in fields) return fields;
  const headerBytes = countIn(fields, 'edf_headersize') ?? text.length;
  if (!(headerBytes >= text.length && headerBytes <= MAX_HEADER_BYTES))
    return { why: `says that its header has ${fields.get('edf_headersize') ?? ''} bytes` };
  const isGeneral = fields.has('edf_dataformatversion') && !fields.has('dim_1');
  const described = isGeneral ? { pixels: undefined, isBigEndian: false, pixelBytes: 0 } : pixelsOf(fields);
  if ('why' in described) return described;
  const { pixelBytes } = described;
  const [sizeKey, size] = ['edf_binarysize', 'size']
    .filter((key) => fields.has(key))
    .map((key) => [key, countIn(fields, key)] as const)[0] ?? ['', pixelBytes];
  if (size === undefined || size < pixelBytes)
    return { why: `says that ${pixelBytes} bytes of pixels take ${fields.get(sizeKey) ?? ''}` };
  return { ...described, headerBytes, blockBytes: size };
}

type Fields = ReadonlyMap<string, string>;

/** `key = value ;`, of the keys that matter. */
function fieldsIn(text: string): Fields | EdfProblem {
  const fields = new Map<string, string>();
  for (const field of text.slice(text.indexOf('{') + 1, text.lastIndexOf('}')).split(';')) {
    const equals = field.indexOf('=');
    const name = field.slice(0, Math.max(0, equals)).trim();
    const key = name.toLowerCase();
    if (!KEYS.has(key)) continue;
    const value = field.slice(equals + 1).trim();
    if ((fields.get(key) ?? value) !== value) return { why: `says ${name} twice, and not the same` };
    fields.set(key, value);
  }
  return fields;
}

function pixelsOf(fields: Fields): Pick<EdfBlock, 'pixels' | 'isBigEndian' | 'pixelBytes'> | EdfProblem {
  const compression = fields.get('compression') ?? '';
  if (!/^(|no|none)$/i.test(compression)) return { why: `is compressed (${shown(compression)})` };
  if (fields.has('edf_binaryfilename')) return { why: 'has its pixels in another file' };
  const dataType = fields.get('datatype') ?? '';
  const dtype = DTYPES.get(dataType.toLowerCase());
  if (dtype === undefined) return { why: `has pixels of an unknown type (${shown(dataType)})` };
  const [width, height] = [countIn(fields, 'dim_1') ?? 0, countIn(fields, 'dim_2') ?? 0];
  const depth = fields.has('dim_3') ? countIn(fields, 'dim_3') : 1;
  const pixelBytes = width * height * itemSize(dtype);
  if (!isLength(width) || !isLength(height) || depth !== 1 || pixelBytes > MAX_FRAME_BYTES) {
    const dimensions = ['dim_1', 'dim_2', 'dim_3'].flatMap((key) => fields.get(key) ?? []);
    return { why: `has an image of ${shown(dimensions.join(' x '))} pixels` };
  }
  const order = fields.get('byteorder') ?? '';
  const isBigEndian = /^high/i.test(order);
  if (itemSize(dtype) > 1 && !isBigEndian && !/^low/i.test(order))
    return { why: `has pixels in an unknown order of bytes (${shown(order)})` };
  return { pixels: { dtype, frameShape: [height, width] }, isBigEndian, pixelBytes };
}

/** A field that counts something; undefined when it is not there or no such number. */
function countIn(fields: Fields, key: string): number | undefined {
  const value = fields.get(key) ?? '';
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function isLength(length: number): boolean {
  return length >= 1 && length <= MAX_LENGTH;
}

/** What stands in a file is not a sentence of ours, and may be long. */
function shown(value: string): string {
  return value === '' ? 'none' : value.slice(0, 60);
}

function isControl(byte: number): boolean {
  return byte < 32 && !(byte >= 9 && byte <= 13);
}
