import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, ScanWriterError } from '../../scan/index.js';

export type HttpAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  /** Only who may open the socket file gets in. */
  | { readonly kind: 'unix'; readonly path: string };

export interface HttpSettings {
  readonly address: HttpAddress;
  /** What who wants measured data or changes something has to say; without it, both only through a Unix socket. */
  readonly token: string | undefined;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;
/** `!` to `~`: what fits into a header. */
const TOKEN = /^[!-~]{16,512}$/;
/** Permission bits of all who are neither the owner nor of the group. */
const OTHERS = 0o007;
/** Linux has room for 107 bytes. */
const LONGEST_SOCKET_PATH = 100;

/**
 * `--http` and `--token-file`.
 * @returns undefined when it is not to answer HTTP
 * @throws ScanWriterError `usage`
 */
export function parseHttp(options: Readonly<Record<string, unknown>>): HttpSettings | undefined {
  const { http, tokenFile } = options;
  if (typeof http !== 'string') {
    if (tokenFile === undefined) return undefined;
    throw new ScanWriterError('usage', '--token-file is for --http, which is not given.');
  }
  return {
    address: parseAddress(http),
    token: typeof tokenFile === 'string' ? readToken(tokenFile) : undefined,
  };
}

/** `8080`, `HOST:PORT`, `[::1]:8080` or `unix:/path`. */
function parseAddress(text: string): HttpAddress {
  if (text.startsWith('unix:')) return { kind: 'unix', path: socketPath(text.slice('unix:'.length)) };
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([\da-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text) ?? [];
  const port = digits === '' ? NaN : Number(digits);
  if (port <= 65_535) return { kind: 'tcp', host: bracketed ?? plain ?? '127.0.0.1', port };
  throw new ScanWriterError(
    'usage',
    `--http: "${text}" is no address: write HOST:PORT, such as 127.0.0.1:8350, or unix:/path/of/a.sock.`,
  );
}

function socketPath(given: string): string {
  const name = given.replace(/^\/\/(?=\/)/, '');
  if (path.isAbsolute(name) && Buffer.byteLength(name) <= LONGEST_SOCKET_PATH) return name;
  throw new ScanWriterError(
    'usage',
    `--http: the path of the socket "${name}" has to begin with / and to have ${LONGEST_SOCKET_PATH} bytes at most.`,
  );
}

function readToken(file: string): string {
  let token: string;
  try {
    if ((statSync(file).mode & OTHERS) !== 0) {
      throw new ScanWriterError(
        'usage',
        `--token-file: others may use ${file}: take that from them with "chmod o= ${file}".`,
        { subject: file },
      );
    }
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (error instanceof ScanWriterError) throw error;
    throw new ScanWriterError('usage', `--token-file: ${file} cannot be read: ${messageOf(error)}.`, {
      subject: file,
      cause: error,
    });
  }
  if (TOKEN.test(token)) return token;
  throw new ScanWriterError(
    'usage',
    `--token-file: ${file} has to hold one line of 16 to 512 letters, digits or signs, such as "openssl rand -hex 32" makes.`,
    { subject: file },
  );
}

/** Whether only this machine can get there. */
export function isLocal(address: HttpAddress): boolean {
  return address.kind === 'unix' || LOOPBACK.test(address.host);
}

/** For people and logs: `http://127.0.0.1:8350`, `unix:/run/scan-writer.sock`. */
export function addressText(address: HttpAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}
