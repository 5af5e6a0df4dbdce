import http from 'node:http';
import type { z } from 'zod';
import { messageOf, ScanWriterError } from '../../scan/index.js';
import { addressText, type HttpSettings } from '../http/address.js';

/** A service on this machine answers in milliseconds. */
const TIMEOUT_MILLISECONDS = 5_000;
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;

/** Asks a service that runs. */
export class HttpClient {
  readonly address: string;
  readonly #settings: HttpSettings;

  constructor(settings: HttpSettings) {
    this.address = addressText(settings.address);
    this.#settings = settings;
  }

  /** @throws ScanWriterError `unreachable` when nobody answers, or somebody else; `refused` when it does not want to */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const { status, body } = await this.#ask(path).catch((error: unknown) => {
      throw this.#unreachable(explain(error), error);
    });
    const result = schema.safeParse(parsed(body));
    if (result.success && status === 200) return result.data;
    if (status !== 200 && status !== 404) {
      throw new ScanWriterError('refused', `The service at ${this.address} answered ${status}: ${body}.`);
    }
    throw this.#unreachable('what answers there is no scan-writer of this version', undefined);
  }

  #ask(path: string): Promise<{ status: number; body: string }> {
    const { address, token } = this.#settings;
    const place =
      address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    return new Promise((resolve, reject) => {
      const request = http.get({ ...place, path, headers, signal, agent: false }, (response) => {
        const parts: Buffer[] = [];
        let bytes = 0;
        response.on('data', (part: Buffer) => {
          parts.push(part);
          bytes += part.length;
          if (bytes > MOST_ANSWER_BYTES) request.destroy(new Error('its answer has no end'));
        });
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString().trim() });
        });
      });
      request.on('error', reject);
    });
  }

  #unreachable(why: string, cause: unknown): ScanWriterError {
    return new ScanWriterError(
      'unreachable',
      `No answer from a service at ${this.address} (${why}): is "scan-writer run --http" running there, is the address right?`,
      { subject: this.address, retryable: true, cause },
    );
  }
}

function explain(error: unknown): string {
  const { code, name } = error instanceof Error && 'code' in error ? error : { code: '', name: '' };
  if (code === 'EACCES') return 'this user may not open the socket';
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ABORT_ERR' || name === 'TimeoutError') return 'it does not answer';
  return messageOf(error).replace(/\s+/g, ' ');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
