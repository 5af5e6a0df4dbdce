/** A line so long that no publisher can have sent it: one frame of the largest camera is a tenth of this. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError';
}

/**
 * Splits a stream of bytes into lines of UTF-8 text, without their line ends. A last line without an end counts.
 * Throws LineTooLongError rather than hold more than `maxBytes` of one line.
 */
export async function* splitLines(
  source: AsyncIterable<Uint8Array>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<string, void, undefined> {
  let parts: Uint8Array[] = [];
  let held = 0;
  const hold = (part: Uint8Array) => {
    held += part.byteLength;
    if (held > maxBytes) throw new LineTooLongError(`longer than ${maxBytes} bytes`);
    parts.push(part);
  };
  const take = () => {
    const line = Buffer.concat(parts).toString('utf8');
    parts = [];
    held = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  };
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.byteLength) hold(chunk.subarray(start));
  }
  if (held > 0) yield take();
}
