import { ScanWriterError } from '../../scan/index.js';

const SCHEMES = /^(redis|rediss|unix|redis\+unix):\/\//;

/**
 * A Redis address as users write it: `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS,
 * `unix:///path/to/socket[?db=1]` or just the path of a socket.
 * @throws ScanWriterError `usage` when it is none of these
 */
export function checkAddress(address: string): string {
  if (address.startsWith('/')) return address;
  if (!SCHEMES.test(address) || !URL.canParse(address)) {
    throw badAddress(address, 'write it like redis://host:6380/1, rediss://... or unix:///path/to/socket');
  }
  const url = new URL(address);
  const db = url.searchParams.get('db') ?? (/^rediss?:/.test(address) ? url.pathname.slice(1) : '');
  if (!/^\d{0,5}$/.test(db)) throw badAddress(address, `the database "${db}" is not a number`);
  if (/^rediss?:/.test(address) && url.hostname === '') throw badAddress(address, 'it names no host');
  return address;
}

function badAddress(address: string, why: string): ScanWriterError {
  return new ScanWriterError('usage', `"${publicAddress(address)}" is not a Redis address: ${why}.`, {
    subject: publicAddress(address),
  });
}

/** The address without its password, for messages and logs. */
export function publicAddress(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//').replace(/([?&]password=)[^&]*/, '$1***');
}
