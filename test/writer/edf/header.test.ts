import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../../src/scan/index.js';
import { headerTextBytes, MAX_FRAME_BYTES, parseHeader } from '../../../src/writer/edf/header.js';
import { DATA_TYPES, headerOf, type BlockRequest } from './support.js';

const parse = (request: BlockRequest = {}): ReturnType<typeof parseHeader> => parseHeader(headerOf(request));

const why = (fields: NonNullable<BlockRequest['fields']>, request: BlockRequest = {}): string => {
  const parsed = parse({ ...request, fields });
  return 'why' in parsed ? parsed.why : `taken: ${JSON.stringify(parsed)}`;
};

describe('the header of an EDF image', () => {
  it.each(Object.keys(DATA_TYPES) as DType[])('says what pixels of %s are', (dtype) => {
    expect(parse({ dtype, shape: [4, 7] })).toMatchObject({
      pixels: { dtype, frameShape: [4, 7] },
      isBigEndian: false,
      headerBytes: 512,
    });
  });

  it.each<[string, DType]>([
    ['UnsignedLong', 'uint32'],
    ['SIGNEDLONG', 'int32'],
    ['Unsigned8', 'uint8'],
    ['signed16', 'int16'],
    ['FLOAT', 'float32'],
    ['FloatIEEE32', 'float32'],
    ['Double', 'float64'],
  ])('knows %s of other writers', (name, dtype) => {
    expect(parse({ dtype, fields: { DataType: name } })).toMatchObject({ pixels: { dtype } });
  });

  it('has the width in Dim_1 and the height in Dim_2', () => {
    expect(parse({ fields: { Dim_1: '3', Dim_2: '2' } })).toMatchObject({ pixels: { frameShape: [2, 3] } });
  });

  it('has keys in any letters and order, and any others beside them', () => {
    const text =
      '{\r\nDIM_2=2;\r\nmotor = a = { b } ;datatype = unsignedSHORT ;\r\ndim_1 = 3 ;byteorder= highbytefirst;\r\n}\r\n';
    const header = Buffer.from(text);
    expect(headerTextBytes(Buffer.concat([header, Buffer.alloc(12)]))).toBe(header.length);
    expect(parseHeader(header)).toEqual({
      pixels: { dtype: 'uint16', frameShape: [2, 3] },
      isBigEndian: true,
      headerBytes: header.length,
      pixelBytes: 12,
      blockBytes: 12,
    });
  });

  it('may be longer than its text, and its block longer than its pixels', () => {
    const fields = { EDF_HeaderSize: '1024', EDF_BinarySize: '512', Size: undefined };
    expect(parse({ fields })).toMatchObject({ headerBytes: 1024, pixelBytes: 12, blockBytes: 512 });
  });

  it('may be about the file only', () => {
    const general = '{\nEDF_DataFormatVersion = 2.40 ;\nEDF_BinarySize = 0 ;\n}\n';
    expect(parseHeader(Buffer.from(general))).toMatchObject({ pixels: undefined, blockBytes: 0 });
  });

  it.each<[string, NonNullable<BlockRequest['fields']>, string]>([
    ['no width', { Dim_1: undefined }, 'has an image of 2 pixels'],
    ['a negative height', { Dim_2: '-2' }, 'has an image of 3 x -2 pixels'],
    ['no pixels at all', { Dim_1: '0', Size: '0' }, 'has an image of 0 x 2 pixels'],
    ['a width that is no number', { Dim_1: 'NaN' }, 'has an image of NaN x 2 pixels'],
    ['more pixels than memory', { Dim_1: '99999999999' }, 'has an image of 99999999999 x 2 pixels'],
    [
      'dimensions of which the product is too much',
      { Dim_1: '2000000000', Dim_2: '2000000000' },
      'has an image of 2',
    ],
    ['a stack', { Dim_3: '2' }, 'has an image of 3 x 2 x 2 pixels'],
    ['a type that nobody knows', { DataType: 'Quaternion' }, 'has pixels of an unknown type (Quaternion)'],
    ['no type', { DataType: undefined }, 'has pixels of an unknown type (none)'],
    ['no order of bytes', { ByteOrder: undefined }, 'has pixels in an unknown order of bytes (none)'],
    ['a size below that of its pixels', { Size: '11' }, 'says that 12 bytes of pixels take 11'],
    ['a size that is none', { Size: '-12' }, 'says that 12 bytes of pixels take -12'],
    ['a header that ends before its text', { EDF_HeaderSize: '5' }, 'says that its header has 5 bytes'],
    ['a header without limits', { EDF_HeaderSize: '99999999' }, 'says that its header has 99999999 bytes'],
    ['compressed pixels', { Compression: 'Zlib' }, 'is compressed (Zlib)'],
    ['pixels elsewhere', { EDF_BinaryFileName: '/etc/passwd' }, 'has its pixels in another file'],
    ['two widths', { dim_1: '4' }, 'says dim_1 twice, and not the same'],
  ])('is refused with %s', (_, fields, reason) => {
    expect(why(fields)).toContain(reason);
  });

  it('is refused when it is not text: its end was found in pixels', () => {
    const open = headerOf().subarray(0, 200);
    const header = Buffer.concat([open, Buffer.from([0, 0, 1, 2]), Buffer.from('}\n')]);
    expect(parseHeader(header)).toEqual({ why: 'has a header that is not text' });
  });

  it('says in few words what is wrong, whatever stands there', () => {
    expect(why({ DataType: 'x'.repeat(400) }).length).toBeLessThan(120);
  });

  it('needs no order of bytes for pixels of one byte', () => {
    expect(parse({ dtype: 'uint8', fields: { ByteOrder: undefined } })).toMatchObject({ pixelBytes: 6 });
  });

  it('never promises more than there can be, whatever it says', () => {
    const numbers = fc.oneof(
      fc.integer().map(String),
      fc.nat({ max: 5000 }).map(String),
      fc.bigInt().map(String),
      fc.string({ maxLength: 12 }),
      fc.constant(undefined),
    );
    const fields = fc.record({
      Dim_1: numbers,
      Dim_2: numbers,
      Dim_3: numbers,
      Size: numbers,
      EDF_BinarySize: numbers,
      EDF_HeaderSize: numbers,
      DataType: fc.oneof(fc.constantFrom(...Object.values(DATA_TYPES)), fc.string()),
      ByteOrder: fc.constantFrom('LowByteFirst', 'HighByteFirst', '', undefined),
    });
    fc.assert(
      fc.property(fields, (changes) => {
        const header = headerOf({ fields: changes });
        const parsed = parseHeader(header);
        if ('why' in parsed || parsed.pixels === undefined) return;
        const [height = 0, width = 0] = parsed.pixels.frameShape;
        expect(width).toBe(Number(changes.Dim_1));
        expect(height).toBe(Number(changes.Dim_2));
        expect(parsed.pixelBytes).toBeGreaterThan(0);
        expect(parsed.pixelBytes).toBeLessThanOrEqual(MAX_FRAME_BYTES);
        expect(parsed.blockBytes).toBeGreaterThanOrEqual(parsed.pixelBytes);
        expect(Number.isSafeInteger(parsed.headerBytes + parsed.blockBytes)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('of any bytes is refused or read, and never throws', () => {
    const near = fc.tuple(
      fc.constantFrom('{', '{\n', 'Dim_1 = 4 ;', ''),
      fc.string(),
      fc.constantFrom('}\n', ''),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array)),
      near.map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        const parsed = parseHeader(text);
        expect(
          'why' in parsed || parsed.pixels !== undefined || /edf_dataformatversion/i.test(text.toString()),
        ).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
