export interface StreamEntry {
  readonly id: string;
  /** Field names and values, alternating. */
  readonly fields: readonly Buffer[];
  /** Of the entry in a reply, where that is known. */
  readonly size?: number;
}

export interface StreamEntries {
  readonly key: string;
  readonly entries: readonly StreamEntry[];
}

/**
 * The reply of XREAD as ioredis gives it with `protocol: 2`, `[key, [id, fields][]][]`. A blocked read is also woken,
 * without entries, by a stream that is made by adding and deleting an entry in one transaction: that is no news.
 */
export function streamsOf(reply: unknown): StreamEntries[] {
  if (!Array.isArray(reply)) return [];
  return (reply as [Buffer, unknown][])
    .map(([key, entries]) => ({ key: key.toString('utf8'), entries: streamEntriesOf(entries) }))
    .filter(({ entries }) => entries.length > 0);
}

/** The reply of XRANGE and XREVRANGE, `[id, fields][]`. */
export function streamEntriesOf(reply: unknown): StreamEntry[] {
  if (!Array.isArray(reply)) return [];
  return (reply as [Buffer, Buffer[]][]).map(([id, fields]) => ({ id: id.toString('latin1'), fields }));
}

/** The value of a field, undefined when the entry has none. */
export function fieldOf({ fields }: StreamEntry, name: string): Buffer | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const field = fields[i];
    // Most names differ in length: that costs nothing to see.
    if (field?.length === name.length && field.toString('latin1') === name) return fields[i + 1];
  }
  return undefined;
}

/** Bytes of an entry, about. */
export function sizeOf(entry: StreamEntry): number {
  return entry.size ?? entry.fields.reduce((sum, field) => sum + field.byteLength, 0);
}
