import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HttpError, type Answer } from './answers.js';

/** The built page, also when the caller runs from TypeScript sources. */
const BUILT = path.resolve(import.meta.dirname, '../../../dist/web');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Nothing but our own files, and nothing of another place: the page works without internet, and shows names as text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SAFETY: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** The names of assets change with what is in them. */
const FOREVER = 'public, max-age=31536000, immutable';

interface WebFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

/** The files of the status page. Names are looked up in a list that was made before: none leads to another file. */
export class WebFiles {
  readonly #paths: ReadonlyMap<string, string>;
  readonly #read = new Map<string, Promise<WebFile>>();

  constructor(directory: string = BUILT) {
    this.#paths = new Map([
      ...filesIn(directory).map(({ name, file }) => [name, file] as const),
      ...filesIn(path.join(directory, 'assets')).map(({ name, file }) => [`assets/${name}`, file] as const),
    ]);
  }

  /** @throws HttpError 404 */
  page(acceptEncoding: string): Promise<Answer> {
    if (!this.#paths.has('index.html')) {
      throw new HttpError(
        404,
        'noPage',
        'The status page was not built: "npm run build" says why. All else works.',
      );
    }
    return this.#answer('index.html', 'no-cache', acceptEncoding);
  }

  /** @throws HttpError 404 */
  asset(name: string, acceptEncoding: string): Promise<Answer> {
    return this.#answer(`assets/${name}`, FOREVER, acceptEncoding);
  }

  async #answer(name: string, caching: string, acceptEncoding: string): Promise<Answer> {
    const file = this.#paths.get(name);
    if (file === undefined) {
      throw new HttpError(404, 'unknownPath', 'The status page has no file of this name: load it again.');
    }
    const reading = this.#read.get(name) ?? read(file);
    this.#read.set(name, reading);
    const { type, plain, zipped } = await reading;
    const isZipped = /\bgzip\b/.test(acceptEncoding) && zipped.length < plain.length;
    return {
      status: 200,
      headers: {
        ...SAFETY,
        'Content-Type': type,
        'Cache-Control': caching,
        Vary: 'Accept-Encoding',
        ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}),
      },
      body: isZipped ? zipped : plain,
    };
  }
}

function filesIn(directory: string): { name: string; file: string }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && path.extname(entry.name) in TYPES)
    .map(({ name }) => ({ name, file: path.join(directory, name) }));
}

async function read(file: string): Promise<WebFile> {
  const plain = await readFile(file);
  return { type: TYPES[path.extname(file)] ?? '', plain, zipped: await promisify(gzip)(plain) };
}
