import type { StreamEntry } from '../entries.js';
import { ReplyScanner } from './replyScanner.js';

const LINE_END_BYTES = 2;
const fieldScanner = new ReplyScanner();

/** An entry as it stands in the reply that brought it: its fields are looked for only when they are asked for. */
export class RepliedEntry implements StreamEntry {
  readonly bytes: Buffer;
  readonly #idStart: number;
  /** The fields are in `[from, to)`, as Redis sent them. */
  readonly from: number;
  readonly to: number;
  #fields: readonly Buffer[] | undefined;

  constructor(bytes: Buffer, idStart: number, idEnd: number, to: number) {
    this.bytes = bytes;
    this.#idStart = idStart;
    this.from = idEnd;
    this.to = to;
  }

  get id(): string {
    return this.bytes.toString('latin1', this.#idStart, this.from);
  }

  get fields(): readonly Buffer[] {
    this.#fields ??= this.#read();
    return this.#fields;
  }

  get size(): number {
    return this.to - this.from;
  }

  #read(): Buffer[] {
    fieldScanner.begin(this.from + LINE_END_BYTES);
    fieldScanner.scan(this.bytes, this.to + LINE_END_BYTES);
    const count = fieldScanner.itemsOf(0) ?? 0;
    return Array.from({ length: count }, (_, i) => {
      return this.bytes.subarray(fieldScanner.startOf(i + 1), fieldScanner.endOf(i + 1));
    });
  }
}
