export interface Problem {
  readonly tag: string;
  readonly message: string;
  readonly advice: string;
  readonly scan: string | null;
  readonly is_blocking: boolean;
}

export interface Disk {
  readonly directory: string;
  readonly free_bytes: number | null;
  readonly full_seconds: number | null;
  readonly silent_seconds: number | null;
}

export interface Service {
  readonly version: string;
  readonly start_time: string;
  readonly is_ready: boolean;
  readonly is_connected: boolean;
  readonly data_access: 'open' | 'token' | 'none';
  readonly queue: { readonly bytes: number; readonly budget: number };
  readonly disks: readonly Disk[];
  readonly problems: readonly Problem[];
}

export interface Session {
  readonly name: string;
  readonly is_followed: boolean;
  readonly scans: Readonly<Record<string, number>>;
  readonly points: number;
  readonly bytes: number;
  readonly gaps: number;
}

export interface Scan {
  /** Its name in Redis. */
  readonly scan: string;
  readonly name: string;
  readonly session: string;
  readonly start_time: string | null;
  readonly state: string;
  readonly is_live: boolean;
  readonly why: { readonly tag: string; readonly message: string } | null;
  readonly status: string | null;
  readonly file: string | null;
  readonly points: number;
  readonly rows: number;
  readonly expected: number;
  readonly lag: { readonly points: number; readonly seconds: number };
  readonly end_time: string | null;
}

export interface Plot {
  readonly axis: string | null;
  readonly signals: readonly string[];
  readonly shown: readonly string[];
}

export interface ScanDetail extends Scan {
  readonly plot: Plot | null;
  readonly channels: readonly {
    readonly name: string;
    readonly on_disk: number;
    readonly dataset: string | null;
  }[];
}

export interface Points {
  readonly next: number;
  readonly is_ended: boolean;
  readonly channels: readonly { readonly name: string; readonly values: readonly unknown[] }[];
}

/** What the service answered instead of what was asked for. */
export class ApiError extends Error {
  readonly status: number;
  readonly tag: string;

  constructor(status: number, tag: string, message: string) {
    super(message);
    this.status = status;
    this.tag = tag;
  }

  /** Whether another token would help. */
  get isAboutToken(): boolean {
    return this.status === 401 || this.status === 403;
  }

  get mayPass(): boolean {
    return this.status === 503;
  }
}

const TOKEN_KEY = 'scan-writer-token';
const PATIENCE_MILLISECONDS = 3_000;

/** Kept until the tab is closed. */
export const token = {
  get: (): string | null => sessionStorage.getItem(TOKEN_KEY),
  set: (text: string): void => {
    sessionStorage.setItem(TOKEN_KEY, text);
  },
  forget: (): void => {
    sessionStorage.removeItem(TOKEN_KEY);
  },
};

/** Also behind a proxy that puts the page into a folder. */
export function urlOf(path: string): URL {
  return new URL(path, document.baseURI.replace(/#.*$/, ''));
}

/** @throws ApiError, or whatever fetch throws when nobody answers */
export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  const given = token.get();
  const answer = await fetch(urlOf(path), {
    headers: given === null ? {} : { Authorization: `Bearer ${given}` },
    signal: signal ?? AbortSignal.timeout(PATIENCE_MILLISECONDS),
  });
  if (answer.ok) return answer;
  const said = (await answer.json().catch(() => ({}))) as { error?: { tag?: string; message?: string } };
  const { tag = 'unknown', message = answer.statusText } = said.error ?? {};
  throw new ApiError(answer.status, tag, message);
}

/** As `ask`; the answer is as docs/openapi.json says, which the tests of the service show. */
export async function askJson<T>(path: string): Promise<T> {
  const answer = await ask(path);
  return (await answer.json()) as T;
}

export function scanPath(scan: string): string {
  return `api/scans/${encodeURIComponent(scan)}`;
}
