import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { recordingFolder } from '../../support/recordings.js';

const PROTO = 0x80;

export interface RecordedPickle {
  readonly recording: string;
  /** The first argument of the command. */
  readonly key: unknown;
  /** The name before the value in the command. */
  readonly field: unknown;
  readonly pickle: Buffer;
}

/** Every pickle that a recording's publisher sent. */
export function* picklesOf(recording: string): Generator<RecordedPickle> {
  const file = path.join(recordingFolder(recording), 'commands.jsonl.gz');
  for (const line of gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n')) {
    const { cmd } = JSON.parse(line) as { cmd: (string | { b64: string })[] };
    for (const [index, argument] of cmd.entries()) {
      if (typeof argument === 'string') continue;
      const pickle = Buffer.from(argument.b64, 'base64');
      if (pickle[0] === PROTO) yield { recording, key: cmd[1], field: cmd[index - 1], pickle };
    }
  }
}
