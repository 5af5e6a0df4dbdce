/** Bytes `[position, position + length)` of a file. */
export type ReadAt = (position: number, length: number) => Buffer;

export interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}
