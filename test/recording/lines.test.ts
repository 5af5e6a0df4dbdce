import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineTooLongError, splitLines } from '../../src/recording/lines.js';

async function split(chunks: readonly Uint8Array[], maxBytes?: number): Promise<string[]> {
  const source = (async function* () {
    for (const chunk of chunks) {
      await Promise.resolve();
      yield chunk;
    }
  })();
  const lines = [];
  for await (const line of splitLines(source, maxBytes)) lines.push(line);
  return lines;
}

describe('splitLines', () => {
  it('finds the same lines wherever the bytes are cut', async () => {
    const text = fc.array(fc.string({ unit: 'grapheme' }).filter((line) => !/[\r\n]/.test(line)));
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (lines, size) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        expect(await split(chunks)).toEqual(lines);
      }),
    );
  });

  it('takes Windows line ends and a last line without an end', async () => {
    expect(await split([Buffer.from('one\r\n\r\ntwo')])).toEqual(['one', '', 'two']);
  });

  it('does not hold a line that is too long', async () => {
    const chunks = Array.from({ length: 5 }, () => Buffer.alloc(30, 'x'));
    await expect(split(chunks, 100)).rejects.toThrow(LineTooLongError);
    expect(await split(chunks, 150)).toHaveLength(1);
  });
});
