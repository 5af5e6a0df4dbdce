import { readFileSync } from 'node:fs';
import http, { type IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { parseSettings, runService, ScanMemory } from '../../../src/service/index.js';
import type { HttpAddress } from '../../../src/service/http/address.js';
import { mapTo } from '../../support/acceptance.js';
import { Gate } from '../../support/gate.js';

export const TOKEN = 'a-token-that-only-tests-know';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: unknown;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A service in this process that answers HTTP. */
export class TestService {
  readonly #stop = new AbortController();
  readonly #running: Promise<string[]>;
  readonly #place: { host: string; port: number } | { socketPath: string };
  readonly faults: readonly unknown[];
  /** From which level on it logs. */
  readonly log: { readonly level: string };

  private constructor(
    address: string,
    running: Promise<string[]>,
    stop: AbortController,
    { faults, log }: Pick<TestService, 'faults' | 'log'>,
  ) {
    this.#stop = stop;
    this.#running = running;
    this.faults = faults;
    this.log = log;
    const { hostname: host, port } = address.startsWith('unix:')
      ? { hostname: '', port: 0 }
      : new URL(address);
    this.#place = address.startsWith('unix:')
      ? { socketPath: address.slice('unix:'.length) }
      : { host, port: Number(port) };
  }

  /** @param state folder in which it remembers; without one it does not */
  static async start(request: {
    readonly redis: string;
    readonly directory: string;
    readonly state?: string;
    readonly address?: HttpAddress;
    readonly token?: string;
    /** Options of `run`, besides or instead of those that tests have. */
    readonly options?: Readonly<Record<string, unknown>>;
  }): Promise<TestService> {
    const { redis, directory, state, token, options } = request;
    const address = request.address ?? { kind: 'tcp', host: '127.0.0.1', port: 0 };
    const stop = new AbortController();
    const listening = new Gate<string>();
    const ready = new Gate();
    const faults: unknown[] = [];
    const log = { level: 'info' };
    const running = runService({
      redis,
      sessions: 'all',
      settings: parseSettings({ map: [mapTo(directory)], flush: '50ms', ...options }),
      ...(state === undefined ? {} : { memory: ScanMemory.open(state) }),
      http: { address, token },
      log,
      signal: stop.signal,
      reports: {
        onHttp: (text) => {
          listening.open(text);
        },
        onReady: () => {
          ready.open();
        },
        onHttpFault: (error) => faults.push(error),
      },
    });
    const place = await Promise.race([listening.opened, running.then(() => '')]);
    await Promise.race([ready.opened, running]);
    return new TestService(place, running, stop, { faults, log });
  }

  get port(): number {
    return 'port' in this.#place ? this.#place.port : 0;
  }

  ask(path: string, { method = 'GET', headers = {}, body = '' }: AskOptions = {}): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = http.request({ ...this.#place, path, method, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(parts);
          const isJson = response.headers['content-type'] === 'application/json' && whole.length > 0;
          const json = isJson ? (JSON.parse(whole.toString()) as unknown) : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole, json });
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  /** As `ask`, with the token. */
  askWithToken(path: string, options: AskOptions = {}): Promise<HttpAnswer> {
    return this.ask(path, { ...options, headers: { ...options.headers, Authorization: `Bearer ${TOKEN}` } });
  }

  /** Resolves when it has ended by itself or was ended before. */
  get ended(): Promise<string[]> {
    return this.#running;
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
  >;
}

const OPEN_API = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../../docs/openapi.json'), 'utf8'),
) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
};

/** Every operation of the description: `GET /api/scans`. */
export function describedOperations(): string[] {
  return Object.entries(OPEN_API.paths).flatMap(([name, operations]) => {
    return Object.keys(operations).map((method) => `${method.toUpperCase()} ${name}`);
  });
}

/** An answer is as docs/openapi.json says: its status is named there, its type, and what it holds. */
export function expectDescribed(operation: string, { status, headers, body, json }: HttpAnswer): void {
  const [method = '', name = ''] = operation.split(' ');
  const { responses } = OPEN_API.paths[name]?.[method.toLowerCase()] ?? { responses: {} };
  expect(Object.keys(responses), operation).toContain(String(status));
  const type = (headers['content-type'] ?? '').split(';')[0] ?? '';
  const schema = responses[String(status)]?.content?.[type]?.schema;
  expect(schema, `${operation} ${status} ${type}`).toBeDefined();
  if (type !== 'application/json') return;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: OPEN_API.components });
  expect(validate(json), `${operation} ${JSON.stringify(validate.errors)} ${body.toString()}`).toBe(true);
}

export const scanPath = (dbName: string): string => `/api/scans/${encodeURIComponent(dbName)}`;

/** Asks until a scan is as wanted. */
export async function scanUntil(
  service: TestService,
  dbName: string,
  isWanted: (scan: { state: string; rows: number }) => boolean,
): Promise<void> {
  for (;;) {
    const { status, json } = await service.ask(scanPath(dbName));
    if (status === 200 && isWanted(json as { state: string; rows: number })) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
