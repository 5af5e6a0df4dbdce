import { UnpickleError } from './errors.js';

/** Below this many bytes a loop is quicker than a call into Node. */
const SHORT = 24;

/**
 * Text of a BINUNICODE: UTF-8 in which lone surrogates are allowed, as Python writes it ("surrogatepass").
 * Throws `UnpickleError` (`text`) when it is not.
 */
export function decodeUtf8(buffer: Buffer, start: number, end: number): string {
  if (end - start < SHORT) {
    const ascii = shortAscii(buffer, start, end);
    if (ascii !== undefined) return ascii;
  }
  const text = buffer.toString('utf8', start, end);
  // A replacement character was either in the text or stands for what Node refused.
  return text.includes('\ufffd') ? decodeUtf8WithSurrogates(buffer.subarray(start, end)) : text;
}

function shortAscii(buffer: Buffer, start: number, end: number): string | undefined {
  let text = '';
  for (let index = start; index < end; index++) {
    const byte = buffer[index] ?? 0;
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The lead bytes of sequences of 2, 3 and 4 bytes, with the smallest code point each length may write. */
const SEQUENCES = [
  { length: 1, mask: 0x80, lead: 0x00, smallest: 0 },
  { length: 2, mask: 0xe0, lead: 0xc0, smallest: 0x80 },
  { length: 3, mask: 0xf0, lead: 0xe0, smallest: 0x800 },
  { length: 4, mask: 0xf8, lead: 0xf0, smallest: 0x10000 },
] as const;

function decodeUtf8WithSurrogates(bytes: Uint8Array): string {
  const parts: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const lead = bytes[index] ?? 0;
    const sequence = SEQUENCES.find((candidate) => (lead & candidate.mask) === candidate.lead);
    if (sequence === undefined || index + sequence.length > bytes.length) throw badUtf8();
    let codePoint = lead & ~sequence.mask & 0xff;
    for (let next = 1; next < sequence.length; next++) {
      const byte = bytes[index + next] ?? 0;
      if ((byte & 0xc0) !== 0x80) throw badUtf8();
      codePoint = codePoint * 64 + (byte & 0x3f);
    }
    if (codePoint < sequence.smallest || codePoint > 0x10ffff) throw badUtf8();
    parts.push(String.fromCodePoint(codePoint));
    index += sequence.length;
  }
  return parts.join('');
}

function badUtf8(): UnpickleError {
  return new UnpickleError('text', 'a text is not UTF-8');
}

/** Text of UNICODE (protocol 0): Latin-1 with the escapes of Python's codec "raw-unicode-escape". */
export function decodeRawUnicodeEscape(line: string): string {
  if (!line.includes('\\')) return line;
  return line.replace(/\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g, (_, short?: string, long?: string) => {
    const codePoint = Number.parseInt(short ?? long ?? '', 16);
    if (codePoint > 0x10ffff) throw new UnpickleError('text', 'a text holds an escape that is no character');
    return String.fromCodePoint(codePoint);
  });
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
]);

/** Text of STRING (protocol 0, Python 2): a quoted Python literal; its bytes count as Latin-1. */
export function decodeStringLiteral(line: string): string {
  const literal = line.trim();
  const quote = literal.at(0);
  if (literal.length < 2 || (quote !== '"' && quote !== "'") || literal.at(-1) !== quote) {
    throw new UnpickleError('text', 'a string has no quotes around it');
  }
  return literal.slice(1, -1).replace(/\\(x[\da-fA-F]{2}|[0-7]{1,3}|[^])/g, (whole, escape: string) => {
    if (/^x./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (/^[0-7]/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    return ESCAPES.get(escape) ?? whole;
  });
}

/** A number as Python's `repr(float)` writes it. Throws `UnpickleError` (`number`). */
export function decodeDecimalFloat(line: string): number {
  const text = line.trim().toLowerCase();
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) return Number(text);
  if (/^[+-]?inf(inity)?$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^[+-]?nan$/.test(text)) return NaN;
  throw new UnpickleError('number', 'a float is not written as one');
}

/** A decimal integer of at most `maxBytes` bytes. Throws `UnpickleError` (`number` or `limit`). */
export function decodeDecimalInteger(line: string, maxBytes: number): bigint {
  const text = line.trim();
  // A byte is at most 2.41 decimal digits.
  if (text.length > 2 + maxBytes * 2.5) throw new UnpickleError('limit', 'an integer is too long');
  if (!/^[+-]?\d+$/.test(text)) throw new UnpickleError('number', 'an integer is not written as one');
  return text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text);
}
