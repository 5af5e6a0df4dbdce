import { messageOf } from '../scan/index.js';

/** The sentence of an error as a part of another sentence. */
export function clauseOf(error: unknown): string {
  const sentence = messageOf(error).replace(/\.$/, '');
  return sentence.replace(/^Cannot/, 'cannot');
}
