import { messageOf, ScanWriterError, type ErrorTag } from '../../scan/index.js';

/** The HDF5 library reported an error: by its status, by what it printed, or by an exception. */
export class Hdf5Error extends ScanWriterError {
  /** What was tried, as a verb phrase: "append to". */
  readonly operation: string;
  /** The error stack as HDF5 printed it, empty if it printed none. */
  readonly hdf5Stack: string;

  constructor(operation: string, subject: string, hdf5Stack: string, cause?: unknown) {
    const reason = reasonOf(hdf5Stack, cause);
    const known = KNOWN_REASONS.find(({ words }) => reason.includes(words));
    const advice = known === undefined ? '' : ` ${known.advice}`;
    super(known?.tag ?? 'hdf5', `Cannot ${operation} ${subject}: ${reason}.${advice}`, {
      subject,
      retryable: known?.retryable ?? false,
      cause,
    });
    this.operation = operation;
    this.hdf5Stack = hdf5Stack;
  }
}

/**
 * These points cannot be stored in this dataset: another rank, or values that its type cannot hold exactly.
 * The call that throws it has not touched the file, so the caller can record a gap and go on.
 */
export class PointTypeError extends ScanWriterError {
  constructor(message: string, subject: string) {
    super('undecodable', message, { subject });
  }
}

/**
 * What stands for an operating system error that Node has no name for. h5wasm knows errors by Node's names alone
 * and takes these for success, see module.ts.
 */
export const UNNAMED_ERROR =
  'an operating system error without a name in Node, such as an exceeded quota or a stale network file';

/** By text, since the numbers that HDF5 prints are those of WASI and not of the operating system. */
const KNOWN_REASONS: readonly { words: string; tag?: ErrorTag; retryable: boolean; advice: string }[] = [
  { words: 'No space left on device', tag: 'full', retryable: true, advice: 'Free space on that disk.' },
  { words: 'Quota exceeded', tag: 'full', retryable: true, advice: 'Free space or ask for a larger quota.' },
  { words: UNNAMED_ERROR, retryable: true, advice: 'Check the quota and the mount of that file system.' },
  { words: 'I/O error', retryable: true, advice: 'Check the disk or the mount of that file system.' },
  { words: 'Stale file handle', retryable: true, advice: 'Check the mount of that file system.' },
  { words: 'Read-only file system', retryable: true, advice: 'Check why it is mounted read-only.' },
  { words: 'Operation timed out', retryable: true, advice: 'Check the mount of that file system.' },
  { words: 'No file descriptors available', retryable: true, advice: 'Raise the limit of open files.' },
  {
    words: 'Permission denied',
    retryable: false,
    advice: 'Check owner and mode of the file and its folder.',
  },
  { words: 'file signature not found', retryable: false, advice: 'It is not an HDF5 file.' },
  { words: 'truncated file', retryable: false, advice: 'Its end is missing: it was cut off or not closed.' },
];

/**
 * One clause from a printed error stack: the text of the system's error if there is one, else the message of
 * the innermost function of the first stack (later ones are consequences of the first).
 */
function reasonOf(hdf5Stack: string, cause: unknown): string {
  if (hdf5Stack.includes(UNNAMED_ERROR)) return UNNAMED_ERROR;
  const systemError = /error message = '([^']+)'/.exec(hdf5Stack)?.[1];
  if (systemError !== undefined) return systemError;
  const firstStack = hdf5Stack.split('HDF5-DIAG:')[1] ?? '';
  const innermost = [...firstStack.matchAll(/^\s*#\d+: .* in \w+\(\): (.+)$/gm)].at(-1)?.[1];
  if (innermost !== undefined) return innermost;
  if (cause !== undefined) return firstLine(messageOf(cause));
  return firstLine(hdf5Stack) || 'HDF5 gave no reason';
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1).join('').slice(0, 200);
}
