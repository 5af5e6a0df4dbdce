import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { messageOf, ScanWriterError } from '../../scan/index.js';

/** What a request gets. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** An answer that goes on: whoever makes it writes the response itself, and ends it. */
export interface Streamed {
  readonly stream: (response: ServerResponse) => void;
}

export interface ApiRequest {
  readonly query: URLSearchParams;
  /** What stands in the path for the names of the route, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Tells when the client has gone. */
  readonly onGone: (listener: () => void) => void;
}

/** What a client did wrong, or what keeps the service from answering: a status of HTTP, a word and a sentence. */
export class HttpError extends Error {
  readonly status: number;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, tag: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.tag = tag;
    this.headers = headers;
  }
}

/** It would go in a moment. */
export function busy(message: string): HttpError {
  return new HttpError(503, 'busy', message, { 'Retry-After': '1' });
}

/** Of values, before they are text: making text keeps the process from everything else for some milliseconds. */
export const MOST_JSON_BYTES = 256 * 1024;

/** NaN and infinities are null, integers above 2^53 are text, as everywhere in this program's JSON. */
export function json(value: unknown, status = 200, headers: Answer['headers'] = {}): Answer {
  const body = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
    return item;
  });
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body: `${body}\n` };
}

export function errorAnswer(error: unknown): Answer {
  const known = asHttpError(error);
  return json({ error: { tag: known.tag, message: known.message } }, known.status, known.headers);
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!(error instanceof ScanWriterError)) {
    return new HttpError(500, 'fault', 'The service could not answer this: its log says why.');
  }
  const { tag, message, retryable } = error;
  if (tag === 'usage') return new HttpError(400, tag, message);
  const headers: Record<string, string> = retryable ? { 'Retry-After': '1' } : {};
  return new HttpError(503, tag, messageOf(error), headers);
}

/** Whether it is our fault that a request was not answered. */
export function isFault(error: unknown): boolean {
  return !(error instanceof HttpError || error instanceof ScanWriterError);
}
