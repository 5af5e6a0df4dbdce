import { messageOf, ScanWriterError, type ErrorTag } from '../../scan/index.js';
import type { MethodName } from './methods.js';

export interface Request {
  readonly id: number;
  readonly method: MethodName;
  readonly arguments: readonly unknown[];
}

export type Response =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: WireError };

/** An error that crosses the border of a thread: only plain objects do with all their fields. */
interface WireError {
  readonly tag: ErrorTag | undefined;
  readonly message: string;
  readonly subject: string | undefined;
  readonly retryable: boolean;
  readonly stack: string | undefined;
}

/** A result whose buffers are handed over to the thread that asked, instead of being copied. */
export class Moved<T> {
  readonly value: T;
  readonly buffers: readonly ArrayBuffer[];

  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

export function toWire(error: unknown): WireError {
  const ours = error instanceof ScanWriterError ? error : undefined;
  return {
    tag: ours?.tag,
    message: messageOf(error),
    subject: ours?.subject,
    retryable: ours?.retryable ?? false,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

export function fromWire({ tag, message, subject, retryable, stack }: WireError): Error {
  if (tag === undefined) return new Error(message, { cause: stack });
  return new ScanWriterError(tag, message, {
    retryable,
    cause: stack,
    ...(subject === undefined ? {} : { subject }),
  });
}
