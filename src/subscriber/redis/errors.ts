import { messageOf, ScanWriterError } from '../../scan/index.js';
import { publicAddress } from './address.js';

/** Answers of a Redis that is on its way up, busy or changing its role: the next attempt can succeed. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|UNBLOCKED|TRYAGAIN)\b/;

/** Answers to who we are. They can change: passwords are changed, also back. */
const IDENTITY = /^(WRONGPASS|NOAUTH|NOPERM)\b/;

const REFUSALS: readonly [RegExp, string][] = [
  [/WRONGPASS|invalid password/i, 'user name or password is wrong'],
  [
    /NOAUTH|Authentication required/i,
    'it asks for a password: put it into the address or $SCAN_WRITER_REDIS',
  ],
  [/NOPERM/i, 'the user may not read: give it at least +@read +@connection on all keys'],
  [/DB index/i, 'it has no database of that number'],
  [/LOADING/i, 'it is still loading its data, try again in a moment'],
];

/**
 * Whether doing the same again can help: Redis said so, or did not answer at all.
 * A mistake of our own (TypeError, RangeError) is never transient.
 */
export function isTransient(error: unknown): boolean {
  if (isReply(error)) return PASSING.test(messageOf(error));
  return isOfConnection(error);
}

/** Whether Redis does not know us, or does not let us. */
export function isOfIdentity(error: unknown): boolean {
  return isReply(error) && IDENTITY.test(messageOf(error));
}

/** Whether it comes from Redis or from the way to it, and not from our own code. */
export function isOfRedis(error: unknown): boolean {
  return isReply(error) || isOfConnection(error);
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** ioredis throws plain errors, those of sockets with a code, and a few classes of its own. */
function isOfConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}

/** Turns whatever ioredis throws while connecting or reading into one sentence without the password. */
export function connectError(url: string, error: unknown): ScanWriterError {
  if (error instanceof ScanWriterError) return error;
  const address = publicAddress(url);
  const message = messageOf(error).replace(/\s+/g, ' ').replace(/\.$/, '');
  const details = { subject: address, retryable: isTransient(error), cause: error };
  const known = REFUSALS.find(([pattern]) => pattern.test(message));
  if (known !== undefined || isReply(error)) {
    const why = known?.[1] ?? message;
    return new ScanWriterError('refused', `Redis at ${address} refused: ${why}.`, details);
  }
  const name = error instanceof Error ? error.name : '';
  const why = /ParserError|Protocol error|RESP type/i.test(`${name} ${message}`)
    ? 'what answers there is not Redis'
    : message;
  return new ScanWriterError(
    'unreachable',
    `No connection to Redis at ${address} (${why}): is it running, is the address right?`,
    { ...details, retryable: true },
  );
}
