import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpSettings } from './address.js';
import { HttpError } from './answers.js';

const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="scan-writer"' };

/** What measured data take: nothing for who may open the Unix socket, the token, or a service with a token. */
export type DataAccess = 'open' | 'token' | 'none';

export function dataAccessOf({ address, token }: HttpSettings): DataAccess {
  if (address.kind === 'unix') return 'open';
  return token === undefined ? 'none' : 'token';
}

/**
 * Lets in who may open our Unix socket or says the token: measured data would else bypass the permissions of files.
 * @param authorization header of the request
 * @throws HttpError 401 or 403
 */
export function assertMay({ address, token }: HttpSettings, authorization: string | undefined): void {
  if (address.kind === 'unix') return;
  if (token === undefined) {
    throw new HttpError(
      403,
      'noToken',
      'Measured data and changes are only for who knows the token: start the service with --token-file, or with --http unix:PATH.',
    );
  }
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (given === undefined) {
    throw new HttpError(
      401,
      'tokenWanted',
      'This is only for who knows the token: send it as "Authorization: Bearer TOKEN".',
      CHALLENGE,
    );
  }
  if (isSame(given, token)) return;
  throw new HttpError(401, 'wrongToken', 'This is not the token of the service.', CHALLENGE);
}

/** In a time that says nothing of where they differ, nor of the length. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
