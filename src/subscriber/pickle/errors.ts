import { ScanWriterError } from '../../scan/index.js';

/**
 * What is wrong with a pickle:
 * - `truncated`: it ends early, or a length points beyond its end
 * - `limit`: it is larger, deeper or longer to read than `UnpickleLimits` allow
 * - `opcode`: it is no pickle, or one of a protocol after 5
 * - `unsupported`: it refers to something outside itself (persistent id, extension registry, out-of-band buffer)
 * - `stack`: an opcode needs a value, mark or memo entry that is not there
 * - `type`: an opcode or a constructor was given a value of another type than it takes
 * - `text`: a text is not encoded as it should be
 * - `number`: a number is not written as it should be
 * - `dtype`: a numpy dtype does not exist or contradicts itself
 * - `shape`: the elements of a numpy array are not as many as its shape says
 */
export type UnpickleErrorCode =
  'truncated' | 'limit' | 'opcode' | 'unsupported' | 'stack' | 'type' | 'text' | 'number' | 'dtype' | 'shape';

/** The only error that leaves the decoder. */
export class UnpickleError extends ScanWriterError {
  readonly code: UnpickleErrorCode;
  /** Where in the pickle; undefined until the machine has added the place of the opcode it was at. */
  readonly offset: number | undefined;
  readonly #reason: string;

  constructor(code: UnpickleErrorCode, reason: string, offset?: number, cause?: unknown) {
    super('undecodable', sentence(reason, offset), { cause });
    this.code = code;
    this.offset = offset;
    this.#reason = reason;
  }

  /** The same error with the place where it happened, unless it has one. */
  at(offset: number): UnpickleError {
    return this.offset === undefined ? new UnpickleError(this.code, this.#reason, offset, this.cause) : this;
  }
}

function sentence(reason: string, offset: number | undefined): string {
  const place = offset === undefined ? '' : ` at byte ${offset}`;
  return `This pickle cannot be read: ${reason}${place}.`;
}
