import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpSettings } from './address.js';
import { errorAnswer, HttpError, isFault, type Answer, type ApiRequest, type Streamed } from './answers.js';
import { assertMay } from './auth.js';
import type { Router } from './router.js';

const MOST_CONNECTIONS = 500;
const MOST_HEADER_BYTES = 16 * 1024;
const MOST_URL_CHARACTERS = 8 * 1024;
const MOST_BODY_BYTES = 64 * 1024;
/** For a request to be here, with all its headers and its body. */
const REQUEST_MILLISECONDS = 10_000;
const KEEP_ALIVE_MILLISECONDS = 10_000;
/** Who takes nothing of an answer for so long has gone. */
const SILENCE_MILLISECONDS = 30_000;
/** All answers that clients have not taken yet. */
const MOST_UNTAKEN_BYTES = 64 * 1024 * 1024;

export interface ServerOptions {
  readonly settings: HttpSettings;
  readonly router: Router;
  readonly onAnswered: (code: number) => void;
  /** A mistake of ours. */
  readonly onFault: (error: unknown) => void;
}

/** Answers requests. Whatever comes in, and whatever goes wrong in here, nothing is thrown out of it. */
export function makeServer(options: ServerOptions): Server {
  const untaken = new UntakenBytes();
  const server = createServer(
    {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: REQUEST_MILLISECONDS,
      requestTimeout: REQUEST_MILLISECONDS,
      connectionsCheckingInterval: REQUEST_MILLISECONDS / 5,
      keepAliveTimeout: KEEP_ALIVE_MILLISECONDS,
      keepAlive: true,
      keepAliveInitialDelay: SILENCE_MILLISECONDS,
      noDelay: true,
    },
    (request, response) => {
      void respond(request, response, options, untaken);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', refuseUnread);
  return server;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
  untaken: UntakenBytes,
): Promise<void> {
  try {
    const answer = await answerOf(request, response, options, untaken);
    if ('stream' in answer) {
      options.onAnswered(200);
      answer.stream(response);
    } else send(response, answer, options, untaken);
  } catch (error) {
    if (isFault(error)) options.onFault(error);
    if (response.headersSent) response.destroy();
    else send(response, errorAnswer(error), options, untaken);
  }
}

async function answerOf(
  request: IncomingMessage,
  response: ServerResponse,
  { settings, router }: ServerOptions,
  untaken: UntakenBytes,
): Promise<Answer | Streamed> {
  const { method = 'GET', url = '/', headers } = request;
  if (url.length > MOST_URL_CHARACTERS) {
    throw new HttpError(
      414,
      'longUrl',
      `The address of a request has ${MOST_URL_CHARACTERS} characters at most.`,
    );
  }
  const [path = '/', ...rest] = url.split('?');
  const { route, params } = router.find(method, path);
  if (route.access === 'token') assertMay(settings, headers.authorization);
  untaken.assertRoom();
  const body = route.method === 'POST' ? await bodyOf(request) : '';
  const given: ApiRequest = {
    query: queryOf(rest.join('?')),
    params,
    headers,
    body,
    onGone: (listener) => {
      response.once('close', listener);
    },
  };
  return route.answer(given);
}

/** @throws HttpError 400 for a percent sign that stands for nothing */
function queryOf(text: string): URLSearchParams {
  try {
    decodeURIComponent(text);
  } catch {
    throw new HttpError(
      400,
      'badQuery',
      'A % has to be followed by two hexadecimal digits; itself it is %25.',
    );
  }
  return new URLSearchParams(text);
}

/** @throws HttpError 413 */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const tooLarge = new HttpError(413, 'largeBody', `A body has ${MOST_BODY_BYTES} bytes at most.`, {
    Connection: 'close',
  });
  if (Number(request.headers['content-length'] ?? 0) > MOST_BODY_BYTES) throw tooLarge;
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BODY_BYTES) throw tooLarge;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function send(
  response: ServerResponse,
  { status, headers, body }: Answer,
  { onAnswered }: ServerOptions,
  untaken: UntakenBytes,
): void {
  onAnswered(status);
  if (response.destroyed) return;
  untaken.add(response, body.length);
  response.setTimeout(SILENCE_MILLISECONDS, () => {
    response.destroy();
  });
  response.writeHead(status, {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** How much memory clients hold that do not take their answers. */
class UntakenBytes {
  #bytes = 0;

  /** @throws HttpError 503 */
  assertRoom(): void {
    if (this.#bytes <= MOST_UNTAKEN_BYTES) return;
    throw new HttpError(503, 'busy', 'Too many answers wait for their clients: ask again in a moment.', {
      'Retry-After': '1',
    });
  }

  add(response: ServerResponse, bytes: number): void {
    this.#bytes += bytes;
    response.once('close', () => {
      this.#bytes -= bytes;
    });
  }
}

/** What node could not read as a request, or would not wait for any longer. */
function refuseUnread(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { status, headers, body } = errorAnswer(unreadError(error.code));
  const fields = Object.entries({
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${String(body)}`);
}

function unreadError(code: string | undefined): HttpError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new HttpError(431, 'longHeaders', `Headers have ${MOST_HEADER_BYTES} bytes at most.`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new HttpError(
      408,
      'slowRequest',
      `A request has to be here within ${REQUEST_MILLISECONDS / 1_000} s.`,
    );
  }
  return new HttpError(400, 'badRequest', 'This is no request of HTTP/1.1.');
}
