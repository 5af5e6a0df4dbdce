import type { StreamEntries } from '../entries.js';
import { RepliedEntry } from './repliedEntry.js';
import type { ReplyScanner } from './replyScanner.js';

/**
 * The streams of a reply of XREAD, `[key, [id, fields][]][]`, that a scanner has found in `bytes`; undefined when it is
 * something else.
 */
export function streamsIn(bytes: Buffer, found: ReplyScanner): StreamEntries[] | undefined {
  const streams: StreamEntries[] = [];
  let token = 1;
  for (let left = found.itemsOf(0) ?? -1; left !== 0; left--) {
    const entries = found.itemsOf(token + 2);
    if (left < 0 || found.itemsOf(token) !== 2 || !found.isString(token + 1) || entries === undefined) {
      return undefined;
    }
    const key = bytes.toString('utf8', found.startOf(token + 1), found.endOf(token + 1));
    token += 3;
    const list: RepliedEntry[] = [];
    for (let i = 0; i < entries; i++) {
      const fields = found.itemsOf(token + 2);
      const last = token + 2 + (fields ?? 0);
      const isEntry = found.itemsOf(token) === 2 && found.isString(token + 1) && (fields ?? 0) > 0;
      if (!isEntry || !areStrings(found, token + 3, last)) return undefined;
      list.push(new RepliedEntry(bytes, found.startOf(token + 1), found.endOf(token + 1), found.endOf(last)));
      token = last + 1;
    }
    if (list.length > 0) streams.push({ key, entries: list });
  }
  return streams;
}

function areStrings(found: ReplyScanner, first: number, last: number): boolean {
  for (let token = first; token <= last; token++) if (!found.isString(token)) return false;
  return true;
}
