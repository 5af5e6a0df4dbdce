import { ScanWriterError } from '../../scan/index.js';

const SCHEMES = /^(redis|rediss|unix|redis\+unix):\/\//;

/**
 * A Redis address as users write it: `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS,
 * `unix:///path/to/socket[?db=1]` or just the path of a socket.
 * @throws ScanWriterError `usage` when it is none of these
 */
export function checkAddress(address: string): string {
  const isPath = address.startsWith('/');
  const url = isPath ? `unix://${address}` : address;
  if (!SCHEMES.test(url) || !URL.canParse(url)) {
    throw badAddress(address, 'write it like redis://host:6380/1, rediss://... or unix:///path/to/socket');
  }
  const { hostname, username, password, pathname, searchParams } = new URL(url);
  const isTcp = /^rediss?:/.test(url);
  const db = searchParams.get('db') ?? (isTcp ? pathname.slice(1) : '');
  if (!/^\d{0,5}$/.test(db)) throw badAddress(address, `the database "${db}" is not a number`);
  if (isTcp && hostname === '') throw badAddress(address, 'it names no host');
  if (!isEncoded(username) || !isEncoded(password)) {
    throw badAddress(address, 'write a % in user or password as %25');
  }
  return address;
}

function isEncoded(text: string): boolean {
  return !/%(?![\da-f]{2})/i.test(text);
}

function badAddress(address: string, why: string): ScanWriterError {
  return new ScanWriterError('usage', `"${publicAddress(address)}" is not a Redis address: ${why}.`, {
    subject: publicAddress(address),
  });
}

/** The address without user and password, for messages and logs; a password with a bare `@` or `/` is hidden too. */
export function publicAddress(address: string): string {
  const credentials = isSocket(address) ? /^([a-z+]+:\/\/)[^@/]*@/ : /^([a-z][a-z+]*:\/\/)?.*@/s;
  return address.replace(credentials, '$1').replace(/([?&](?:user(?:name)?|password)=)[^&]*/gi, '$1***');
}

function isSocket(address: string): boolean {
  return /^(\/|unix:|redis\+unix:)/.test(address);
}
