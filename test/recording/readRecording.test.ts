import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readRecording } from '../../src/recording/readRecording.js';
import { recordingLine } from '../support/recordingFile.js';
import { scratchDirectory } from '../support/scratch.js';

/** gzip without its end, flushed behind the text: what a killed recorder leaves. */
function cutOff(text: string): Buffer {
  const header = gzipSync('').subarray(0, 10);
  return Buffer.concat([header, deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH })]);
}

describe('a recording that is cut off', () => {
  it.each([10, 3000])('gives all its %i commands also to who is slow, and then says so', async (count) => {
    const lines = Array.from({ length: count }, (_, i) => recordingLine({ cmd: ['SET', 'key', String(i)] }));
    const file = path.join(await scratchDirectory(), 'commands.jsonl.gz');
    await writeFile(file, cutOff(`${lines.join('\n')}\n{"t": 1, "cm`));
    const found: string[] = [];
    const reading = (async () => {
      for await (const { args } of readRecording(file)) {
        found.push(String(args[1]));
        if (found.length % 100 === 0) await sleep(5);
      }
    })();
    await expect(reading).rejects.toThrow(
      `line ${count + 1} of ${file}: the gzip data is damaged or cut off`,
    );
    expect(found).toEqual(lines.map((_, i) => String(i)));
  });
});
