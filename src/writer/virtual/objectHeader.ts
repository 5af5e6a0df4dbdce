import type { ReadAt } from './access.js';
import { CHECKSUM_BYTES, hasValidChecksum } from './checksum.js';
import { refuse } from './refusal.js';

/** IV.A.2, the types of message that matter here. */
export const MESSAGE = {
  dataspace: 0x01,
  datatype: 0x03,
  fillValue: 0x05,
  externalFiles: 0x07,
  layout: 0x08,
  filters: 0x0b,
} as const;

/** Type, size (2 bytes) and flags before the content of a message. */
export const MESSAGE_PREFIX_BYTES = 4;

export interface Message {
  readonly type: number;
  readonly isShared: boolean;
  /** Where the content is in the bytes of the header; the prefix is before it. */
  readonly start: number;
  readonly end: number;
}

/** The first block of an object header, in which HDF5 keeps all messages of a dataset but its attributes. */
export interface ObjectHeader {
  readonly address: number;
  /** From the signature to the checksum. */
  readonly bytes: Buffer;
  readonly messages: readonly Message[];
}

const SIGNATURE = 'OHDR';
const VERSION_AT = 4;
const FLAGS_AT = 5;
/** Flags: the width of the size field (as a power of 2), and whether four times of 4 bytes are stored. */
const SIZE_WIDTH = 0b11;
const HAS_TIMES = 0x20;
const TIMES_AT = 6;
const TIMES_BYTES = 16;
const PREFIX_BYTES_AT_MOST = TIMES_AT + TIMES_BYTES + 4;
const IS_SHARED = 0x02;

/** IV.A.1.b, version 2, as h5wasm writes it: without creation order of attributes. */
export function readObjectHeader(readAt: ReadAt, address: number, endOfFile: number): ObjectHeader {
  if (!Number.isSafeInteger(address) || address <= 0 || address + PREFIX_BYTES_AT_MOST > endOfFile) {
    refuse(`the address ${address} of a dataset is outside of it`);
  }
  const prefix = readAt(address, PREFIX_BYTES_AT_MOST);
  if (prefix.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE || prefix[VERSION_AT] !== 2) {
    refuse(`there is no object header of version 2 at ${address}`);
  }
  const flags = prefix[FLAGS_AT] ?? 0;
  const width = 2 ** (flags & SIZE_WIDTH);
  if ((flags & ~(SIZE_WIDTH | HAS_TIMES)) !== 0 || width > 4) {
    refuse(`the object header at ${address} has the flags ${flags}`);
  }
  const sizeAt = TIMES_AT + (flags & HAS_TIMES ? TIMES_BYTES : 0);
  const firstMessage = sizeAt + width;
  const length = firstMessage + prefix.readUIntLE(sizeAt, width) + CHECKSUM_BYTES;
  if (address + length > endOfFile) refuse(`the object header at ${address} is longer than it`);
  const bytes = readAt(address, length);
  if (!hasValidChecksum(bytes)) refuse(`the checksum of the object header at ${address} is wrong`);
  return { address, bytes, messages: messagesIn(bytes, firstMessage) };
}

function messagesIn(header: Buffer, first: number): Message[] {
  const messages: Message[] = [];
  const end = header.length - CHECKSUM_BYTES;
  // Less than a prefix at the end is a gap.
  for (let at = first; end - at >= MESSAGE_PREFIX_BYTES;) {
    const start = at + MESSAGE_PREFIX_BYTES;
    const message = {
      type: header.readUInt8(at),
      isShared: (header.readUInt8(at + 3) & IS_SHARED) !== 0,
      start,
      end: start + header.readUInt16LE(at + 1),
    };
    if (message.end > end) refuse('a message overruns its object header');
    messages.push(message);
    at = message.end;
  }
  return messages;
}

/** The one message of a type, stored in this header and not shared with others. */
export function onlyMessage(header: ObjectHeader, type: keyof typeof MESSAGE): Message {
  const [message, another] = header.messages.filter((each) => each.type === MESSAGE[type]);
  if (message === undefined || another !== undefined || message.isShared) {
    refuse(`the object at ${header.address} is no dataset of ours: it has not just one ${type} message`);
  }
  return message;
}

export function contentOf(header: ObjectHeader, message: Message): Buffer {
  return header.bytes.subarray(message.start, message.end);
}

/** A message for a header: its prefix as it was but for the size, its content, and zeros up to `contentBytes`. */
export function encodeMessage(
  header: ObjectHeader,
  message: Message,
  content: Uint8Array,
  contentBytes = content.length,
): Buffer {
  const bytes = Buffer.alloc(MESSAGE_PREFIX_BYTES + contentBytes);
  header.bytes.copy(bytes, 0, message.start - MESSAGE_PREFIX_BYTES, message.start);
  bytes.writeUInt16LE(contentBytes, 1);
  bytes.set(content, MESSAGE_PREFIX_BYTES);
  return bytes;
}
